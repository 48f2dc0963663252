import CLinux

extension TargetProcess {
  /// Why the kernel refuses the facts about every descriptor, although it lists their numbers; nil if it does
  /// not refuse them.
  ///
  /// The kernel checks the same access for every link in `/proc/PID`; see `proc_fd_access_allowed` in
  /// `fs/proc/base.c`.
  package var factsProblem: PermissionProblem? {
    do {
      _ = try directory.linkTarget(of: "cwd")
      return nil
    } catch {
      return error == .accessDenied || error == .notPermitted
        ? PermissionProblem(refusing: directory, error) : nil
    }
  }

  /// The error with which the kernel would refuse a session now; nil if rangeclose sees no reason.
  ///
  /// `pidfd_getfd(2)` makes the check of an attach, without an attach. It finds no descriptor -1.
  package var expectedRefusal: TargetError? {
    let tracers = (try? directory.threads().tids)?.lazy.compactMap { [directory] tid in
      (try? directory.status(ofThread: tid))?.tracer
    }
    if let tracer = tracers?.first(where: { $0 != 0 }) {
      return .alreadyTraced(pid, by: .init(tracer, processName(tracer)))
    }
    guard let pidfd = try? openPidfd(), clinux_pidfd_getfd(pidfd, -1) == -Int(EPERM) else { return nil }
    return TargetError(refusedBy: .notPermitted, call: "pidfd_getfd(2)", directory)
  }
}
