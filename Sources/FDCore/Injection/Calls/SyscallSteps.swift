import CLinux

/// Takes a thread from one syscall-stop to another, past whatever else stops it.
struct SyscallSteps {
  let pid: Int32
  let tracee: Tracee
  /// In milliseconds, for a call to come back before it is interrupted.
  let timeout: UInt32
  /// Whether the thread can be left in the midst of a call.
  let mayBeLeft: Bool
  /// Called once where it cannot, and its call does not come back.
  let stalled: () -> Void
  private var hasStalled = false
  /// Whether it was left.
  private(set) var isLeft = false
  /// A SIGSYS that somebody sent and that could not be blocked.
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

  /// The signals that the kernel forces on a thread for what it does, signal 1 in bit 0.
  static let faultSignals = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS].reduce(0 as UInt64) {
    $0 | 1 << UInt64($1 - 1)
  }

  /// SIGSYS, signal 1 in bit 0.
  static let trapSignal: UInt64 = 1 << UInt64(SIGSYS - 1)

  /// What the thread is to be taken to.
  enum Goal {
    case entry, exit
    /// None: to the signal of a filter that stopped the call.
    case trap
  }

  /// Lets the thread go on to its goal, and answers what the call did at an exit, else 0.
  ///
  /// Other stops come between: a group-stopped thread reports its group-stop once more, and runs nothing,
  /// before it runs; SIGSTOP cannot be blocked, and is delivered for the thread to be found stopped later.
  /// Throws where the thread is gone, was stopped by a filter or a fault, or did not come back.
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
        // Where somebody's own SIGSYS waits, the kernel adds none for the call.
        if isForced || goal == .trap && signal == SIGSYS {
          throw .faulted(pid, signal: signal, mayTryOther: true)
        }
        if signal == SIGSYS { hasHeldTrap = true } else { deliver = signal }
      case .eventStop, .otherEvent:
        break
      }
    }
  }

  /// Lets the thread make the calls of a chain, and stops it where it waits for us.
  ///
  /// Throws where the thread is gone, was stopped by a fault, or did not get as far in time: then it goes on
  /// by itself.
  mutating func run(_ chain: CallChain) throws(TargetError) {
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
        let registers = try request("PTRACE_GETREGSET") { () throws(Errno) in try tracee.registers() }
        // Where it does not get on, or has gone on with what it was at, it is left to itself.
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

  /// When a call is asked to come back.
  private var callDeadline: Deadline {
    Deadline(inMilliseconds: max(timeout, 200), canBeCutShort: false)
  }

  /// Waits for a thread to stop, and stops it once it waits for us; or, where one of its calls sleeps until
  /// the deadline, in that.
  ///
  /// - Parameter place: where it was seen last, by its stack pointer; each call has its time.
  private mutating func waitForRest(
    in chain: CallChain, _ place: inout UInt64, until deadline: inout Deadline
  ) throws(TargetError) -> WaitStatus {
    while !deadline.hasPassed {
      if let status = tracee.wait(until: .now) { return status }
      do {
        // "running", or what it sleeps in; see proc_pid_syscall(5).
        let text = try ProcessDirectory(tracee.tid).content(of: "syscall")
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

  /// Delivers what waits for the thread of signals that faults have, and stops it at the first instruction of
  /// the handler.
  mutating func deliverFaults() throws(TargetError) {
    let most = 64  // one of each signal, were the others to come first
    for _ in 0..<most {
      guard let status = try? ProcessDirectory(tracee.tid).status() else { throw .exited(pid) }
      if !status.hasFaultToDeliver { return }
      try request("PTRACE_CONT") { () throws(Errno) in try tracee.resume() }
      var stop = try wait(isBegun: false)
      while case .signalDelivery(let signal) = stop {
        // Asked for while the thread is stopped, the next stop comes before any instruction of its own.
        try request("PTRACE_CONT") { () throws(Errno) in
          try tracee.interrupt()
          try tracee.resume(with: signal)
        }
        stop = try wait(isBegun: false)
      }
      if case .gone = stop { throw .exited(pid) }
    }
  }

  /// Has the thread enter its interrupted call once more, and stops it there.
  ///
  /// ppoll(2) and its kin wait with a signal mask of their own. Where that has ended, by calls of ours or by
  /// the way back to user mode, a signal that it blocked would run its handler, or interrupt the wait. So
  /// everything stays blocked until the call is entered, which no signal can prevent any more, and then sets
  /// its mask. Were we killed before that, everything would stay blocked.
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

  /// Sends again what was held back, as ours.
  func sendHeldTrap() {
    guard hasHeldTrap, let status = try? ProcessDirectory(tracee.tid).status() else { return }
    clinux_send_signal(status.threadGroup, tracee.tid, SIGSYS)
  }

  private mutating func wait(isBegun: Bool) throws(TargetError) -> WaitStatus {
    // What has been begun is given its time, whoever is in a hurry: but for a call that hangs it is short.
    if let status = tracee.wait(until: callDeadline) { return status }
    // close(2) can take its time (SO_LINGER, a file server that must be told): ask it to come back.
    try request("PTRACE_INTERRUPT") { () throws(Errno) in try tracee.interrupt() }
    if let status = tracee.wait(until: Deadline(inMilliseconds: 1000, canBeCutShort: false)) {
      // It stopped without having begun: a frozen cgroup holds it before its next instruction.
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

  /// Makes a ptrace request, and says what its error means.
  private func request<Result>(
    _ name: String, _ body: () throws(Errno) -> Result
  ) throws(TargetError) -> Result {
    do {
      return try body()
    } catch {
      throw Self.failure(pid, name, error)
    }
  }

  /// What an error of a ptrace request on the thread means.
  static func failure(_ pid: Int32, _ request: String, _ error: Errno) -> TargetError {
    error == .noSuchProcess ? .exited(pid) : .system(pid, call: "ptrace(\(request))", error)
  }
}
