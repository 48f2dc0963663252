import CLinux

/// The right to run system calls in a stopped tracee, whose state is put back when this goes out of scope.
///
/// Between a change of the registers and their return nothing here may trap or leave early. Each step that
/// can fail throws, and `deinit` restores on every path. If rangeclose is killed meanwhile, the tracee
/// restores itself by its signal frame. The mask is changed after the registers and put back before them, so
/// the frame covers it.
package struct RemoteSyscall: ~Copyable {
  /// The numbers of the tracee's system calls.
  package let numbers: SystemCallNumbers
  private let registers: RegisterSet
  private let mask: UInt64
  private let savedMask: SavedMask?
  /// Whether a filter, or the tracee's own dispatch, may cause a SIGSYS for a call.
  private var mayTrap = true
  private let instruction: UInt64
  private let frame: SignalFrame?
  private let gadgets: Gadgets
  private var chain: ROPChain?
  private let dispatch: SyscallDispatch
  private var isMasked = false
  private var steps: SyscallSteps

  /// Takes over a stopped tracee.
  ///
  /// - Parameters:
  ///   - timeout: when a call that has not come back is interrupted as a signal would, in milliseconds.
  ///   - stalled: called if even that did not bring it back, and the tracee cannot restore itself. rangeclose
  ///     then waits for the call as long as it takes.
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
      throw .noCallInstruction(pid)
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
    // In the midst of a call that does not come back, the frame restores everything.
    if steps.isLeft { return }
    // If these fail, the tracee is gone, and with it everything there was to restore; or the frame restores
    // it.
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
  /// A call that was interrupted returns `-EINTR`. Throws if the tracee is gone, a filter or a fault caused a
  /// signal in place of a result, or the call did not come back and was left to itself.
  package mutating func call(
    _ number: Int, _ first: UInt64 = 0, _ second: UInt64 = 0, _ third: UInt64 = 0, _ fourth: UInt64 = 0,
    _ fifth: UInt64 = 0, _ sixth: UInt64 = 0
  ) throws(TargetError) -> Int {
    var prepared = registers
    prepared.prepare(SystemCall(number, first, second, third, fourth, fifth, sixth), at: instruction)
    if let frame { prepared.stackPointer = frame.address }
    let tracee = steps.tracee
    try SyscallSteps.request("PTRACE_SETREGSET", of: steps.pid) { () throws(Errno) in
      try tracee.setRegisters(prepared)
    }
    try blockSignals()
    do {
      try steps.run(to: .entry)
      let answer = try steps.run(to: .exit)
      // A filter that kills or traps puts the number back in place of a result, `syscall_rollback` in
      // kernel/seccomp.c, and queues a SIGSYS. The signal is met here, or by the tracee later.
      if answer == number, hasPendingTrap { try steps.run(to: .trap) }
      return restartAnswers.contains(answer) ? interruptedAnswer : answer
    } catch {
      guard case .faulted(let pid, let signal, _) = error else { throw error }
      throw .faulted(pid, signal: signal, mayTryOther: number == numbers.closeRange)
    }
  }

  /// Runs calls in the tracee one after the other without a stop between them, and returns how many; 0 if
  /// that cannot be done.
  ///
  /// The calls must be such that cannot fail: their results are not known. So no filter may refuse them, not
  /// even one that is suspended, for it would be back if rangeclose were killed. And one of them was made by
  /// itself before. Throws as `call` does.
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

  /// Lays bytes into the tracee's memory for calls to read or write; nil if there is no room for them.
  ///
  /// They are gone when the result goes out of scope, which has to be before this does.
  package func memory(_ bytes: [UInt8]) -> RemoteMemory? {
    let top = frame?.address ?? registers.stackPointer &- SignalFrame.redZone
    return RemoteMemory.lay(bytes, below: top, of: steps.tracee, gadgets)
  }

  /// Whether the tracee has a descriptor open; true also if that cannot be read.
  package func isOpen(_ number: UInt32) -> Bool { steps.tracee.hasOpen(number) }

  // MARK: - Signals

  private var hasPendingTrap: Bool {
    guard let status = try? steps.tracee.status() else { return true }
    return status.pendingSignals >> UInt64(SIGSYS - 1) & 1 != 0
  }

  /// Blocks signals, as long as the calls take.
  ///
  /// Otherwise a handler could run before the call, and make calls of its own in its place. The SIGSYS that
  /// there may be for a call is not blocked, unless the tracee blocks it: a signal that is forced while it is
  /// blocked loses its handler for good, see `force_sig_info_to_task` in `kernel/signal.c`.
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
  /// It is found out when it matters.
  private mutating func isUntrapped() throws(TargetError) -> Bool {
    if !mayTrap { return true }
    guard !dispatch.mayTrap, (try? steps.tracee.status())?.seccomp == .disabled else { return false }
    mayTrap = false
    try setBlockedSignals()
    return true
  }
}
