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
  private(set) var threads: [StoppedThread] = []
  /// Seized, and not known to have stopped.
  private var running: Set<Int32> = []

  /// A stopped thread, and how it is to go on.
  struct StoppedThread {
    let tracee: Tracee
    /// Nil where the layout is unknown.
    var registers: RegisterSet?
    /// Whether `registers` differ from what the thread has.
    var mustWriteRegisters: Bool
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
    if thread.mustWriteRegisters, let registers = thread.registers {
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
    do {
      tids = try target.directory.threads()
    } catch {
      throw TargetError(refusedBy: error, call: "/proc/\(target.pid)/task", target.directory)
    }
    let known = Set(threads.map(\.tracee.tid))
    for tid in tids where !known.contains(tid) {
      do {
        try seize(tid)
      } catch {
        try explain(error, tid)
      }
    }
    return !running.isEmpty
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
    (try? ProcessDirectory(tid).status().tracer) == clinux_own_thread()
  }

  /// A thread that died or is a zombie needs no stop; any other refusal ends the session.
  private func explain(_ error: Errno, _ tid: Int32) throws(TargetError) {
    guard target.isThere else { throw .exited(target.pid) }
    let state = (try? target.directory.status(ofThread: tid))?.state
    if error == .noSuchProcess || state == nil || state == "Z" || state == "X" { return }
    throw TargetError(refusedBy: error, call: "ptrace(PTRACE_SEIZE)", target.directory)
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
        return .stopped(stopped(tracee, inGroupStop: group))
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
  private static func stopped(_ tracee: Tracee, inGroupStop: Bool) -> StoppedThread {
    guard var registers = (try? tracee.registers()) ?? nil else {
      return StoppedThread(tracee: tracee, registers: nil, mustWriteRegisters: false)
    }
    let restarts = !inGroupStop && registers.wasInterruptedByStop
    if restarts { registers.restartUnlessHandled() }
    return StoppedThread(tracee: tracee, registers: registers, mustWriteRegisters: restarts)
  }

  /// The thread that is to run calls: the table's own, or one that shares its table.
  func threadToCallFrom() throws(TargetError) -> StoppedThread {
    let sharing =
      threads.first { $0.tracee.tid == target.tableThread }
      ?? threads.first { clinux_compare_descriptor_tables($0.tracee.tid, target.tableThread) == 0 }
    guard let sharing else { throw .exited(target.pid) }
    guard sharing.registers != nil else { throw .unknownRegisters(target.pid) }
    return sharing
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
