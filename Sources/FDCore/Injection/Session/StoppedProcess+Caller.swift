import CLinux

/// The thread that makes the calls.
extension StoppedProcess {
  /// The thread that makes the calls, as `CallerChoice` has it.
  ///
  /// Throws if none can.
  func chooseCaller(_ gadgets: Gadgets) throws(TargetError) -> Tracee {
    let table = TableIdentity(thread: try tableThread())
    let own = ownThreads
    // The table of a thread that has exited since is gone.
    let hasExitedLeader = target.hasExitedLeader || table.thread != target.tableThread
    if hasExitedLeader, own.contains(where: { table.compare(with: $0.tid) == .different }) {
      throw .differentTables(target.pid)
    }
    var choice = CallerChoice()
    for tracee in own where tracee.tid == table.thread { choice.consider(candidate(tracee, table, gadgets)) }
    for tracee in own where tracee.tid != table.thread && !choice.isDecided {
      choice.consider(candidate(tracee, table, gadgets))
    }
    guard let tracee = own.first(where: { $0.tid == choice.best?.tid }) else {
      throw asleep.isEmpty ? .exited(target.pid) : .didNotStop(target.pid, asleep)
    }
    try prepare(tracee)
    return tracee
  }

  private func candidate(
    _ tracee: Tracee, _ table: TableIdentity, _ gadgets: Gadgets
  ) -> CallerChoice.Candidate {
    let isEligible = table.compare(with: tracee.tid) == .same && tracee.isUserMade
    return CallerChoice.Candidate(
      tid: tracee.tid, isTableThread: tracee.tid == table.thread, hasTable: isEligible,
      isUserMade: isEligible,
      survives: isEligible && gadgets.haveFrame(for: tracee),
      hasSavedMask: isEligible && tracee.savedMask != nil)
  }

  /// Makes sure that the thread is where it was, and that no signal of a fault is pending.
  ///
  /// A stop may come between a fault, or a call that is dispatched, and its signal. That signal would be
  /// taken for the injected call's own.
  private func prepare(_ tracee: Tracee) throws(TargetError) {
    guard tracee.registers != nil else { throw .unknownRegisters(target.pid) }
    guard tracee.isWhereItWas else { throw .exited(target.pid) }
    if tracee.hasNonePending(of: SyscallSteps.faultSignals) { return }
    guard let status = try? tracee.status(), status.hasFaultToDeliver else { return }
    var steps = SyscallSteps(pid: target.pid, tracee, timeout: 1000)
    try steps.deliverFaults()
    try mapError({ _ in TargetError.exited(target.pid) }) { () throws(Errno) in try tracee.noteMove() }
  }

  /// Makes sure that a table can be separated without leaving some of the process's threads the old one.
  ///
  /// Throws if several threads have it, sleeping ones included, and if that is not known.
  func requireSingleThreadWithTable() throws(TargetError) {
    let table = TableIdentity(thread: try tableThread())
    var count = 0
    for tid in ownIDs {
      switch table.compare(with: tid) {
      case .same: count += 1
      case .different: break
      case .unknown(let error): throw .cannotSeparateTable(target.pid, .refused(error))
      }
    }
    if count > 1 { throw .threadsShareTable(target.pid, count) }
  }

  /// The thread whose table is meant.
  ///
  /// If the leader has exited, the process is read through another thread. If that has exited, too, any other
  /// does.
  private func tableThread() throws(TargetError) -> Int32 {
    let ids = ownIDs
    if ids.contains(target.tableThread) { return target.tableThread }
    guard target.hasExitedLeader || target.hasLostLeader, let first = ids.first else {
      throw .exited(target.pid)
    }
    return first
  }

  /// The stopped threads of the target itself.
  private var ownThreads: [Tracee] { threads.filter { $0.process === target.directory } }

  private var ownIDs: [Int32] { ownThreads.map { $0.tid } + asleep.map { $0.thread.pid } }
}
