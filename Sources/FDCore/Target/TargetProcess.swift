import CLinux

/// A process that a session can work on: it exists, it is not a thread of another process, and it has
/// descriptors.
package final class TargetProcess {
  /// The ID that the user gave: of a process, or of a thread with its own table.
  package let pid: Int32
  /// The held `/proc/PID`.
  package let directory: ProcessDirectory
  /// The ID of the process that `pid` belongs to.
  ///
  /// It differs from `pid` only if `pid` is a thread.
  let threadGroup: Int32
  /// The ID of the thread whose table rangeclose works on.
  ///
  /// In most cases this is the leader. If the leader has exited, it is another thread. If the user gave the
  /// ID of a thread with its own table, it is that thread.
  package let tableThread: Int32
  private var pidfd: OwnedDescriptor?
  /// `/proc/PID/task/TID/fd` of `tableThread`; nil until `prepareForStop()`.
  private var tableDirectory: OwnedDescriptor?
  /// The identity of `pid` at the scan.
  let stat: ProcessStat
  /// The status of `pid` soon after the scan; nil if it could not be read.
  private lazy var status = try? directory.status()
  /// The other processes that share the table, as far as the kernel lets rangeclose find them.
  ///
  /// The search runs at the first use. See `TableSearch`.
  package private(set) lazy var sharing = TableSearch.run(for: self)

  /// Examines a process, and attaches to nothing.
  ///
  /// - Parameters:
  ///   - pid: the ID of a process, or of a thread that has its own descriptor table, see `unshare(2)`.
  ///   - isOnlyRead: whether no session follows. Then our own status is read once for all processes.
  ///
  /// Throws the reason if this process or thread cannot be a target.
  package init(_ pid: Int32, isOnlyRead: Bool = false) throws(TargetError) {
    self.pid = pid
    guard pid != getpid() else { throw .isOurselves(pid) }
    let known = isOnlyRead ? Self.firstOwnStatus : nil
    let own = if let known { known } else { try Self.ownStatus(pid) }
    do {
      directory = try ProcessDirectory(pid)
      stat = try directory.stat()
      threadGroup = stat.isLeader ? pid : try directory.status().threadGroup
    } catch {
      throw error == .noSuchFile || error == .noSuchProcess
        ? .noSuchProcess(pid) : .system(pid, call: "/proc/\(pid)", error)
    }
    // If rangeclose stopped its own tracer, no process would resume rangeclose.
    if let tracer = Self.tracer(own, in: threadGroup) {
      throw .tracesUs(.init(pid, stat.name), thread: tracer)
    }
    try Self.refuseUnsuitable(pid, stat, threadGroup)
    guard let thread = directory.liveThread(leaderIsAlive: stat.isAlive) else {
      throw .isZombie(.init(pid, stat.name), parent: .init(stat.parent, processName(stat.parent)))
    }
    tableThread = thread
  }

  /// A pidfd of the process, which is opened at the first use.
  ///
  /// Throws `exited` if the process is gone. The corresponding system call is `pidfd_open(2)`.
  func openPidfd() throws(TargetError) -> Int32 {
    if let number = pidfd?.number { return number }
    let (pid, threadGroup) = (pid, threadGroup)
    let opened = try mapError(
      { (error: Errno) -> TargetError in
        error == .noSuchProcess ? .exited(pid) : .system(pid, call: "pidfd_open(2)", error)
      }
    ) { () throws(Errno) in OwnedDescriptor(adopting: try checked(clinux_pidfd_open(threadGroup))) }
    // As long as the held directory can be read, its process has the ID. So the pidfd is for the same
    // process.
    guard directory.isThere else { throw .exited(pid) }
    let number = opened.number
    pidfd = consume opened
    return number
  }

  /// Whether the process certainly has no children; false if it has other threads, which may have some.
  ///
  /// An empty `/proc/PID/task/TID/children` is reliable: the first read lists the first child, if there is
  /// one. See `get_children_pid` in `fs/proc/array.c`. A kernel without CONFIG_PROC_CHILDREN lacks the file.
  package var isChildless: Bool {
    guard directory.hasThreads(1) else { return false }
    return (try? directory.content(of: "task/\(tableThread)/children"))?.isEmpty ?? false
  }

  /// Leaves out the search for processes that share the table.
  ///
  /// A session then stops the target alone. This serves ranges of which nothing is printed. Such a range
  /// means every open number in it, whichever process opened the number. If there are many processes, the
  /// search takes longer than everything else.
  package func leaveOutSharing() { sharing = TableSharing() }

  /// Makes sure that the held process is a certain process.
  ///
  /// - Parameters:
  ///   - inode: the inode number of the pidfd, as `PID:INODE` gives it; nil if it does not matter.
  ///   - startTime: the time of the start in clock ticks since boot; nil if it does not matter.
  ///
  /// Throws `isAnotherProcess` if it is another process, `hasNoInodes` before Linux 6.9, in which every pidfd
  /// has the same inode, and the errors of `openPidfd()`.
  package func confirm(inode: UInt64?, startTime: UInt64?) throws(TargetError) {
    if let startTime, stat.startTime != startTime { throw .isAnotherProcess(pid) }
    guard let inode else { return }
    var number: UInt64 = 0
    let pidfd = try openPidfd()
    guard unsafe clinux_pidfd_inode(pidfd, &number) == 0 else { throw .hasNoInodes(pid) }
    if number != inode { throw .isAnotherProcess(pid) }
  }

  /// Opens what rangeclose uses while the process is stopped.
  ///
  /// Throws the errors of `openPidfd()`.
  func prepareForStop() throws(TargetError) {
    _ = sharing
    _ = try openPidfd()
    tableDirectory = try? directory.open("task/\(tableThread)/fd", as: .directory)
  }

  /// The number of descriptors that a thread has open; nil if the thread is gone.
  ///
  /// Before Linux 6.2, the kernel does not report this number, and the result is 0.
  ///
  /// See `proc_fd_getattr` in `fs/proc/fd.c`.
  func descriptorCount(ofThread tid: Int32) -> Int? {
    let held = tid == tableThread ? try? tableDirectory?.status() : nil
    return (held ?? (try? directory.status(of: "task/\(tid)/fd"))).map { Int(clamping: $0.size) }
  }

  /// Whether the table is read through a thread other than `pid`, because the leader has exited.
  package var hasExitedLeader: Bool { tableThread != pid }

  /// Whether the table is read through the leader, and the leader has exited since the scan.
  var hasLostLeader: Bool {
    tableThread == threadGroup && (try? directory.status())?.isAlive == false
  }

  /// Whether `tableThread` has not exited.
  package var hasTableThread: Bool { (try? directory.status(ofThread: tableThread))?.isAlive == true }

  /// Opens its descriptor table for reading.
  ///
  /// - Parameters:
  ///   - thread: the thread through which the table is read; nil for `tableThread`.
  ///   - comparedNumbers: the descriptors that `Descriptor.sameAs` compares with.
  ///
  /// Throws if rangeclose may not read the descriptors, or if the process is gone.
  package func descriptors(
    of thread: Int32? = nil, comparedWith comparedNumbers: [UInt32] = []
  ) throws(TargetError) -> DescriptorReader {
    do {
      let thread = thread ?? tableThread
      return try DescriptorReader(
        directory, thread: thread == threadGroup ? nil : thread, comparedNumbers: comparedNumbers)
    } catch {
      throw TargetError(refusedBy: error, call: "/proc/\(pid)/fd", directory)
    }
  }

  /// Its ID and its name at the scan.
  package var nameAtScan: TargetError.Name { .init(pid, stat.name) }

  /// The time at which it started, in clock ticks since boot.
  var startTime: UInt64 { stat.startTime }

  /// Why rangeclose cannot suspend its seccomp filters; nil if it can, or if the process has no filter.
  package var seccompObstacle: SeccompObstacle? {
    let status = hasExitedLeader ? try? directory.status(ofThread: tableThread) : status
    guard let status, status.seccomp == .filter else { return nil }
    return SeccompObstacle.ours
  }

  /// Whether SIGPIPE ends the process: it neither ignores nor catches the signal.
  ///
  /// Nil if that cannot be read. See `signal(7)`.
  package var endsByBrokenPipe: Bool? {
    (try? directory.status())?.endsByBrokenPipe
  }

  /// Whether the process still exists.
  ///
  /// EPERM proves that the process exists. The corresponding system call is `pidfd_send_signal(2)` with
  /// signal 0.
  var isThere: Bool {
    guard let number = pidfd?.number else { return directory.isThere }
    return clinux_pidfd_probe(number) != -Int(ESRCH)
  }

  /// Whether one of its threads may hold the lock of its memory map while it sleeps, and the others run.
  ///
  /// The only thread of a process may do so, too, if it slept uninterruptibly at the scan.
  var mayLockItsMemory: Bool { directory.threadCount != 1 || stat.state == "D" }

  /// The descriptor table of the target.
  var table: TableIdentity { TableIdentity(thread: tableThread) }

  /// The process ID of its parent at the scan.
  var parent: Int32 { stat.parent }

  /// Our own status at the first use; nil if `/proc` does not know this process.
  private static let firstOwnStatus: ProcessStatus? = try? ownStatus(0)

  /// Our own status.
  ///
  /// Throws if `/proc` does not know this process: it may have been mounted for another PID namespace.
  private static func ownStatus(_ pid: Int32) throws(TargetError) -> ProcessStatus {
    let own: ProcessStatus
    do {
      own = try ProcessDirectory.ownStatus()
    } catch {
      guard error == .noSuchFile else { throw .system(pid, call: "/proc/self/status", error) }
      throw ProcessDirectory.isMounted == false ? .missingProcfs(pid) : .foreignProcfs(pid)
    }
    guard own.threadGroup == getpid() else { throw .foreignProcfs(pid) }
    return own
  }

  /// The thread of a process that traces rangeclose, or traces another tracer of rangeclose; nil if there is
  /// none.
  ///
  /// The tracer in ptrace(2) is a thread, and need not be the leader.
  private static func tracer(_ own: ProcessStatus, in threadGroup: Int32) -> Int32? {
    let most = 32  // tracers of tracers that are followed
    var tracer = own.tracer
    for _ in 0..<most where tracer != 0 {
      let status = try? ProcessDirectory(tracer).status()
      if tracer == threadGroup || status?.threadGroup == threadGroup { return tracer }
      tracer = status?.tracer ?? 0
    }
    return nil
  }

  private static func refuseUnsuitable(
    _ pid: Int32, _ stat: ProcessStat, _ threadGroup: Int32
  ) throws(TargetError) {
    if threadGroup != pid, TableIdentity(thread: pid).compare(with: threadGroup) != .different {
      throw .isThread(pid, of: .init(threadGroup, processName(threadGroup)))
    }
    if threadGroup != pid, !stat.isAlive { throw .exited(pid) }
    if stat.isKernelThread { throw .isKernelThread(.init(pid, stat.name)) }
  }
}
