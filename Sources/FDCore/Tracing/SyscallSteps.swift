import Glibc

/// Takes a thread from one syscall-stop to another, past whatever else stops it.
struct SyscallSteps {
  let pid: Int32
  let tracee: Tracee
  let deadline: Deadline
  let stalled: () -> Void
  /// Whether the thread can be left in the midst of a call.
  let mayBeLeft: Bool
  /// Whether it was: its call did not come back.
  private(set) var isLeft = false
  /// A signal that somebody sent and that could not be blocked, or 0.
  private(set) var held: Int32 = 0

  init(
    pid: Int32, tracee: Tracee, deadline: Deadline, stalled: @escaping () -> Void = {},
    mayBeLeft: Bool = false
  ) {
    self.pid = pid
    self.tracee = tracee
    self.deadline = deadline
    self.stalled = stalled
    self.mayBeLeft = mayBeLeft
  }

  /// The signals that the kernel forces on a thread for what it does.
  static let faults = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS]
  /// The same, signal 1 in bit 0.
  static let faultSignals = faults.reduce(0 as UInt64) { $0 | 1 << UInt64($1 - 1) }

  /// Lets the thread go on until `wanted` finds its syscall-stop in what is reported.
  ///
  /// Other stops come between: a group-stopped thread reports its group-stop once more, and runs nothing,
  /// before it runs; SIGSTOP cannot be blocked, and is delivered for the thread to be found stopped later.
  /// Throws a `TargetError` where it is gone, faulted or did not come back, and an `Errno` of ptrace(2).
  @discardableResult
  mutating func run(to wanted: (Tracee.SyscallStop) -> Int?, mayGiveUp: Bool) throws -> Int {
    var deliver: Int32 = 0
    while true {
      try tracee.resumeToSyscallStop(with: deliver)
      deliver = 0
      switch try wait(mayGiveUp: mayGiveUp) {
      case .gone:
        throw TargetError.exited(pid)
      case .syscallStop:
        if let answer = wanted(try tracee.syscallStop()) { return answer }
      case .signalDelivery(let signal) where Self.faults.contains(signal):
        // Either ours, a fault at the instruction or a filter's trap, or by chance somebody sends one now.
        if try tracee.signalIsForced() { throw TargetError.faulted(pid, signal: signal) }
        held = signal
      case .signalDelivery(let signal):
        deliver = signal
      case .eventStop, .otherEvent:
        break
      }
    }
  }

  /// Delivers what waits for the thread of such signals, and stops it at the first instruction of the handler.
  ///
  /// Throws as `run` does.
  mutating func deliverFaults() throws {
    let most = 64  // one of each signal, were the others to come first
    for _ in 0..<most {
      guard let status = try? ProcessDirectory(tracee.tid).status() else { throw TargetError.exited(pid) }
      if !status.hasFaultToDeliver { return }
      try tracee.resume()
      guard case .signalDelivery(let signal) = try wait(mayGiveUp: true) else { continue }
      // Asked for while the thread is stopped, the next stop comes before any instruction of its own.
      try tracee.interrupt()
      try tracee.resume(with: signal)
      if case .gone = try wait(mayGiveUp: true) { throw TargetError.exited(pid) }
    }
  }

  /// Has the thread enter its interrupted call once more, and stops it there.
  ///
  /// ppoll(2) and its kin wait with a signal mask of their own. Where that has ended, by calls of ours or by
  /// the way back to user mode, a signal that it blocked would run its handler, or interrupt the wait. So
  /// everything stays blocked until the call is entered, which no signal can prevent any more, and then sets
  /// its mask.
  mutating func reenterCall(_ registers: RegisterSet?) {
    guard var registers, let mask = try? tracee.signalMask() else { return }
    registers.beginCallAnew()
    try? tracee.setSignalMask(mask | ~Self.faultSignals)
    try? tracee.setRegisters(registers)
    _ = try? run(to: { $0 == .entry ? 0 : nil }, mayGiveUp: true)
    try? tracee.setSignalMask(mask)
  }

  private mutating func wait(mayGiveUp: Bool) throws -> WaitStatus {
    // A call is given its moment, however little time is left: what has been begun is finished.
    let moment = Deadline(inMilliseconds: 200, canBeCutShort: false)
    if let status = tracee.wait(until: moment) ?? tracee.wait(until: deadline) { return status }
    // close(2) can take its time (SO_LINGER, a file server that must be told): ask it to come back.
    try tracee.interrupt()
    if let status = tracee.wait(until: Deadline(inMilliseconds: 1000, canBeCutShort: false)) {
      // It stopped without having begun: a frozen cgroup holds it before its next instruction.
      if mayGiveUp, case .eventStop = status { throw TargetError.didNotRun(pid) }
      return status
    }
    if mayBeLeft {
      isLeft = true
      throw TargetError.callDidNotReturn(pid)
    }
    stalled()
    return tracee.wait(until: nil) ?? .gone
  }

  /// What an error of a ptrace request on the thread means.
  static func failure(_ pid: Int32, _ call: String, _ error: Errno) -> TargetError {
    error == .noSuchProcess ? .exited(pid) : .system(pid, call: call, error)
  }
}
