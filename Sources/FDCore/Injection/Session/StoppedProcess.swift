import CLinux

/// A process whose threads are all stopped until the end of this value's scope.
///
/// All threads are stopped for two reasons. First, stopped threads do not open, close or duplicate
/// descriptors. Second, a thread that is blocked in a call holds a reference to its file. The stop makes it
/// leave the call, which drops the reference. When it restarts the call, the number is closed. Both reasons
/// also apply to the threads of every process that shares the descriptor table.
struct StoppedProcess: ~Copyable {
  let target: TargetProcess
  let deadline: Deadline
  /// The grace period.
  ///
  /// Until its end, rangeclose repeats an attach that the kernel refuses without a visible reason, and waits
  /// for threads in uninterruptible sleep.
  private let gracePeriod = Deadline(inMilliseconds: 200, canBeCutShort: false)
  private(set) var threads: [Tracee] = []
  /// Threads in uninterruptible sleep.
  ///
  /// They stop before they run any code of the program. But their current call may return before that stop.
  private(set) var asleep: [Tracee] = []
  /// Workers of io_uring(7), which are not stopped.
  ///
  /// A stop would fail the request that a worker makes.
  private(set) var workers: [TargetError.Sleeper] = []
  /// Whether one of the stopped threads can be the calling thread.
  private var hasCaller = false
  /// The IDs of exited threads that the kernel still lists.
  ///
  /// If a new ID appears here, another pass is needed. The thread may have created another thread before it
  /// exited.
  private var zombies: Set<Int32> = []
  /// Seized threads that are not known to have stopped.
  private var running: [Tracee] = []

  /// Stops every thread, including threads that are created during the stop.
  ///
  /// Throws if a thread does not stop before the deadline although it could, or if no thread stops. Then
  /// every thread runs again.
  init(_ target: TargetProcess, deadline: Deadline) throws(TargetError) {
    self.target = target
    self.deadline = deadline
    // A running thread may create another thread, which a later pass finds. If several processes share the
    // table, later passes also find further processes that share it. If the target alone had the table at the
    // search, rangeclose does not search again.
    var processes = [target] + target.sharing.processes
    var passes = 0
    while try seizeNewThreads(of: processes) {
      try awaitStops()
      passes += 1
      if passes > 2 && deadline.hasPassed { throw .restless(target.pid) }
      if processes.count > 1 {
        processes = [target] + TableSearch.run(for: target, duringStop: true).processes
      }
    }
    if threads.isEmpty || !target.isThere { throw .exited(target.pid) }
  }

  deinit {
    // After PTRACE_DETACH the kernel restarts an interrupted call with its deadline. After PTRACE_CONT the
    // kernel would not do this, and the thread would see errno 512.
    for tracee in threads {
      if let registers = tracee.registers, let mask = tracee.savedMask, mask.hasSignalForSaved(tracee),
        tracee.isWhereItWas
      {
        var steps = SyscallSteps(pid: target.pid, tracee, timeout: 200)
        steps.reenterCall(registers)
      } else {
        tracee.answerPendingSignal()
      }
      try? tracee.detach()
    }
    // A thread that is not stopped cannot be detached. When the tracer thread ends, the kernel detaches it
    // and cancels its pending stop. See `__ptrace_unlink` in kernel/ptrace.c.
  }

  // MARK: - Seizing

  /// Attaches to new threads and requests their stop; false if there were none.
  ///
  /// Throws if a thread cannot be attached to.
  private mutating func seizeNewThreads(of processes: [TargetProcess]) throws(TargetError) -> Bool {
    // Stopped threads create no threads. If the kernel's count equals rangeclose's count, the scan is
    // complete.
    let count = threads.count + asleep.count + workers.count + zombies.count
    if processes.count == 1, count > 0, target.directory.hasThreads(count) { return false }
    let known = Set(threads.map { $0.tid }).union(asleep.map { $0.tid }).union(zombies)
      .union(workers.map { $0.thread.pid })
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
      // If another process that shares the table has exited, it has no threads to wait for.
      if process !== target, !process.isThere { return true }
      throw TargetError(refusedBy: error, call: "/proc/\(process.pid)/task", process.directory)
    }
    threads.reserveCapacity(threads.count + tids.count)
    // rangeclose first attaches to all threads while they run, and then requests their stop. So the first
    // thread is stopped for a shorter time.
    let before = running.count
    for tid in tids where !known.contains(tid) {
      if let name = process.directory.requestWorker(tid) {
        workers.append(.init(worker: tid, name))
        continue
      }
      do {
        running.append(try Tracee.seize(tid, of: process.directory, until: deadline))
      } catch {
        try note(tid, of: process, refusing: error)
        isComplete = false
      }
    }
    for index in before..<running.count {
      running[index].noteWaitingCall()
      do {
        try running[index].interrupt()
      } catch {
        // After an execve(2) the leader's ID may belong to a thread whose stop has not been requested.
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

  /// Handles a refused attach: throws if the thread cannot be attached to.
  ///
  /// Otherwise the thread is exiting or has exited, and another pass is needed. The kernel's list may lack a
  /// thread that the exiting thread created. The list may also have ended early at the exiting thread, see
  /// `next_tid` in `fs/proc/base.c`.
  private mutating func note(
    _ tid: Int32, of process: TargetProcess, refusing error: Errno
  ) throws(TargetError) {
    guard target.isThere else { throw .exited(target.pid) }
    if error == .timedOut {
      // The threads whose stop is requested stop a moment later, and can then be detached.
      interruptRunning()
      awaitRunning(until: gracePeriod)
      throw .didNotStop(target.pid, [.init(tid, of: process.directory)])
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

  /// Waits for the requested stops, except the stops of threads in uninterruptible sleep.
  ///
  /// Throws if a thread that is not asleep does not stop before the deadline.
  ///
  /// A sleeping thread delays the others, which are stopped. So rangeclose waits for a sleeping thread only
  /// during the grace period, which is enough for a disk. It waits until the deadline only if no other thread
  /// can make the calls.
  ///
  /// A thread of another process has to stop, too. Without rangeclose's detach its call would return EINTR.
  private mutating func awaitStops() throws(TargetError) {
    awaitRunning(until: gracePeriod)
    while let tracee = running.first(where: { !$0.isAsleep || (!hasCaller && !$0.isStranger) }) {
      if deadline.hasPassed {
        if ownRunning.isEmpty { break }
        throw .didNotStop(target.pid, ownRunning.map { $0.sleeper })
      }
      if awaitStop(tracee, until: deadline) { running.removeAll { $0 === tracee } }
    }
    asleep += ownRunning
    running = []
  }

  /// Stops a thread again that was resumed after its stop.
  ///
  /// - Parameter isStopped: whether the thread is at a stop that rangeclose did not ask for. A running thread
  ///   must not be resumed, because it may stop at once, and the resume would take it out of that stop.
  mutating func stopAfterRun(_ tracee: Tracee, isStopped: Bool) throws(TargetError) {
    threads.removeAll { $0 === tracee }
    if isStopped {
      resumeToStop(tracee)
    } else {
      tracee.noteWaitingCall()
      try? tracee.interrupt()
    }
    running.append(tracee)
    try awaitStops()
  }

  /// The threads that have not stopped, without threads of other processes that had their IDs.
  private var ownRunning: [Tracee] { running.filter { !$0.isStranger } }

  private mutating func awaitRunning(until deadline: Deadline) {
    let waiting = running.sorted { $0.tid < $1.tid }
    running = []
    for tracee in waiting where !awaitStop(tracee, until: deadline) { running.append(tracee) }
  }

  /// Waits for the requested stop; false if the thread has not stopped before the deadline.
  ///
  /// If a signal comes first, rangeclose delivers it. The thread then stops at the first instruction of its
  /// handler.
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
    // Only a stopped thread can be detached, so rangeclose detaches a thread of another process here.
    if tracee.isStranger {
      try? tracee.detach()
      return
    }
    threads.append(tracee)
    hasCaller = hasCaller || isPossibleCaller(tracee)
  }

  /// Whether a stopped thread can be the calling thread.
  ///
  /// If the leader has exited, any thread of the process can be, except threads that the kernel made.
  private func isPossibleCaller(_ tracee: Tracee) -> Bool {
    guard tracee.process === target.directory, tracee.isUserMade else { return false }
    return target.hasExitedLeader || target.table.compare(with: tracee.tid) == .same
  }

  /// Resumes a thread until the requested stop.
  ///
  /// Any stop may have consumed the request. So rangeclose first repeats the request. If the kernel rearms
  /// the timer of a signal, it forgets a stop request that came before the stop for that signal, see
  /// `dequeue_signal` and `ptrace_stop` in `kernel/signal.c`.
  private func resumeToStop(_ tracee: Tracee, with signal: Int32 = 0) {
    try? tracee.interrupt()
    try? tracee.resume(with: signal)
  }
}
