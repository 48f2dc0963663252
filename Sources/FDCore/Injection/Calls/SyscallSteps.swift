import CLinux

/// Moves a tracee from one syscall-stop to another, past everything else that stops it.
struct SyscallSteps {
  let pid: Int32
  let tracee: Tracee
  /// How long a call may last before it is interrupted, in milliseconds.
  let timeout: UInt32
  /// Whether the tracee can be left in the midst of a call, because it restores itself.
  let mayBeLeft: Bool
  /// Called once if it cannot be left, and its call does not come back.
  let stalled: () -> Void
  private var hasStalled = false
  /// Whether the tracee was left in the midst of a call.
  private(set) var isLeft = false
  /// Whether another process sent a SIGSYS, which could not be blocked.
  private(set) var hasHeldTrap = false

  init(
    pid: Int32, _ tracee: Tracee, timeout: UInt32, mayBeLeft: Bool = false,
    stalled: @escaping () -> Void = {}
  ) {
    self.pid = pid
    self.tracee = tracee
    self.timeout = timeout
    self.mayBeLeft = mayBeLeft
    self.stalled = stalled
  }

  /// The signals that the kernel forces on a thread for a fault of its own, signal 1 in bit 0.
  static let faultSignals = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS].reduce(0 as UInt64) {
    $0 | 1 << UInt64($1 - 1)
  }

  /// SIGSYS, signal 1 in bit 0.
  static let trapSignal: UInt64 = 1 << UInt64(SIGSYS - 1)

  /// The stop that the tracee is moved to.
  enum Goal {
    case entry, exit
    /// The signal of a filter that stopped the call: no syscall-stop follows.
    case trap
  }

  /// Lets the tracee go on to its goal, and returns the call's result at an exit, else 0.
  ///
  /// Other stops come between. A group-stopped thread reports its group-stop once more before it runs
  /// anything. SIGSTOP cannot be blocked: it is delivered, and the tracee is found stopped later. Throws if
  /// the tracee is gone, a filter or a fault stopped it, or it did not come back.
  @discardableResult
  mutating func run(to goal: Goal) throws(TargetError) -> Int {
    var deliver: Int32 = 0
    while true {
      try request("PTRACE_SYSCALL") { () throws(Errno) in try tracee.resumeToSyscallStop(with: deliver) }
      deliver = 0
      switch try wait(isBegun: goal != .entry) {
      case .gone:
        throw .exited(pid)
      case .syscallStop:
        switch (try request("PTRACE_GET_SYSCALL_INFO") { () throws(Errno) in try tracee.syscallStop() }, goal)
        {
        case (.entry, .entry): return 0
        case (.exit(let answer), .exit): return answer
        case (_, .trap): throw .faulted(pid, signal: SIGSYS, mayTryOther: true)
        default: break
        }
      case .signalDelivery(let signal):
        let isForced = try request("PTRACE_GETSIGINFO") { () throws(Errno) in try tracee.signalIsForced() }
        // The kernel does not queue a second SIGSYS while one is pending.
        if isForced || goal == .trap && signal == SIGSYS {
          throw .faulted(pid, signal: signal, mayTryOther: true)
        }
        if signal == SIGSYS { hasHeldTrap = true } else { deliver = signal }
      case .eventStop, .otherEvent:
        break
      }
    }
  }

  /// Lets the tracee make the calls of a chain, and stops it when it waits for rangeclose.
  ///
  /// Throws if the tracee is gone, a fault stopped it, or it did not get as far in time. In the last case it
  /// goes on by itself.
  mutating func run(_ chain: ROPChain) throws(TargetError) {
    var deliver: Int32 = 0
    var place: UInt64 = 0
    var deadline = callDeadline
    while true {
      try request("PTRACE_CONT") { () throws(Errno) in try tracee.resume(with: deliver) }
      deliver = 0
      switch try waitForRest(in: chain, &place, until: &deadline) {
      case .gone:
        throw .exited(pid)
      case .signalDelivery(let signal):
        if try request("PTRACE_GETSIGINFO", { () throws(Errno) in try tracee.signalIsForced() }) {
          throw .faulted(pid, signal: signal, mayTryOther: true)
        }
        if signal == SIGSYS { hasHeldTrap = true } else { deliver = signal }
      case .eventStop, .otherEvent, .syscallStop:
        let registers = try request("PTRACE_GETREGSET") { () throws(Errno) in try tracee.readRegisters() }
        // A tracee that makes no progress, or has gone on with its own work, is left to itself.
        let isStuck = deadline.hasPassed && registers?.stackPointer == place
        guard let registers, chain.holds(registers), !isStuck else {
          isLeft = true
          throw .callDidNotReturn(pid)
        }
        if chain.isDone(registers) { return }
        if registers.stackPointer != place { deadline = callDeadline }
        place = registers.stackPointer
      }
    }
  }

  /// The moment at which a call that begins now is interrupted.
  private var callDeadline: Deadline {
    Deadline(inMilliseconds: max(timeout, 200), canBeCutShort: false)
  }

  /// Waits for the tracee to stop, and stops it once it waits for rangeclose, or when a call lasts until the
  /// deadline.
  ///
  /// - Parameter place: the stack pointer at which it was seen last. Each call has its own deadline.
  private mutating func waitForRest(
    in chain: ROPChain, _ place: inout UInt64, until deadline: inout Deadline
  ) throws(TargetError) -> WaitStatus {
    while !deadline.hasPassed {
      if let status = tracee.wait(until: .now) { return status }
      do {
        // "running", or the call that it sleeps in; see proc_pid_syscall(5).
        let text = try tracee.content(of: "syscall")
        guard let rest = chain.rest(text) else {
          sched_yield()
          continue
        }
        if rest.isDone { break }
        if rest.stackPointer != place { (place, deadline) = (rest.stackPointer, callDeadline) }
      } catch {
        if error == .noSuchFile || error == .noSuchProcess { return .gone }
      }
      usleep(50)
    }
    try request("PTRACE_INTERRUPT") { () throws(Errno) in try tracee.interrupt() }
    if let status = tracee.wait(until: Deadline(inMilliseconds: 1000, canBeCutShort: false)) { return status }
    isLeft = true
    throw .callDidNotReturn(pid)
  }

  /// Delivers the pending signals of the kinds that faults have, and stops the tracee at the handler's first
  /// instruction.
  mutating func deliverFaults() throws(TargetError) {
    let most = 64  // one of each signal, if all others come first
    for _ in 0..<most {
      guard let status = try? tracee.status() else { throw .exited(pid) }
      if !status.hasFaultToDeliver { return }
      try request("PTRACE_CONT") { () throws(Errno) in try tracee.resume() }
      var stop = try wait(isBegun: false)
      while case .signalDelivery(let signal) = stop {
        // A stop that is asked for while the tracee is stopped comes before its next instruction.
        try request("PTRACE_CONT") { () throws(Errno) in
          try tracee.interrupt()
          try tracee.resume(with: signal)
        }
        stop = try wait(isBegun: false)
      }
      if case .gone = stop { throw .exited(pid) }
    }
  }

  /// Has the tracee enter its interrupted call once more, and stops it there.
  ///
  /// ppoll(2) and similar calls wait with a signal mask of their own. Injected calls and the way back to user
  /// mode end that mask. A signal that it blocked would then run its handler, or interrupt the wait. So
  /// everything stays blocked until the call is entered. No signal can prevent the call any more, and it sets
  /// its mask. If rangeclose were killed before, everything would stay blocked.
  mutating func reenterCall(_ registers: RegisterSet) {
    guard let mask = try? tracee.signalMask() else { return }
    var registers = registers
    registers.beginCallAnew()
    try? tracee.setSignalMask(mask | ~Self.trapSignal)
    try? tracee.setRegisters(registers)
    _ = try? run(to: .entry)
    try? tracee.setSignalMask(mask)
    sendHeldTrap()
  }

  /// Sends the SIGSYS that was held back once more, with rangeclose as its sender.
  func sendHeldTrap() {
    guard hasHeldTrap, let status = try? tracee.status() else { return }
    clinux_send_signal(status.threadGroup, tracee.tid, SIGSYS)
  }

  private mutating func wait(isBegun: Bool) throws(TargetError) -> WaitStatus {
    // A call that has begun gets its time, even if the user wants to end: it is short unless the call hangs.
    if let status = tracee.wait(until: callDeadline) { return status }
    // close(2) can last (SO_LINGER, a file server that must be told): ask it to come back.
    try request("PTRACE_INTERRUPT") { () throws(Errno) in try tracee.interrupt() }
    if let status = tracee.wait(until: Deadline(inMilliseconds: 1000, canBeCutShort: false)) {
      // It stopped before the call began: a frozen cgroup holds it before its next instruction.
      if !isBegun, case .eventStop = status { throw .didNotRun(pid) }
      return status
    }
    if mayBeLeft {
      isLeft = true
      throw .callDidNotReturn(pid)
    }
    if !hasStalled { stalled() }
    hasStalled = true
    return tracee.wait(until: nil) ?? .gone
  }

  private func request<Result>(
    _ name: String, _ body: () throws(Errno) -> Result
  ) throws(TargetError) -> Result {
    try Self.request(name, of: pid, body)
  }

  /// Makes a ptrace request of a tracee, and says what its error means.
  static func request<Result>(
    _ name: String, of pid: Int32, _ body: () throws(Errno) -> Result
  ) throws(TargetError) -> Result {
    try mapError(
      { (error: Errno) -> TargetError in
        error == .noSuchProcess ? .exited(pid) : .system(pid, call: "ptrace(\(name))", error)
      }, body)
  }
}

extension ProcessStatus {
  /// Whether a signal of the kinds that faults have is pending for the thread, and is not blocked.
  var hasFaultToDeliver: Bool {
    allPendingSignals & SyscallSteps.faultSignals & ~blockedSignals != 0
  }
}
