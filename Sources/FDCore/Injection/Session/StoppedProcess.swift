import CLinux

/// A process of which every thread is stopped, until this goes out of scope.
///
/// All threads are stopped for two reasons. Stopped threads do not open, close or duplicate descriptors. And
/// a thread that is blocked in a call holds a reference to its file: only when it is brought back from the
/// call is the last reference dropped, and does the thread meet the closed number. Both hold for the threads
/// of every process that shares the descriptor table.
struct StoppedProcess: ~Copyable {
  let target: TargetProcess
  private let deadline: Deadline
  /// Until then an attach that is refused without a visible reason is tried again, and a thread in
  /// uninterruptible sleep keeps the others waiting.
  private let gracePeriod = Deadline(inMilliseconds: 200, canBeCutShort: false)
  private(set) var threads: [Tracee] = []
  /// Threads in uninterruptible sleep.
  ///
  /// They stop before they run any code of the program. But the call that they are in may end before that.
  private(set) var asleep: [TargetError.Sleeper] = []
  /// Whether one of the stopped threads can make calls.
  private var hasCaller = false
  /// Zombies that were met.
  ///
  /// Each is looked at once more: it may have made a thread before it exited.
  private var zombies: Set<Int32> = []
  /// Seized threads that are not known to have stopped.
  private var running: [Tracee] = []

  /// Stops every thread, threads that are created meanwhile included.
  ///
  /// Throws, with every thread going on, if a thread that could stop does not before the deadline, or none
  /// stops.
  init(_ target: TargetProcess, deadline: Deadline) throws(TargetError) {
    self.target = target
    self.deadline = deadline
    // A thread that was made by a thread that had not stopped yet shows up in a later pass. So does a process
    // that was given the table by another. The first one to be given it since the scan is not searched for.
    var processes = [target] + target.sharing.processes
    var passes = 0
    while try seizeNewThreads(of: processes) {
      try awaitStops()
      passes += 1
      if passes > 2 && deadline.hasPassed { throw .restless(target.pid) }
      if processes.count > 1 { processes = [target] + TableSearch.run(for: target).processes }
    }
    if threads.isEmpty || !target.isThere { throw .exited(target.pid) }
  }

  deinit {
    // From here on the kernel itself restarts an interrupted call, with the deadline it had. After
    // PTRACE_CONT it would not: the thread would see errno 512.
    for tracee in threads {
      if let registers = tracee.registers, let mask = tracee.savedMask, mask.hasSignalForSaved(tracee),
        tracee.isWhereItWas
      {
        var steps = SyscallSteps(pid: target.pid, tracee, timeout: 200)
        steps.reenterCall(registers)
      }
      try? tracee.detach()
    }
    // A thread that is not stopped cannot be detached. The kernel detaches it and forgets its pending stop
    // when the thread that traces it ends. See `__ptrace_unlink` in kernel/ptrace.c.
  }

  // MARK: - Seizing

  /// Attaches to the threads that are new and asks them to stop; false if there were none.
  private mutating func seizeNewThreads(of processes: [TargetProcess]) throws(TargetError) -> Bool {
    // Stopped threads create no threads. If the kernel's count equals ours, the scan is complete.
    let count = threads.count + asleep.count + zombies.count
    if processes.count == 1, count > 0, target.directory.hasThreads(count) { return false }
    let known = Set(threads.map { $0.tid }).union(asleep.map { $0.thread.pid }).union(zombies)
    var isComplete = true
    for process in processes {
      let isWhole = try seizeThreads(of: process, except: known)
      isComplete = isComplete && isWhole
    }
    if !isComplete && deadline.hasPassed { throw .restless(target.pid) }
    return !running.isEmpty || !isComplete
  }

  private mutating func seizeThreads(
    of process: TargetProcess, except known: Set<Int32>
  ) throws(TargetError) -> Bool {
    let tids: [Int32]
    var isComplete: Bool
    do {
      (tids, isComplete) = try process.directory.threads()
    } catch {
      // Another process that has exited has no threads to wait for.
      if process !== target, !process.isThere { return true }
      throw TargetError(refusedBy: error, call: "/proc/\(process.pid)/task", process.directory)
    }
    threads.reserveCapacity(threads.count + tids.count)
    // All threads are attached to while they run, and only then asked to stop: so the first one stands still
    // for a shorter time.
    let before = running.count
    for tid in tids where !known.contains(tid) {
      do {
        running.append(try Tracee.seize(tid, of: process.directory, until: deadline))
      } catch {
        try note(tid, of: process, refusing: error)
        isComplete = false
      }
    }
    for index in before..<running.count {
      do {
        try running[index].interrupt()
      } catch {
        // After an exec(2) the leader's number may mean a thread that has not been asked.
        interruptRunning()
        try note(running[index].tid, of: process, refusing: error)
        isComplete = false
      }
    }
    return isComplete
  }

  private func interruptRunning() {
    for tracee in running { try? tracee.interrupt() }
  }

  /// Judges a refusal: throws if the thread cannot be attached to.
  ///
  /// Otherwise the thread exits or has exited, and another pass is needed. The listing may have missed a
  /// thread that it made, or ended early at it, see `next_tid` in `fs/proc/base.c`.
  private mutating func note(
    _ tid: Int32, of process: TargetProcess, refusing error: Errno
  ) throws(TargetError) {
    guard target.isThere else { throw .exited(target.pid) }
    if error == .timedOut {
      // Threads that are asked to stop do so in a moment, and are put right then.
      interruptRunning()
      awaitRunning(until: gracePeriod)
      throw .didNotStop(target.pid, [Self.sleeper(tid, of: process.directory)])
    }
    let state = (try? process.directory.status(ofThread: tid))?.state
    if state == "Z" || state == "X" { zombies.insert(tid) }
    if error == .noSuchProcess || state == nil || zombies.contains(tid) { return }
    let failure = TargetError(
      refusedBy: error, call: "ptrace(PTRACE_SEIZE)", process.directory, thread: tid)
    guard failure.mayPass, !gracePeriod.hasPassed else { throw failure }
    usleep(1000)
  }

  // MARK: - Waiting for stops

  /// Waits for the threads that were asked to stop, and gives up on those that sleep.
  ///
  /// A sleeper keeps the others standing still. So it gets a moment, as for a disk. It gets all the time only
  /// if no other thread could make the calls.
  private mutating func awaitStops() throws(TargetError) {
    awaitRunning(until: gracePeriod)
    while let tracee = running.first(where: { !hasCaller || !$0.isAsleep }) {
      if deadline.hasPassed { throw .didNotStop(target.pid, sleepers) }
      if awaitStop(tracee, until: deadline) { running.removeAll { $0 === tracee } }
    }
    asleep += sleepers
    running = []
  }

  private mutating func awaitRunning(until deadline: Deadline) {
    let waiting = running.sorted { $0.tid < $1.tid }
    running = []
    for tracee in waiting where !awaitStop(tracee, until: deadline) { running.append(tracee) }
  }

  /// The threads that have not stopped, in words.
  private var sleepers: [TargetError.Sleeper] {
    running.filter { !$0.isStranger }.map { Self.sleeper($0.tid, of: $0.process) }
  }

  private static func sleeper(_ tid: Int32, of process: ProcessDirectory) -> TargetError.Sleeper {
    let status = try? process.status(ofThread: tid)
    return .init(
      thread: .init(tid, status?.name), isAsleep: status?.state == "D",
      place: try? process.thread(tid).waitChannel())
  }

  /// Waits for the stop that was asked for; false if the thread has not stopped before the deadline.
  ///
  /// A signal that comes first is handed back, not kept. The thread stops again at its handler's first
  /// instruction.
  private mutating func awaitStop(_ tracee: Tracee, until deadline: Deadline) -> Bool {
    while let status = tracee.wait(until: deadline) {
      switch status {
      case .gone:
        return true
      case .eventStop(let group):
        guard (try? tracee.noteStop(inGroupStop: group)) != nil else { return true }
        add(tracee)
        return true
      case .signalDelivery(let signal):
        resumeToStop(tracee, with: signal)
      case .syscallStop, .otherEvent:
        resumeToStop(tracee)
      }
    }
    return false
  }

  private mutating func add(_ tracee: Tracee) {
    // A thread must be stopped to be detached.
    if tracee.isStranger {
      try? tracee.detach()
      return
    }
    threads.append(tracee)
    hasCaller = hasCaller || isPossibleCaller(tracee)
  }

  /// Whether a stopped thread could make the calls.
  ///
  /// If the leader has exited, any thread of the process that the kernel did not make could.
  private func isPossibleCaller(_ tracee: Tracee) -> Bool {
    guard tracee.process === target.directory, tracee.isUserMade else { return false }
    return target.hasExitedLeader || target.table.compare(with: tracee.tid) == .same
  }

  /// Lets a thread go on to the stop that was asked for.
  ///
  /// Any stop may have used up the request. If the kernel rearmed the timer of a signal meanwhile, it forgets
  /// the request for the stop before that signal, see `dequeue_signal` and `ptrace_stop` in
  /// `kernel/signal.c`.
  private func resumeToStop(_ tracee: Tracee, with signal: Int32 = 0) {
    try? tracee.interrupt()
    try? tracee.resume(with: signal)
  }
}
