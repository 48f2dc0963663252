import CLinux

/// The right to run system calls in a stopped tracee.
///
/// At the end of its scope, this value restores the state of the tracee.
///
/// From the change of the registers until they are restored, nothing here may trap or return early. Each step
/// that can fail throws, and `deinit` restores on every path. If rangeclose is killed in this time, the
/// tracee restores itself with its signal frame. The signal mask is changed after the registers and restored
/// before them, so the frame restores the mask, too.
package struct RemoteSyscall: ~Copyable {
  /// The tracee's numbers of the system calls that a session uses.
  package let numbers: SystemCallNumbers
  private let registers: RegisterSet
  private let mask: UInt64
  private let savedMask: SavedMask?
  /// Whether a seccomp filter, or the tracee's own dispatch, may cause a SIGSYS for a call.
  private var mayTrap = true
  private let instruction: UInt64
  private let frame: SignalFrame?
  private let gadgets: Gadgets
  private var chain: ROPChain?
  private let dispatch: SyscallDispatch
  private var isMasked = false
  private var steps: SyscallSteps

  /// Takes control of a stopped tracee.
  ///
  /// Throws if the tracee is gone, or if there is no instruction for a call.
  ///
  /// - Parameters:
  ///   - timeout: the time in milliseconds after which rangeclose interrupts a call, as a signal would.
  ///   - stalled: called if the interrupted call still does not return, and the tracee cannot restore itself.
  ///     After it, rangeclose waits without a limit for the call to return.
  init(
    in pid: Int32, _ tracee: Tracee, _ gadgets: Gadgets, timeout: UInt32, stalled: @escaping () -> Void
  ) throws(TargetError) {
    guard var registers = tracee.registers else { throw .unknownRegisters(pid) }
    registers.abortRestartableSequence(of: tracee)
    let mask = try SyscallSteps.request("PTRACE_GETSIGMASK", of: pid) { () throws(Errno) in
      try tracee.signalMask()
    }
    let addresses = gadgets.frame(for: registers, of: tracee.tid)
    let frame = addresses.flatMap {
      SignalFrame(in: tracee, registers, mask: mask, trampoline: $0.trampoline, gadgets)
    }
    let usable = frame == nil ? nil : addresses
    guard let instruction = usable?.callAndReturn ?? gadgets.callInstruction(for: registers, of: tracee.tid)
    else {
      let refusal = TraceeMemory.refusal(of: tracee.tid, at: registers.programCounter)
      throw refusal.map { .system(pid, call: "process_vm_readv(2)", $0) } ?? .noCallInstruction(pid)
    }
    let dispatch = SyscallDispatch(passing: instruction, usable?.trampoline, of: tracee)
    numbers = registers.layout.calls
    savedMask = tracee.savedMask
    chain = nil
    // The frame does not restore the dispatch.
    let mayBeLeft = frame != nil && dispatch.before == nil
    steps = SyscallSteps(pid: pid, tracee, timeout: timeout, mayBeLeft: mayBeLeft, stalled: stalled)
    (self.registers, self.mask, self.gadgets) = (registers, mask, gadgets)
    (self.instruction, self.frame, self.dispatch) = (instruction, frame, dispatch)
  }

  deinit {
    let tracee = steps.tracee
    steps.sendHeldTrap()
    // The call has not returned yet. When it returns, the frame restores everything.
    if steps.isLeft { return }
    // If these requests fail, the tracee is gone, and there is nothing to restore. Or it is running, and its
    // frame restores it.
    try? tracee.setSignalMask(mask)
    guard (try? tracee.setRegisters(registers)) != nil else { return }
    chain?.remove()
    frame?.remove()
    dispatch.restore(tracee)
    if let savedMask, savedMask.hasSignalForSaved(tracee) {
      var again = SyscallSteps(pid: steps.pid, tracee, timeout: steps.timeout)
      again.reenterCall(registers)
    }
  }

  /// Runs a call in the tracee, and returns its raw result: a value, or `-errno`.
  ///
  /// The result of an interrupted call is `-EINTR`. Throws if the tracee is gone, if a filter or a fault
  /// caused a signal instead of a result, or if the call did not return in time and goes on without
  /// rangeclose. See `syscall(2)`.
  mutating func call(_ call: SystemCall) throws(TargetError) -> Int {
    var prepared = registers
    prepared.prepare(call, at: instruction)
    if let frame { prepared.stackPointer = frame.address }
    let tracee = steps.tracee
    try SyscallSteps.request("PTRACE_SETREGSET", of: steps.pid) { () throws(Errno) in
      try tracee.setRegisters(prepared)
    }
    try blockSignals()
    do {
      try steps.run(to: .entry)
      let answer = try steps.run(to: .exit)
      // If a filter kills or traps, the kernel returns the number in place of a result and queues a SIGSYS,
      // see `syscall_rollback` in kernel/seccomp.c. If rangeclose does not take the signal here, the tracee
      // gets it later.
      if answer == call.number, hasPendingTrap { try steps.run(to: .trap) }
      return restartAnswers.contains(answer) ? interruptedAnswer : answer
    } catch {
      guard case .faulted(let pid, let signal, _) = error else { throw error }
      throw .faulted(pid, signal: signal, mayTryOther: call.number == numbers.closeRange)
    }
  }

  /// Runs calls in the tracee without a stop between them, and returns their number; 0 if that is not
  /// possible.
  ///
  /// The calls must be calls that cannot fail, because rangeclose does not get their results. So the tracee
  /// may not have a filter, not even a suspended one: if rangeclose is killed, the filter is in force again.
  /// And the caller has already made one such call with success. Throws as `call` does.
  mutating func run(
    _ number: Int, with arguments: some Collection<(UInt64, UInt64)>, _ third: UInt64
  ) throws(TargetError) -> Int {
    guard arguments.count >= ROPChain.fewest, dispatch.before == nil, isMasked, let frame, try isUntrapped()
    else {
      return 0
    }
    let tracee = steps.tracee
    if chain == nil {
      let call = SystemCall(number, 0, 0, third)
      chain = ROPChain(before: frame, in: tracee, registers, call, count: arguments.count, gadgets)
    }
    guard let chain else { return 0 }
    let calls = arguments.prefix(chain.capacity)
    guard let prepared = chain.lay(calls) else { return 0 }
    try SyscallSteps.request("PTRACE_SETREGSET", of: steps.pid) { () throws(Errno) in
      try tracee.setRegisters(prepared)
    }
    try steps.run(chain)
    return calls.count
  }

  /// Writes bytes to the tracee's memory for calls to read or write; nil if there is no room for them.
  ///
  /// The memory is restored at the end of the result's scope, which must end before the scope of this value.
  package func memory(_ bytes: [UInt8]) -> RemoteMemory? {
    let top = frame?.address ?? registers.stackPointer &- SignalFrame.redZone
    return RemoteMemory.lay(bytes, below: top, of: steps.tracee, gadgets)
  }

  /// Whether the tracee has a descriptor open; also true if that cannot be read.
  package func isOpen(_ number: UInt32) -> Bool { steps.tracee.hasOpen(number) }

  // MARK: - Signals

  private var hasPendingTrap: Bool {
    guard let status = try? steps.tracee.status() else { return true }
    return status.pendingSignals >> UInt64(SIGSYS - 1) & 1 != 0
  }

  /// Blocks signals for the time of the calls.
  ///
  /// Otherwise a handler could run before the call, and make its own calls. SIGSYS stays unblocked, unless
  /// the tracee blocks it, because a filter may cause a SIGSYS for a call. If the kernel forces a signal
  /// while it is blocked, it resets the handler to the default, see `force_sig_info_to_task` in
  /// `kernel/signal.c`.
  private mutating func blockSignals() throws(TargetError) {
    if isMasked { return }
    try setBlockedSignals()
    isMasked = true
  }

  private func setBlockedSignals() throws(TargetError) {
    let blocked = mayTrap ? mask | ~SyscallSteps.trapSignal : .max
    let tracee = steps.tracee
    try SyscallSteps.request("PTRACE_SETSIGMASK", of: steps.pid) { () throws(Errno) in
      try tracee.setSignalMask(blocked)
    }
  }

  /// Whether neither a filter nor the dispatch can cause a SIGSYS for a call.
  ///
  /// rangeclose reads it only when it matters.
  private mutating func isUntrapped() throws(TargetError) -> Bool {
    if !mayTrap { return true }
    guard !dispatch.mayTrap, (try? steps.tracee.status())?.seccomp == .disabled else { return false }
    mayTrap = false
    try setBlockedSignals()
    return true
  }
}
