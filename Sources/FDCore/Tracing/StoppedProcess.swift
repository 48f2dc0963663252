import CLinux

/// A process of which every thread is stopped, until this goes out of scope.
///
/// All of them, for two reasons. None can then open, close or duplicate a descriptor. And a thread that
/// is blocked in a call holds a reference to its file: only when it is brought back from the call does
/// the last reference go, and does the thread meet the closed number. So are the threads of every process
/// that shares the descriptor table.
struct StoppedProcess: ~Copyable {
  let target: TargetProcess
  let deadline: Deadline
  /// Until when an attach that is refused without a reason is tried again, and until when a thread that
  /// sleeps uninterruptibly keeps the others waiting.
  private let patience = Deadline(inMilliseconds: 200, canBeCutShort: false)
  private(set) var threads: [StoppedThread] = []
  /// Threads that sleep in the kernel uninterruptibly.
  ///
  /// They stop before they run any code of theirs, but the call that they are in may end before that.
  private(set) var asleep: [TargetError.Sleeper] = []
  /// Whether one of those that have stopped can be made to run calls.
  private var hasCaller = false
  /// Threads of processes that share the table.
  private(set) var others: Set<Int32> = []
  /// Zombies that were met; each is looked at once more, to be sure that it made no thread before.
  private var zombies: Set<Int32> = []
  /// Seized, and not known to have stopped.
  private var running: Set<Int32> = []

  /// A stopped thread, and how it is to go on.
  struct StoppedThread {
    let tracee: Tracee
    /// Nil where the layout is unknown.
    let registers: RegisterSet?

    /// Whether the thread has not moved.
    ///
    /// It can have only by an exec(2) of a thread that took over its ID, and then what is known of its
    /// registers is another program's.
    var isWhereItWas: Bool {
      guard let now = (try? tracee.registers()) ?? nil, let registers else { return false }
      return now.programCounter == registers.programCounter
        && now.currentCall?.number == registers.currentCall?.number
    }
  }

  /// Stops every thread, those included that are made meanwhile.
  ///
  /// Throws, with every thread going on, where some do not stop before the deadline, though they could, or
  /// none does.
  init(_ target: TargetProcess, deadline: Deadline) throws(TargetError) {
    self.target = target
    self.deadline = deadline
    // A thread that was made by one that had not stopped yet shows up in a later pass. So does a process
    // that was given the table by another; the first to be given it since the look is not searched for.
    var processes = [target] + target.sharers
    var passes = 0
    while try seizeNewThreads(of: processes) {
      try awaitStops()
      passes += 1
      if passes > 2 && deadline.hasPassed { throw .restless(target.pid) }
      if processes.count > 1 { processes = [target] + target.findSharers() }
    }
    if threads.isEmpty || !target.isThere { throw .exited(target.pid) }
  }

  deinit {
    // From here the kernel restarts an interrupted call itself, with the deadline it had. After
    // PTRACE_CONT it would not: the thread would see errno 512.
    for thread in threads {
      if let registers = thread.registers, let masks = thread.tracee.temporaryMask(registers),
        masks.hasSignalForOuter(thread.tracee.tid), thread.isWhereItWas
      {
        var steps = SyscallSteps(pid: target.pid, thread.tracee, timeout: 200)
        steps.reenterCall(registers)
      }
      try? thread.tracee.detach()
    }
    // One that is not stopped cannot be detached: it is let go, and its pending stop forgotten, when
    // the thread that traces it ends. See `__ptrace_unlink` in kernel/ptrace.c.
  }

  /// Attaches to the threads not met yet and asks them to stop.
  ///
  /// False where there were none.
  private mutating func seizeNewThreads(of processes: [TargetProcess]) throws(TargetError) -> Bool {
    var isComplete = true
    // Who stands still makes no thread: where there are as many as are known, there is none to be met.
    let count = threads.count + asleep.count + zombies.count
    if processes.count == 1, count > 0, target.directory.hasThreads(count) { return false }
    let known = Set(threads.map { $0.tracee.tid }).union(asleep.map { $0.thread.pid }).union(zombies)
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
      // One that shared the table and has exited is nobody to wait for.
      if process !== target, !process.isThere { return true }
      throw TargetError(refusedBy: error, call: "/proc/\(process.pid)/task", process.directory)
    }
    threads.reserveCapacity(threads.count + tids.count)
    // All are attached to while they run, and only then asked to stop: the first stands still for a shorter
    // time.
    var seized: [Int32] = []
    for tid in tids where !known.contains(tid) {
      do {
        try seize(tid, of: process)
        seized.append(tid)
      } catch {
        try note(tid, of: process, refusing: error)
        isComplete = false
      }
    }
    for tid in seized {
      do {
        try Tracee(tid: tid).interrupt()
      } catch {
        // By an exec(2) its leader's number may be that of a thread that has not been asked.
        for other in running { try? Tracee(tid: other).interrupt() }
        try note(tid, of: process, refusing: error)
        isComplete = false
      }
    }
    return isComplete
  }

  private mutating func seize(_ tid: Int32, of process: TargetProcess) throws(Errno) {
    do {
      _ = try Tracee.seize(tid, until: deadline)
    } catch {
      // A thread that called exec(2) goes on under its leader's ID, and is traced by us already.
      guard error == .notPermitted, isTracedByUs(tid, of: process) else { throw error }
    }
    running.insert(tid)
    if process !== target { others.insert(tid) }
  }

  private func isTracedByUs(_ tid: Int32, of process: TargetProcess) -> Bool {
    // A leader that has exited is traced by us, too, and stops no more.
    guard let status = try? process.directory.status(ofThread: tid) else { return false }
    return status.isAlive && status.tracer == clinux_own_thread()
  }

  /// Judges a refusal that may be none: throws where it is one.
  ///
  /// Else the thread exits or has exited, and there has to be another pass: it may have made one that the
  /// listing missed, or that ended the listing early, see `next_tid` in `fs/proc/base.c`.
  private mutating func note(
    _ tid: Int32, of process: TargetProcess, refusing error: Errno
  ) throws(TargetError) {
    guard target.isThere else { throw .exited(target.pid) }
    if error == .timedOut {
      // Those that are asked to stop do so in a moment, and are put right then.
      for tid in running { try? Tracee(tid: tid).interrupt() }
      for tid in running.sorted() { awaitStop(Tracee(tid: tid), until: patience) }
      throw .didNotStop(target.pid, [target.sleeper(tid)])
    }
    let state = (try? process.directory.status(ofThread: tid))?.state
    if state == "Z" || state == "X" { zombies.insert(tid) }
    if error == .noSuchProcess || state == nil || zombies.contains(tid) { return }
    let failure = TargetError(
      refusedBy: error, call: "ptrace(PTRACE_SEIZE)", process.directory, thread: tid)
    guard failure.mayPass, !patience.hasPassed else { throw failure }
    usleep(1000)
  }

  /// Waits for those that were asked to stop, and gives up on the sleepers among them.
  ///
  /// A sleeper keeps the others standing still. So it is given a moment, as for a disk; all the time there is
  /// only where nobody else could make the calls.
  private mutating func awaitStops() throws(TargetError) {
    for tid in running.sorted() { awaitStop(Tracee(tid: tid), until: patience) }
    while let tid = running.first(where: { !hasCaller || !target.isAsleep($0) }) {
      if deadline.hasPassed { throw .didNotStop(target.pid, running.sorted().map(target.sleeper)) }
      awaitStop(Tracee(tid: tid), until: deadline)
    }
    asleep += running.sorted().map(target.sleeper)
    running = []
  }

  /// Whether a thread could be made to run calls.
  ///
  /// In a process without its leader it may be any of them.
  private func isPossibleCaller(_ tid: Int32) -> Bool {
    !others.contains(tid) && (target.isHeadless || target.hasTable(tid))
  }

  /// Waits for the stop that was asked for.
  ///
  /// A signal that comes first is handed back, not kept: the thread stops again at its handler's first
  /// instruction.
  private mutating func awaitStop(_ tracee: Tracee, until deadline: Deadline) {
    while let status = tracee.wait(until: deadline) {
      switch status {
      case .gone:
        running.remove(tracee.tid)
        return
      case .eventStop(let group):
        running.remove(tracee.tid)
        guard let thread = try? Self.stopped(tracee, inGroupStop: group) else { return }
        threads.append(thread)
        hasCaller = hasCaller || isPossibleCaller(tracee.tid)
        return
      case .signalDelivery(let signal):
        resumeToStop(tracee, with: signal)
      case .syscallStop, .otherEvent:
        resumeToStop(tracee)
      }
    }
  }

  /// Any stop may have used up the request for ours: one that came while the kernel rearmed the timer of a
  /// signal is forgotten for the stop before that signal, see `dequeue_signal` and `ptrace_stop` in
  /// `kernel/signal.c`.
  private func resumeToStop(_ tracee: Tracee, with signal: Int32 = 0) {
    try? tracee.interrupt()
    try? tracee.resume(with: signal)
  }

  /// Notes how the thread is to go on.
  ///
  /// epoll_wait(2) and some others answer a bare stop with EINTR; where it was ours and no signal's, they
  /// are begun anew. A stop signal is theirs to see. The registers say so at once: were we killed, nobody
  /// else would.
  private static func stopped(_ tracee: Tracee, inGroupStop: Bool) throws(Errno) -> StoppedThread {
    guard var registers = try tracee.registers() else {
      return StoppedThread(tracee: tracee, registers: nil)
    }
    let mayBeOurs = !inGroupStop && registers.currentCall?.answer == interruptedAnswer
    if mayBeOurs && tracee.isInCall(registers, { $0.answeringInterrupted.contains($1) }) {
      registers.restartUnlessHandled()
      try tracee.setRegisters(registers)
    }
    return StoppedThread(tracee: tracee, registers: registers)
  }
}

extension TargetProcess {
  /// A thread as a message tells of it that did not stop.
  fileprivate func sleeper(_ tid: Int32) -> TargetError.Sleeper {
    .init(
      thread: .init(tid, processName(tid)), isAsleep: isAsleep(tid),
      place: (try? ProcessDirectory(tid))?.waitChannel())
  }

  /// Whether a thread, of whichever process, sleeps uninterruptibly.
  fileprivate func isAsleep(_ tid: Int32) -> Bool {
    (try? ProcessDirectory(tid).status())?.state == "D"
  }
}
