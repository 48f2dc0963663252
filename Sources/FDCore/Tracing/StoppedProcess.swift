import CLinux
import Glibc

/// A process of which every thread is stopped, until this goes out of scope.
///
/// All of them, for two reasons. None can then open, close or duplicate a descriptor. And a thread that
/// is blocked in a call holds a reference to its file: only when it is brought back from the call does
/// the last reference go, and does the thread meet the closed number.
struct StoppedProcess: ~Copyable {
  private let target: TargetProcess
  private let deadline: Deadline
  /// Until when an attach that is refused without a reason is tried again.
  private let patience = Deadline(inMilliseconds: 200)
  private(set) var threads: [StoppedThread] = []
  /// Zombies that were met; each is looked at once more, to be sure that it made no thread before.
  private var zombies: Set<Int32> = []
  /// Seized, and not known to have stopped.
  private var running: Set<Int32> = []

  /// A stopped thread, and how it is to go on.
  struct StoppedThread {
    let tracee: Tracee
    /// Nil where the layout is unknown.
    var registers: RegisterSet?
    /// Whether `registers` differ from what the thread has.
    var mustWriteRegisters: Bool

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
  /// Throws, with every thread going on, where some do not stop before the deadline.
  init(_ target: TargetProcess, deadline: Deadline) throws(TargetError) {
    self.target = target
    self.deadline = deadline
    // A thread that was made by one that had not stopped yet shows up in a later pass.
    while try seizeNewThreads() { try awaitStops() }
    if threads.isEmpty || !target.isThere { throw .exited(target.pid) }
  }

  deinit {
    for thread in threads { Self.letGo(thread) }
    // One that is not stopped cannot be detached: it is let go, and its pending stop forgotten, when
    // we exit. See `__ptrace_unlink` in kernel/ptrace.c.
  }

  /// Restores what has to be and detaches.
  ///
  /// A thread that is gone needs neither.
  private static func letGo(_ thread: StoppedThread) {
    if thread.mustWriteRegisters, let registers = thread.registers, thread.isWhereItWas {
      try? thread.tracee.setRegisters(registers)
    }
    // From here the kernel restarts an interrupted call itself, with the deadline it had. After
    // PTRACE_CONT it would not: the thread would see errno 512.
    try? thread.tracee.detach()
  }

  /// Attaches to the threads not met yet and asks them to stop.
  ///
  /// False where there were none.
  private mutating func seizeNewThreads() throws(TargetError) -> Bool {
    let tids: [Int32]
    var isComplete: Bool
    do {
      (tids, isComplete) = try target.directory.threads()
    } catch {
      throw TargetError(refusedBy: error, call: "/proc/\(target.pid)/task", target.directory)
    }
    let known = Set(threads.map(\.tracee.tid))
    for tid in tids where !known.contains(tid) && !zombies.contains(tid) {
      do {
        try seize(tid)
      } catch {
        try note(tid, refusing: error)
        isComplete = false
      }
    }
    if !isComplete && deadline.hasPassed { throw .restless(target.pid) }
    return !running.isEmpty || !isComplete
  }

  private mutating func seize(_ tid: Int32) throws(Errno) {
    let tracee: Tracee
    do {
      tracee = try Tracee.seize(tid)
    } catch {
      // A thread that called exec(2) goes on under its leader's ID, and is traced by us already.
      guard error == .notPermitted, isTracedByUs(tid) else { throw error }
      tracee = Tracee(tid: tid)
    }
    running.insert(tid)
    try tracee.interrupt()
  }

  private func isTracedByUs(_ tid: Int32) -> Bool {
    (try? target.directory.status(ofThread: tid).tracer) == clinux_own_thread()
  }

  /// Judges a refusal that may be none: throws where it is one.
  ///
  /// Else the thread exits or has exited, and there has to be another pass: it may have made one that the
  /// listing missed, or that ended the listing early, see `next_tid` in `fs/proc/base.c`.
  private mutating func note(_ tid: Int32, refusing error: Errno) throws(TargetError) {
    guard target.isThere else { throw .exited(target.pid) }
    let state = (try? target.directory.status(ofThread: tid))?.state
    if state == "Z" || state == "X" { zombies.insert(tid) }
    if error == .noSuchProcess || state == nil || zombies.contains(tid) { return }
    let failure = TargetError(
      refusedBy: error, call: "ptrace(PTRACE_SEIZE)", target.directory, thread: tid)
    // A thread that is about to exit, or whose tracer is about to let it go, refuses for no reason that
    // can be seen a moment later.
    guard case .notPermitted(_, .unexplained) = failure, !patience.hasPassed else { throw failure }
    usleep(1000)
  }

  private mutating func awaitStops() throws(TargetError) {
    var late: [Int32] = []
    for tid in running.sorted() {
      switch Self.awaitStop(Tracee(tid: tid), until: deadline) {
      case .stopped(let thread):
        threads.append(thread)
        running.remove(tid)
      case .gone:
        running.remove(tid)
      case .late:
        late.append(tid)
      }
    }
    if !late.isEmpty { throw .didNotStop(target.pid, late.map(target.sleeper)) }
  }

  private enum Arrival {
    case stopped(StoppedThread)
    case gone, late
  }

  /// Waits for the stop that was asked for.
  ///
  /// A signal that comes first is handed back, not kept: the thread stops again at its handler's first
  /// instruction.
  private static func awaitStop(_ tracee: Tracee, until deadline: Deadline) -> Arrival {
    while true {
      switch tracee.wait(until: deadline) {
      case nil:
        return .late
      case .gone:
        return .gone
      case .eventStop(let group):
        return (try? stopped(tracee, inGroupStop: group)).map { .stopped($0) } ?? .gone
      case .signalDelivery(let signal):
        try? tracee.resume(with: signal)
      case .syscallStop, .otherEvent:
        try? tracee.resume()
      }
    }
  }

  /// Notes how the thread is to go on.
  ///
  /// epoll_wait(2) and some others answer a bare stop with EINTR; where it was ours and no signal's, they
  /// are begun anew. A stop signal is theirs to see.
  private static func stopped(_ tracee: Tracee, inGroupStop: Bool) throws(Errno) -> StoppedThread {
    guard var registers = try tracee.registers() else {
      return StoppedThread(tracee: tracee, registers: nil, mustWriteRegisters: false)
    }
    let restarts = !inGroupStop && registers.wasInterruptedByStop
    if restarts { registers.restartUnlessHandled() }
    return StoppedThread(tracee: tracee, registers: registers, mustWriteRegisters: restarts)
  }

  /// A stopped thread that can be made to run calls.
  struct Caller {
    let tracee: Tracee
    let registers: RegisterSet
    /// Nil where it could not be read.
    let status: ProcessStatus?

    /// Whether the thread waits with another signal mask than its own, in ppoll(2) or its kin.
    ///
    /// PTRACE_GETSIGMASK answers the mask that is to be restored after the call; `/proc` the one in force.
    fileprivate var hasTemporaryMask: Bool {
      guard registers.currentCall != nil, let mask = try? tracee.signalMask(), let status else {
        return false
      }
      return mask != status.blockedSignals
    }
  }

  /// The thread that is to run calls: the table's own, or one that shares its table.
  ///
  /// One that has a temporary mask is taken only where there is no other: the call ends that mask, and a
  /// signal that it had blocked would interrupt the wait.
  func threadToCallFrom() throws(TargetError) -> Caller {
    var second: Caller?
    if let own = threads.first(where: { $0.tracee.tid == target.tableThread }) {
      let caller = try caller(own)
      if !caller.hasTemporaryMask { return caller }
      second = caller
    }
    for thread in threads where sharesTable(thread.tracee.tid) {
      let caller = try caller(thread)
      if !caller.hasTemporaryMask { return caller }
      second = second ?? caller
    }
    guard let second else { throw .exited(target.pid) }
    return second
  }

  private func caller(_ thread: StoppedThread) throws(TargetError) -> Caller {
    guard let registers = thread.registers else { throw .unknownRegisters(target.pid) }
    guard thread.isWhereItWas else { throw .exited(target.pid) }
    let status = try? target.directory.status(ofThread: thread.tracee.tid)
    return Caller(tracee: thread.tracee, registers: registers, status: status)
  }

  private func sharesTable(_ tid: Int32) -> Bool {
    tid != target.tableThread && clinux_compare_descriptor_tables(tid, target.tableThread) == 0
  }
}

extension TargetProcess {
  /// A thread as a message tells of it that did not stop.
  fileprivate func sleeper(_ tid: Int32) -> TargetError.Sleeper {
    .init(
      thread: .init(tid, (try? directory.status(ofThread: tid))?.name),
      place: directory.sleepingPlace(ofThread: tid))
  }
}
