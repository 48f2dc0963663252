import CLinux

/// Moves a tracee from one syscall-stop to the next, past all other stops.
struct SyscallSteps {
  let pid: Int32
  let tracee: Tracee
  /// The time in milliseconds after which rangeclose interrupts a call.
  ///
  /// A smaller value than 200 counts as 200.
  let timeout: UInt32
  /// Whether rangeclose may leave the tracee during a call, because the tracee restores itself.
  let mayBeLeft: Bool
  /// A function that is called once, if the call does not return and rangeclose may not leave the tracee.
  let stalled: () -> Void
  private var hasStalled = false
  /// Whether rangeclose held back a SIGSYS that another process sent.
  ///
  /// rangeclose cannot block SIGSYS, see `RemoteSyscall.blockSignals`.
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

  /// The bit of SIGSYS; signal 1 is bit 0.
  static let trapSignal: UInt64 = 1 << UInt64(SIGSYS - 1)

  /// The stop to which the tracee moves.
  enum Goal {
    /// The entry to the call.
    case entry
    /// The exit from the call.
    case exit
    /// The SIGSYS of a filter that stopped the call. No syscall-stop follows it.
    case trap
  }

  /// Resumes the tracee until it reaches its goal, and returns the call's result at an exit, or 0.
  ///
  /// Other stops may come first. A thread in a group-stop reports its group-stop again before it runs.
  /// SIGSTOP cannot be blocked: it is delivered, and the tracee is in a group-stop after the session. Throws
  /// if the tracee is gone, if a filter or a fault stopped it, or if its call did not return in time.
  ///
  /// A SIGSTOP that was pending for a stopped tracee is lost this way. `get_signal` in `kernel/signal.c`
  /// takes every signal that is not blocked before the tracee can run, and PTRACE_SETSIGMASK leaves SIGSTOP
  /// out of the mask. rangeclose does not send the signal again: if SIGCONT came between a look at the state
  /// and that SIGSTOP, the tracee would stay stopped. The loss changes nothing, because SIGCONT discards a
  /// pending SIGSTOP.
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
        let isForced = try request("PTRACE_GETSIGINFO") { () throws(Errno) in try tracee.isForced(signal) }
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

  /// Lets the tracee make the calls of a chain, and stops it in the final wait.
  ///
  /// Throws if the tracee is gone, if a fault stopped it, or if it did not reach the final wait in time. In
  /// the last case, the tracee goes on without rangeclose.
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
        if try request("PTRACE_GETSIGINFO", { () throws(Errno) in try tracee.isForced(signal) }) {
          throw .faulted(pid, signal: signal, mayTryOther: true)
        }
        if signal == SIGSYS { hasHeldTrap = true } else { deliver = signal }
      case .eventStop, .otherEvent, .syscallStop:
        let registers = try request("PTRACE_GETREGSET") { () throws(Errno) in try tracee.readRegisters() }
        // rangeclose leaves a tracee that makes no progress, or has returned to its own code.
        let isStuck = deadline.hasPassed && registers?.stackPointer == place
        guard let registers, chain.holds(registers), !isStuck else {
          tracee.isLeft = true
          throw .callDidNotReturn(pid)
        }
        if chain.isDone(registers) { return }
        if registers.stackPointer != place { deadline = callDeadline }
        place = registers.stackPointer
      }
    }
  }

  /// The moment at which rangeclose interrupts a call that begins now.
  private var callDeadline: Deadline {
    Deadline(inMilliseconds: max(timeout, 200), canBeCutShort: false)
  }

  /// Waits for the tracee to stop.
  ///
  /// rangeclose stops the tracee if it is in the final wait, or if a call lasts until the deadline.
  ///
  /// - Parameter place: the stack pointer of the tracee when rangeclose last read it. It identifies the call,
  ///   and each call has its own deadline.
  private mutating func waitForRest(
    in chain: ROPChain, _ place: inout UInt64, until deadline: inout Deadline
  ) throws(TargetError) -> WaitStatus {
    while !deadline.hasPassed {
      if let status = tracee.wait(until: .now) { return status }
      do {
        // "running", or the call in which the tracee is blocked; see proc_pid_syscall(5).
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
    tracee.isLeft = true
    throw .callDidNotReturn(pid)
  }

  /// Delivers the pending fault signals, and stops the tracee at the first instruction of the handler.
  mutating func deliverFaults() throws(TargetError) {
    let most = 64  // the number of signals; every other signal may come before a fault signal
    for _ in 0..<most {
      guard let status = try? tracee.status() else { throw .exited(pid) }
      if !status.hasFaultToDeliver { return }
      try request("PTRACE_CONT") { () throws(Errno) in try tracee.resume() }
      var stop = try wait(isBegun: false)
      while case .signalDelivery(let signal) = stop {
        // If rangeclose requests a stop while the tracee is stopped, the stop comes before the next
        // instruction.
        try request("PTRACE_CONT") { () throws(Errno) in
          try tracee.interrupt()
          try tracee.resume(with: signal)
        }
        stop = try wait(isBegun: false)
      }
      if case .gone = stop { throw .exited(pid) }
    }
  }

  /// Makes the tracee enter its interrupted call again, and stops it at the entry.
  ///
  /// ppoll(2) and similar calls wait with another signal mask than the thread's own. An injected call, or the
  /// way back to user mode, restores the thread's own mask. A signal that only the other mask blocks would
  /// then run its handler, or interrupt the wait. So rangeclose blocks all signals until the tracee has
  /// entered the call. After the entry, no signal can prevent the call any more, and the call sets the other
  /// mask. If rangeclose is killed before that, all signals stay blocked.
  mutating func reenterCall(_ registers: RegisterSet) {
    guard let mask = try? tracee.signalMask() else { return }
    var registers = registers.afterCalls
    registers.beginCallAnew()
    try? tracee.setSignalMask(mask | ~Self.trapSignal)
    try? tracee.setRegisters(registers)
    _ = try? run(to: .entry)
    try? tracee.setSignalMask(mask)
    sendHeldTrap()
  }

  /// Sends the SIGSYS that rangeclose held back to the tracee.
  ///
  /// The tracee sees rangeclose as the sender.
  func sendHeldTrap() {
    guard hasHeldTrap, let status = try? tracee.status() else { return }
    clinux_send_signal(status.threadGroup, tracee.tid, SIGSYS)
  }

  private mutating func wait(isBegun: Bool) throws(TargetError) -> WaitStatus {
    // A call that has begun gets its whole time, even if the user interrupts rangeclose. Most calls are
    // short.
    if let status = tracee.wait(until: callDeadline) { return status }
    // close(2) can take long, for instance with SO_LINGER or on a file server. So rangeclose interrupts it.
    try request("PTRACE_INTERRUPT") { () throws(Errno) in try tracee.interrupt() }
    if let status = tracee.wait(until: Deadline(inMilliseconds: 1000, canBeCutShort: false)) {
      // The tracee stopped before the call began. A frozen cgroup stops it before its next instruction.
      if !isBegun, case .eventStop = status { throw .didNotRun(pid) }
      return status
    }
    if mayBeLeft {
      tracee.isLeft = true
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

  /// Makes a ptrace request, and converts its error.
  ///
  /// `ESRCH` means that the tracee is gone.
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
  /// Whether a fault signal is pending for the thread and not blocked.
  var hasFaultToDeliver: Bool {
    allPendingSignals & FaultSignals.all & ~blockedSignals != 0
  }
}
