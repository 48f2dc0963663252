import CLinux

/// The choice of the calling thread.
extension StoppedProcess {
  /// Chooses the calling thread with `CallerChoice`, and prepares it.
  ///
  /// A thread whose calls the kernel sends to the program cannot make calls, see `SyscallDispatch.passes`. If
  /// all threads are like this, rangeclose runs the first of them to a call that the kernel lets pass.
  ///
  /// Throws if no thread can make calls, or if the leader has exited and the threads have different tables.
  /// Also throws if the thread may be in the middle of a restartable sequence.
  mutating func chooseCaller(_ gadgets: Gadgets) throws(TargetError) -> Tracee {
    var dispatched: [Int32] = []
    while let caller = try readyCaller(gadgets, except: dispatched) {
      if try passes(caller, gadgets) { return caller }
      dispatched.append(caller.tid)
    }
    if let first = threads.first(where: { $0.tid == dispatched.first }) {
      try runToCall(first)
      let others = Array(dispatched.dropFirst())
      if let caller = try readyCaller(gadgets, except: others), try passes(caller, gadgets) { return caller }
    }
    throw .dispatched(target.pid)
  }

  private func passes(_ tracee: Tracee, _ gadgets: Gadgets) throws(TargetError) -> Bool {
    try SyscallDispatch.passes(tracee, of: target.pid, gadgets, timeout: 1000)
  }

  /// The best thread, ready to make calls; nil if all that could make them are excepted.
  private mutating func readyCaller(
    _ gadgets: Gadgets, except excepted: [Int32]
  ) throws(TargetError) -> Tracee? {
    guard var caller = try bestCaller(gadgets, except: excepted) else { return nil }
    if caller.mayBeInUnknownSequence {
      try runToCall(caller)
      guard let again = try bestCaller(gadgets, except: excepted) else { return nil }
      caller = again
    }
    if try !findContinuation(of: caller) {
      guard let again = try bestCaller(gadgets, except: excepted) else { return nil }
      caller = again
    }
    try prepare(caller)
    let pid = target.pid
    try mapError({ $0 == .noSuchProcess ? .exited(pid) : TargetError.unknownSequence(pid, $0) }) {
      () throws(Errno) in
      try caller.abortSequence(gadgets.memory, until: deadline)
    }
    return caller
  }

  /// Runs a thread to its next call, and stops it there; a thread in a call is in no restartable sequence.
  ///
  /// The call begins with a pending stop, like the call of a thread that is stopped on the way into the
  /// kernel. A thread that makes no call for a while is stopped wherever it is.
  private mutating func runToCall(_ tracee: Tracee) throws(TargetError) {
    let limit = Deadline(inMilliseconds: 10, canBeCutShort: false)
    try? tracee.resumeToSyscallStop()
    var stop = tracee.wait(until: limit)
    while case .signalDelivery(let signal)? = stop {
      try? tracee.resumeToSyscallStop(with: signal)
      stop = tracee.wait(until: limit)
    }
    try stopAfterRun(tracee, isStopped: stop != nil)
  }

  /// Finds out whether the kernel continues the thread's interrupted call; false if the thread has moved.
  ///
  /// On aarch64, the registers do not say so. The kernel sets the number of restart_syscall(2) when the
  /// thread goes on. rangeclose reads the number when the thread enters the call.
  private mutating func findContinuation(of tracee: Tracee) throws(TargetError) -> Bool {
    guard tracee.mayContinueCall else { return true }
    let limit = Deadline(inMilliseconds: 1000, canBeCutShort: false)
    try? tracee.resumeToSyscallStop()
    var stop = tracee.wait(until: limit)
    while case .signalDelivery(let signal)? = stop {
      try? tracee.resumeToSyscallStop(with: signal)
      stop = tracee.wait(until: limit)
    }
    if case .syscallStop? = stop, (try? tracee.syscallStop()) == .entry, tracee.noteEntry() { return true }
    try stopAfterRun(tracee, isStopped: stop != nil)
    return false
  }

  private func bestCaller(_ gadgets: Gadgets, except excepted: [Int32]) throws(TargetError) -> Tracee? {
    let table = TableIdentity(thread: try tableThread())
    let own = ownThreads
    // If the thread that identifies the table has exited since the scan, the table is gone.
    let hasExitedLeader = target.hasExitedLeader || table.thread != target.tableThread
    let isDifferent = { (tracee: Tracee) in table.compare(with: tracee.tid) == .different && tracee.isUserMade
    }
    if hasExitedLeader, own.contains(where: isDifferent) { throw .differentTables(target.pid) }
    let candidates = own.filter { !excepted.contains($0.tid) }
    let tableFirst =
      candidates.filter { $0.tid == table.thread } + candidates.filter { $0.tid != table.thread }
    guard let tracee = Self.bestCaller(among: tableFirst, table, gadgets) else {
      if !excepted.isEmpty { return nil }
      throw asleep.isEmpty ? .exited(target.pid) : .didNotStop(target.pid, asleep.map { $0.sleeper })
    }
    return tracee
  }

  /// The best thread; nil if none can make calls.
  ///
  /// rangeclose reads the flags of a thread only if it would choose the thread. This read takes longer than
  /// everything else.
  private static func bestCaller(
    among tracees: [Tracee], _ table: TableIdentity, _ gadgets: Gadgets
  ) -> Tracee? {
    var choice = CallerChoice(canSurvive: gadgets.haveFrames)
    for tracee in tracees where !choice.isDecided { choice.consider(candidate(tracee, table, gadgets)) }
    guard let best = tracees.first(where: { $0.tid == choice.best?.tid }) else { return nil }
    return best.isUserMade ? best : bestCaller(among: tracees.filter { $0 !== best }, table, gadgets)
  }

  private static func candidate(
    _ tracee: Tracee, _ table: TableIdentity, _ gadgets: Gadgets
  ) -> CallerChoice.Candidate {
    let hasTable = table.compare(with: tracee.tid) == .same
    let isFit = hasTable && tracee.mayBeUserMade
    return CallerChoice.Candidate(
      tid: tracee.tid, isTableThread: tracee.tid == table.thread, hasTable: hasTable,
      isUserMade: tracee.mayBeUserMade, survives: isFit && gadgets.haveFrame(for: tracee),
      hasSavedMask: isFit && tracee.savedMask != nil,
      mayBeInUnknownSequence: isFit && tracee.mayBeInUnknownSequence)
  }

  /// Makes sure that the thread has not moved since its stop, and that no fault signal is pending.
  ///
  /// A stop may come between a fault, or a dispatched call, and its signal. rangeclose would regard that
  /// signal as a signal of the injected call.
  private func prepare(_ tracee: Tracee) throws(TargetError) {
    guard tracee.registers != nil else { throw .unknownRegisters(target.pid) }
    guard tracee.isWhereItWas else { throw .exited(target.pid) }
    if tracee.hasNonePending(of: FaultSignals.all) { return }
    guard let status = try? tracee.status(), status.hasFaultToDeliver else { return }
    var steps = SyscallSteps(pid: target.pid, tracee, timeout: 1000)
    try steps.deliverFaults()
    try mapError({ _ in TargetError.exited(target.pid) }) { () throws(Errno) in try tracee.noteMove() }
  }

  /// Makes sure that only one thread of the process has the table, so that `--unshare` gives the process one
  /// table.
  ///
  /// Throws if several threads have the table, including threads in uninterruptible sleep. Also throws if
  /// rangeclose cannot find out how many threads have it.
  func requireSingleThreadWithTable() throws(TargetError) {
    let table = TableIdentity(thread: try tableThread())
    var count = 0
    let workers = workers.map { $0.thread.pid }.filter(target.directory.hasThread)
    for tid in ownIDs + workers {
      switch table.compare(with: tid) {
      case .same: count += 1
      case .different: break
      case .unknown(let error): throw .cannotSeparateTable(target.pid, .refused(error))
      }
    }
    if count > 1 { throw .threadsShareTable(target.pid, count) }
  }

  /// The ID of the thread whose table the session works on.
  ///
  /// Throws if it has exited, and no other thread can replace it.
  ///
  /// If the leader has exited, the process is read through another thread. If that thread has exited, too,
  /// rangeclose uses any other thread.
  private func tableThread() throws(TargetError) -> Int32 {
    let ids = ownIDs
    if ids.contains(target.tableThread) { return target.tableThread }
    guard target.hasExitedLeader || target.hasLostLeader, let first = ids.first else {
      throw .exited(target.pid)
    }
    return first
  }

  /// The stopped threads of the target, without the threads of other processes.
  private var ownThreads: [Tracee] { threads.filter { $0.process === target.directory } }

  private var ownIDs: [Int32] {
    (threads + asleep).filter { $0.process === target.directory }.map { $0.tid }
  }
}
