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

  init(pid: Int32, tracee: Tracee, deadline: Deadline, stalled: @escaping () -> Void, mayBeLeft: Bool) {
    self.pid = pid
    self.tracee = tracee
    self.deadline = deadline
    self.stalled = stalled
    self.mayBeLeft = mayBeLeft
  }

  /// The signals that the kernel forces on a thread for what it does.
  static let faults = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS]

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

  private mutating func wait(mayGiveUp: Bool) throws -> WaitStatus {
    if let status = tracee.wait(until: deadline) { return status }
    // close(2) can take its time (SO_LINGER, a file server that must be told): ask it to come back.
    try tracee.interrupt()
    if let status = tracee.wait(until: Deadline(inMilliseconds: 1000)) {
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
