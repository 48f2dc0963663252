import CLinux

/// The right to run system calls in a stopped tracee.
///
/// At the end of its scope, this value restores the state of the tracee.
///
/// After rangeclose changes the registers, no code here may trap or return before it restores them. Each step
/// that can fail throws, and `deinit` restores the registers on every path. If rangeclose is killed in this
/// time, the tracee restores itself with its signal frame. rangeclose changes the signal mask after the
/// registers, and restores it before the registers. So the frame can restore the mask, too.
package struct RemoteSyscall: ~Copyable {
  /// The numbers of the system calls that a session uses, in the tracee's architecture.
  package let numbers: SystemCallNumbers
  /// The process of the tracee.
  var pid: Int32 { steps.pid }
  /// The number of bytes of a word in the tracee, 4 for a 32-bit program.
  var wordSize: Int { registers.layout.wordSize }
  private let registers: RegisterSet
  private let mask: UInt64
  private let savedMask: SavedMask?
  /// The vector registers that the calls change; nil if there are none.
  private let vectors: (kind: UInt32, bytes: [UInt8])?
  /// Whether a seccomp filter or Syscall User Dispatch may cause a SIGSYS for a call.
  private var mayTrap = true
  /// The address of the instruction that makes the calls.
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
  ///   - payload: bytes that the calls read; see `payload`.
  ///   - timeout: the time in milliseconds after which rangeclose interrupts a call, as a signal would.
  ///   - stalled: a function for the case that the interrupted call still does not return, and the tracee
  ///     cannot restore itself. rangeclose calls the function, and then waits for the return without a limit.
  init(
    in pid: Int32, _ tracee: Tracee, _ gadgets: Gadgets, _ payload: [UInt8] = [], timeout: UInt32,
    stalled: @escaping () -> Void
  ) throws(TargetError) {
    guard let registers = tracee.registers else { throw .unknownRegisters(pid) }
    let mask = try SyscallSteps.request("PTRACE_GETSIGMASK", of: pid) { () throws(Errno) in
      try tracee.signalMask()
    }
    let addresses = gadgets.frame(for: registers, of: tracee.tid)
    let frame = addresses.flatMap {
      SignalFrame(in: tracee, registers, mask: mask, $0, gadgets, with: payload)
    }
    let usable = frame == nil ? nil : addresses
    guard let instruction = usable?.callAndReturn ?? gadgets.callInstruction(for: registers, of: tracee.tid)
    else {
      let refusal = gadgets.memory.refusal(of: tracee.tid, at: registers.programCounter)
      throw refusal.map { .system(pid, call: "process_vm_readv(2)", $0) } ?? .noCallInstruction(pid)
    }
    let dispatch = SyscallDispatch(passing: instruction, usable?.trampoline, of: tracee)
    numbers = registers.layout.calls
    savedMask = tracee.savedMask
    vectors = tracee.stateChangedByCalls(of: registers.layout)
    chain = nil
    // rangeclose may leave the tracee only if the frame restores everything. The frame does not restore
    // Syscall User Dispatch.
    let mayBeLeft = frame != nil && dispatch.before == nil
    steps = SyscallSteps(pid: pid, tracee, timeout: timeout, mayBeLeft: mayBeLeft, stalled: stalled)
    (self.registers, self.mask, self.gadgets) = (registers, mask, gadgets)
    (self.instruction, self.frame, self.dispatch) = (instruction, frame, dispatch)
  }

  deinit {
    let tracee = steps.tracee
    steps.sendHeldTrap()
    // rangeclose left the tracee before the call returned. After the return, the frame restores everything.
    if tracee.isLeft { return }
    // If these requests fail, the tracee is gone or it is running. A tracee that is gone needs nothing. A
    // running tracee restores itself with its frame.
    try? tracee.setSignalMask(mask)
    guard (try? tracee.setRegisters(registers.afterCalls)) != nil else { return }
    if isMasked { tracee.noteInjectedCalls() }
    if let vectors { try? tracee.setState(vectors.kind, vectors.bytes) }
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
  /// The result of an interrupted call is `-EINTR`. Throws if the tracee is gone, or if a filter or a fault
  /// caused a signal instead of a result. Also throws if the call did not return in time. The call then goes
  /// on without rangeclose. See `syscall(2)`.
  mutating func call(_ call: SystemCall) throws(TargetError) -> Int {
    var prepared = registers
    prepared.prepare(call, at: instruction)
    frame?.apply(to: &prepared)
    let tracee = steps.tracee
    try SyscallSteps.request("PTRACE_SETREGSET", of: steps.pid) { () throws(Errno) in
      try tracee.setRegisters(prepared)
    }
    try blockSignals()
    do {
      try steps.run(to: .entry)
      let answer = try steps.run(to: .exit)
      // If a seccomp filter decides to kill or to trap, the kernel queues a SIGSYS. It returns the call's
      // number in place of a result, see `syscall_rollback` in kernel/seccomp.c. rangeclose takes the signal
      // here, because the tracee would get it later otherwise.
      if answer == call.number, hasPendingTrap { try steps.run(to: .trap) }
      return restartAnswers.contains(answer) ? interruptedAnswer : answer
    } catch {
      guard case .faulted(let pid, let signal, _) = error else { throw error }
      throw .faulted(pid, signal: signal, mayTryOther: call.number == numbers.closeRange)
    }
  }

  /// Runs calls in the tracee without a stop between them, and returns how many it ran.
  ///
  /// Returns 0 if this is not possible. Throws as `call` does.
  ///
  /// rangeclose does not get the results, so the calls must not fail. The caller has already made one call of
  /// the same kind with success. The tracee must not have a seccomp filter, because a filter could make the
  /// calls fail. A suspended filter is not allowed either. If rangeclose is killed, the kernel applies the
  /// filter again.
  ///
  /// - Parameters:
  ///   - number: the number of the system call.
  ///   - arguments: the first two arguments of each call.
  ///   - third: the third argument of all calls.
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

  /// The address of the payload; nil if it has no place below a frame, or if a chain has overwritten it.
  ///
  /// The payload is written together with the frame, which takes less time than `memory`.
  var payload: UInt64? { chain == nil ? frame?.payload : nil }

  /// Writes bytes to the tracee's memory, so that calls can read or change them; nil if there is no room.
  ///
  /// At the end of its scope, the result restores the memory. That scope must end before the scope of this
  /// value.
  package func memory(_ bytes: [UInt8]) -> RemoteMemory? {
    let top = frame?.address ?? registers.stackPointer &- SignalFrame.redZone
    return RemoteMemory.lay(bytes, below: top, of: steps.tracee, gadgets)
  }

  /// Whether a descriptor is open in the tracee; also true if rangeclose cannot read that.
  package func isOpen(_ number: UInt32) -> Bool { steps.tracee.hasOpen(number) }

  // MARK: - Signals

  private var hasPendingTrap: Bool {
    guard let status = try? steps.tracee.status() else { return true }
    return status.pendingSignals >> UInt64(SIGSYS - 1) & 1 != 0
  }

  /// Blocks signals during the calls.
  ///
  /// Otherwise a handler could run before the call, and make its own calls. rangeclose does not block SIGSYS,
  /// because a filter may cause a SIGSYS for a call. If the kernel forces a blocked signal on a thread, it
  /// resets the signal's handler to the default, see `force_sig_info_to_task` in `kernel/signal.c`. For the
  /// same reason rangeclose unblocks SIGSYS in a tracee that blocks it, as a handler of SIGSYS does. It stays
  /// blocked if one is pending, because that one may be for another thread.
  private mutating func blockSignals() throws(TargetError) {
    if isMasked { return }
    try setBlockedSignals()
    isMasked = true
  }

  private func setBlockedSignals() throws(TargetError) {
    let tracee = steps.tracee, trap = SyscallSteps.trapSignal
    let staysBlocked = mask & trap != 0 && !tracee.hasNonePending(of: trap)
    let blocked = mayTrap && !staysBlocked ? ~trap : .max
    try SyscallSteps.request("PTRACE_SETSIGMASK", of: steps.pid) { () throws(Errno) in
      try tracee.setSignalMask(blocked)
    }
  }

  /// True if no seccomp filter and no Syscall User Dispatch can cause a SIGSYS for a call.
  ///
  /// rangeclose reads the tracee's status only here, when the answer matters. If the result is true,
  /// rangeclose blocks SIGSYS, too.
  private mutating func isUntrapped() throws(TargetError) -> Bool {
    if !mayTrap { return true }
    guard !dispatch.mayTrap, (try? steps.tracee.status())?.seccomp == .disabled else { return false }
    mayTrap = false
    try setBlockedSignals()
    return true
  }
}
