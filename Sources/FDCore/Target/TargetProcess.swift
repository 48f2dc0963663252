import CLinux

/// A process that a session may be held with: it is there, it is one, and it has descriptors.
package final class TargetProcess {
  package let pid: Int32
  package let directory: ProcessDirectory
  /// The process that `pid` belongs to; itself, but for a thread.
  let threadGroup: Int32
  /// A thread whose table is meant: the leader, or where that has exited, one that has not; or the thread
  /// that was asked for, which has a table of its own.
  package let tableThread: Int32
  let pidfd: OwnedDescriptor
  /// `/proc/PID/task/TID/fd` of `tableThread`; only of one that a session is held with.
  private var tableDirectory: HeldDirectory?
  /// The status of `pid` at the look.
  private let status: ProcessStatus
  /// The other processes that have the very same table, as far as the kernel says.
  package private(set) lazy var sharing = TableSearch.run(for: self)

  /// Looks at a process and attaches to nothing.
  ///
  /// - Parameter pid: also the ID of a thread that has a descriptor table of its own, see `unshare(2)`.
  ///
  /// Throws for what cannot be a target, and says why.
  package init(_ pid: Int32) throws(TargetError) {
    self.pid = pid
    guard pid != getpid() else { throw .isOurselves(pid) }
    // It may have been mounted for another PID namespace.
    guard let own = ProcessDirectory.ownStatus, own.threadGroup == getpid() else { throw .foreignProcfs(pid) }
    do {
      directory = try ProcessDirectory(pid)
      status = try directory.status()
    } catch {
      throw error == .noSuchFile || error == .noSuchProcess
        ? .noSuchProcess(pid) : .system(pid, call: "/proc/\(pid)", error)
    }
    threadGroup = status.threadGroup
    // Attaching to our tracer would stop the one who is to let us go on.
    if own.tracer == pid { throw .tracesUs(.init(pid, status.name)) }
    try Self.refuseUnsuitable(pid, status, directory)
    guard let thread = directory.liveThread(status) else {
      throw .isZombie(.init(pid, status.name), parent: .init(status.parent, processName(status.parent)))
    }
    tableThread = thread
    let threadGroup = status.threadGroup
    pidfd = try mapError(
      { (error: Errno) -> TargetError in
        error == .noSuchProcess ? .exited(pid) : .system(pid, call: "pidfd_open(2)", error)
      }
    ) { () throws(Errno) in OwnedDescriptor(adopting: try checked(clinux_pidfd_open(threadGroup))) }
    // While the directory answers, its process has the number that the pidfd was opened by.
    guard directory.isThere else { throw .exited(pid) }
  }

  /// Opens what is read while it stands still.
  func prepareForStop() {
    tableDirectory = HeldDirectory(process: directory, "task/\(tableThread)/fd")
  }

  /// How many descriptors a thread has; 0 also before Linux 6.2, where the directory does not tell, and nil
  /// where it is gone.
  ///
  /// See `proc_fd_getattr` in `fs/proc/fd.c`.
  func descriptorCount(ofThread tid: Int32) -> Int? {
    let held = tid == tableThread ? try? tableDirectory?.directory.status() : nil
    return (held ?? (try? directory.status(of: "task/\(tid)/fd"))).map { Int(clamping: $0.size) }
  }

  /// Whether the process's leader has exited, and its table is looked at through another thread.
  package var hasExitedLeader: Bool { tableThread != pid }

  /// Whether the leader, through which the table is looked at, has exited since.
  var hasLostLeader: Bool {
    tableThread == threadGroup && (try? directory.status())?.isAlive == false
  }

  /// Whether the thread that the table is looked at through is still there.
  package var hasTableThread: Bool { (try? directory.status(ofThread: tableThread))?.isAlive == true }

  /// A reader of its descriptors.
  ///
  /// - Parameters:
  ///   - thread: another thread than `tableThread` to look through.
  ///   - comparedNumbers: the descriptors that `Descriptor.sameAs` compares with.
  ///
  /// Throws where we have not the right to see them.
  package func descriptors(
    of thread: Int32? = nil, comparedWith comparedNumbers: [UInt32] = []
  ) throws(TargetError) -> DescriptorReader {
    do {
      let thread = thread ?? tableThread
      return try DescriptorReader(
        directory, thread: thread == threadGroup ? nil : thread, pidfd: pidfd.number,
        comparedNumbers: comparedNumbers)
    } catch {
      throw TargetError(refusedBy: error, call: "/proc/\(pid)/fd", directory)
    }
  }

  /// Its number and name.
  package var name: TargetError.Name { .init(pid, (try? directory.status())?.name) }

  /// What keeps its seccomp filters from being suspended; nil where nothing does, or it has none.
  package var seccompObstacle: SeccompObstacle? {
    let status = hasExitedLeader ? try? directory.status(ofThread: tableThread) : status
    guard let status, status.seccomp == .filter else { return nil }
    return SeccompObstacle.ours
  }

  /// Whether the process that was looked at is still there.
  ///
  /// A signal that is refused has met it.
  var isThere: Bool { clinux_pidfd_probe(pidfd.number) != -Int(ESRCH) }

  /// The descriptor table that is meant.
  var table: TableIdentity { TableIdentity(thread: tableThread) }

  /// The parent at the scan, by its process ID.
  var parent: Int32 { status.parent }

  private static func refuseUnsuitable(
    _ pid: Int32, _ status: ProcessStatus, _ directory: ProcessDirectory
  ) throws(TargetError) {
    let name = TargetError.Name(pid, status.name)
    if status.threadGroup != pid, TableIdentity(thread: pid).compare(with: status.threadGroup) != .different {
      throw .isThread(pid, of: .init(status.threadGroup, processName(status.threadGroup)))
    }
    if status.threadGroup != pid, !status.isAlive { throw .exited(pid) }
    if status.isKernelThread ?? directory.isKernelThread() { throw .isKernelThread(name) }
  }
}

/// A directory below `/proc/PID` that is held open.
private final class HeldDirectory {
  let directory: OwnedDescriptor

  init?(process: ProcessDirectory, _ path: String) {
    guard let directory = try? process.open(path, as: .directory) else { return nil }
    self.directory = directory
  }
}

extension TargetError {
  /// The meaning of an error that a look or an attach was refused with.
  ///
  /// - Parameter thread: the one that was to be attached to; nil for the process itself.
  init(refusedBy error: Errno, call: String, _ process: ProcessDirectory, thread: Int32? = nil) {
    switch error {
    case .noSuchProcess, .noSuchFile:
      self = .exited(process.pid)
    case .accessDenied, .notPermitted:
      // A thread that is traced refuses everybody else with EPERM too.
      let status = try? process.status(ofThread: thread ?? process.pid)
      if let tracer = status?.tracer, tracer != 0, error == .notPermitted {
        self = .alreadyTraced(process.pid, by: .init(tracer, processName(tracer)))
      } else if thread == nil, status?.isAlive != true, (try? process.threads())?.tids.count ?? 0 < 2 {
        // What has exited is root's.
        self = .exited(process.pid)
      } else {
        self = .notPermitted(process.pid, PermissionProblem(refusing: process, error))
      }
    default:
      self = .system(process.pid, call: call, error)
    }
  }
}
