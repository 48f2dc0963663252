import CLinux

/// The condition that forbids an attach, as in `ptrace(2)`, "Ptrace access mode checking".
package enum PermissionProblem: Equatable, Sendable {
  /// A user ID of the target differs from the user ID of rangeclose.
  case otherUser(theirs: UInt32, ours: UInt32)
  /// The user IDs agree, but a group ID of the target differs from the group ID of rangeclose.
  case otherGroup(theirs: UInt32, ours: UInt32)
  /// The target is not dumpable, see `PR_SET_DUMPABLE` in `prctl(2)`.
  case notDumpable
  /// The target has capabilities that rangeclose lacks.
  case moreCapable
  /// The target belongs to a user namespace in which rangeclose has no rights.
  case outerUserNamespace
  /// rangeclose runs as root, but without CAP_SYS_PTRACE.
  case missingCapability
  /// rangeclose has CAP_SYS_PTRACE, but the files in `/proc/PID` belong to another user, and rangeclose lacks
  /// CAP_DAC_READ_SEARCH.
  case missingSearchCapability
  /// Yama forbids the attach, with this value of `kernel.yama.ptrace_scope`.
  case yama(scope: Int)
  /// A seccomp filter on rangeclose itself forbids the attach.
  case filteredOurselves
  /// The kernel refused the attach with this error, and rangeclose sees no condition that forbids it.
  ///
  /// A security module may have refused it.
  case unexplained(Errno)
}

extension PermissionProblem {
  /// Finds out why the kernel refused an access to `process` with `error`.
  init(refusing process: ProcessDirectory, _ error: Errno) {
    guard let target = try? process.status(), let own = try? ProcessDirectory.ownStatus() else {
      self = .unexplained(error)
      return
    }
    let owner = error == .accessDenied ? process.owner() : nil
    self =
      Self.credentials(own, target, process) ?? Self.search(own, owner) ?? Self.surroundings(own, process)
      ?? .unexplained(error)
  }

  /// The problem with the permissions of the files in `/proc/PID`, which come before any rule of ptrace(2).
  ///
  /// - Parameter owner: the owner of the files; nil if the files do not matter, or if it cannot be read.
  private static func search(_ own: ProcessStatus, _ owner: UInt32?) -> PermissionProblem? {
    guard let owner, let user = own.users.last, owner != user, own.has(.sysPtrace), !own.has(.dacReadSearch),
      !own.has(.dacOverride)
    else { return nil }
    return .missingSearchCapability
  }

  /// The problem with the credentials of the two processes; nil if there is none.
  ///
  /// The order is the order of `__ptrace_may_access` in `kernel/ptrace.c`.
  private static func credentials(
    _ own: ProcessStatus, _ target: ProcessStatus, _ process: ProcessDirectory
  ) -> PermissionProblem? {
    if own.has(.sysPtrace) { return nil }
    let user = geteuid(), group = getegid()
    if let other = target.users.prefix(3).first(where: { $0 != user }) {
      return user == 0 ? .missingCapability : .otherUser(theirs: other, ours: user)
    }
    if let other = target.groups.prefix(3).first(where: { $0 != group }) {
      return user == 0 ? .missingCapability : .otherGroup(theirs: other, ours: group)
    }
    if target.permittedCapabilities & ~own.permittedCapabilities != 0 {
      return user == 0 ? .missingCapability : .moreCapable
    }
    // Root owns the /proc files of a process that is not dumpable; see proc(5).
    if user != 0, let owner = process.owner(), owner != user { return .notDumpable }
    return nil
  }

  /// The problem with namespaces, Yama or a seccomp filter; nil if there is none.
  private static func surroundings(
    _ own: ProcessStatus, _ process: ProcessDirectory
  ) -> PermissionProblem? {
    let ours = try? ProcessDirectory(getpid()).linkTarget(of: "ns/user")
    let theirs = try? process.linkTarget(of: "ns/user")
    // If rangeclose has no rights in the target's user namespace, it cannot read the target's link, even with
    // CAP_SYS_PTRACE.
    if let ours, theirs != nil || own.has(.sysPtrace), ours != theirs { return .outerUserNamespace }
    if let text = try? OwnedDescriptor.open("/proc/sys/kernel/yama/ptrace_scope", as: .file).readToEnd() {
      var scanner = TextScanner(text)
      let scope = scanner.decimal(Int.self) ?? 0
      let isCapable = own.has(.sysPtrace)
      if scope > 0 && scope < 3 && !isCapable && geteuid() == 0 { return .missingCapability }
      if scope == 3 || scope > 0 && !isCapable { return .yama(scope: scope) }
    }
    return own.seccomp == .disabled ? nil : .filteredOurselves
  }

}

/// A capability by its number in `include/uapi/linux/capability.h`.
private enum Capability: UInt64 {
  case dacOverride = 1
  case dacReadSearch = 2
  case sysPtrace = 19
}

extension ProcessStatus {
  fileprivate func has(_ capability: Capability) -> Bool {
    effectiveCapabilities >> capability.rawValue & 1 != 0
  }
}

extension PermissionProblem: CustomStringConvertible {
  /// The reason and the remedy.
  package var description: String {
    switch self {
    case .otherUser(let theirs, let ours):
      "permission denied: it runs as \(Self.user(theirs)), and you are \(Self.user(ours));"
        + " run as root or as its user"
    case .otherGroup(let theirs, let ours):
      "permission denied: it runs with group ID \(theirs), and yours is \(ours); run as root"
    case .notDumpable:
      "permission denied: it is protected from its own user (setuid, or prctl PR_SET_DUMPABLE);"
        + " run as root"
    case .moreCapable:
      "permission denied: it has capabilities that you lack; run as root"
    case .outerUserNamespace:
      "permission denied: it belongs to a user namespace that you have no rights in;"
        + " run outside the container"
    case .missingCapability:
      "permission denied: you are root without CAP_SYS_PTRACE;"
        + " give the container that capability, or run outside of it"
    case .missingSearchCapability:
      "permission denied: you have CAP_SYS_PTRACE, but the files of /proc/PID belong to another user;"
        + " run with CAP_DAC_READ_SEARCH as well, or as root"
    case .yama(3):
      "permission denied: Yama forbids every attach (kernel.yama.ptrace_scope is 3);"
        + " only a reboot can change that"
    case .yama(let scope):
      "permission denied: Yama does not let processes attach to others of the same user"
        + " (kernel.yama.ptrace_scope is \(scope)); run as root"
    case .filteredOurselves:
      "permission denied: a seccomp filter on rangeclose itself forbids it; run outside the sandbox"
    case .unexplained(let error):
      "permission denied: \(error), and rangeclose sees no rule that forbids it;"
        + " look into the log of the security module"
    }
  }

  private static func user(_ id: UInt32) -> String {
    userName(id).map { "\($0) (uid \(id))" } ?? "uid \(id)"
  }
}
