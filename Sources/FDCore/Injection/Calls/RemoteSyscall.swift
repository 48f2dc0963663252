import CLinux

/// The right to run system calls in a stopped thread, whose state is put back when this ends.
///
/// Between a change of the registers and their return nothing here may trap or leave early: each step
/// that can fail does so by throwing, and `deinit` restores on every path. Should we be killed meanwhile,
/// the thread restores itself, by its signal frame: before the registers are ours it needs none, and the mask
/// is changed after them and put back before.
struct RemoteSyscall: ~Copyable {
  private let registers: RegisterSet
  private let mask: UInt64
  private let temporaryMask: TemporaryMask?
  /// Whether a filter, or the target itself, can have a SIGSYS for a call.
  private var mayTrap: Bool
  private let isDispatched: Bool
  private let site: CallSite
  private let frame: SignalFrame?
  private let code: TargetCode
  private var chain: CallChain?
  /// Where the thread's calls were sent, if that had to be changed meanwhile.
  private let dispatch: clinux_syscall_dispatch?
  private var isMasked = false
  private var steps: SyscallSteps

  /// Where a call is made.
  private struct CallSite {
    let instruction: UInt64
    let stackPointer: UInt64?
    let frameSite: TargetCode.FrameSite?
  }

  /// Takes over a stopped thread.
  ///
  /// - Parameters:
  ///   - registers: what the thread is to go on with.
  ///   - timeout: in milliseconds, when a call that has not come back is interrupted, as a signal would.
  ///   - stalled: called where even that did not bring it back, and the thread cannot restore itself: it is
  ///     then waited for as long as it takes.
  init(
    in pid: Int32, _ caller: Caller, _ registers: RegisterSet, _ code: TargetCode,
    timeout: UInt32, stalled: @escaping () -> Void
  ) throws(TargetError) {
    let tracee = caller.tracee
    let mask = try Self.signalMask(pid, tracee)
    let (site, frame) = try Self.callSite(pid, tracee, registers, mask, code)
    let (dispatch, isDispatched) = Self.passDispatch(tracee, site)
    // The frame does not restore that.
    let mayBeLeft = frame != nil && dispatch == nil
    let steps = SyscallSteps(pid: pid, tracee, timeout: timeout, mayBeLeft: mayBeLeft, stalled: stalled)
    let temporaryMask = tracee.temporaryMask(registers)
    self.registers = registers
    self.mask = mask
    self.temporaryMask = temporaryMask
    self.code = code
    chain = nil
    self.isDispatched = isDispatched
    mayTrap = isDispatched || caller.seccomp != .disabled
    self.site = site
    self.frame = frame
    self.dispatch = dispatch
    self.steps = steps
  }

  private static func signalMask(_ pid: Int32, _ tracee: Tracee) throws(TargetError) -> UInt64 {
    do {
      return try tracee.signalMask()
    } catch {
      throw SyscallSteps.failure(pid, "PTRACE_GETSIGMASK", error)
    }
  }

  /// With a signal frame where there can be one, and else in the plain way.
  private static func callSite(
    _ pid: Int32, _ tracee: Tracee, _ registers: RegisterSet, _ mask: UInt64, _ code: TargetCode
  ) throws(TargetError) -> (CallSite, SignalFrame?) {
    if let site = code.frameSite(for: registers, of: tracee.tid),
      let frame = SignalFrame(in: tracee, registers, mask: mask, trampoline: site.trampoline, code)
    {
      return (CallSite(instruction: site.callAndReturn, stackPointer: frame.address, frameSite: site), frame)
    }
    guard let instruction = code.callInstruction(for: registers, of: tracee.tid) else {
      throw .noCallInstruction(pid)
    }
    return (CallSite(instruction: instruction, stackPointer: nil, frameSite: nil), nil)
  }

  deinit {
    let tracee = steps.tracee
    steps.sendHeldTrap()
    // In the midst of a call that does not come back, it is for the frame to restore everything.
    if steps.isLeft { return }
    // Where these fail the thread is gone, and with it what there was to restore; or it is for the frame.
    try? tracee.setSignalMask(mask)
    guard (try? tracee.setRegisters(registers)) != nil else { return }
    chain?.remove()
    frame?.remove()
    if let dispatch { Self.setDispatch(tracee, dispatch) }
    if let temporaryMask, temporaryMask.hasSignalForOuter(tracee.tid) {
      var again = SyscallSteps(pid: steps.pid, tracee, timeout: steps.timeout)
      again.reenterCall(registers)
    }
  }

  /// Runs a call in the thread, one of those that answer 0 where they succeed, and answers its error if not.
  ///
  /// Throws where the thread is gone, a filter or a fault had a signal in place of an answer, or the call
  /// did not come back and was left to itself.
  mutating func call(_ number: Int, _ first: UInt64, _ second: UInt64, _ third: UInt64) throws(TargetError)
    -> Errno?
  {
    var prepared = registers
    prepared.prepare(SystemCall(number: number, arguments: (first, second, third)), at: site.instruction)
    if let stackPointer = site.stackPointer { prepared.stackPointer = stackPointer }
    do {
      try steps.tracee.setRegisters(prepared)
      try blockSignals()
    } catch {
      throw SyscallSteps.failure(steps.pid, "PTRACE_SETREGSET", error)
    }
    do {
      try steps.run(to: .entry)
      let answer = try steps.run(to: .exit)
      // A filter that kills or traps puts the number back in place of an answer, `syscall_rollback` in
      // kernel/seccomp.c, and has a SIGSYS wait. It is met here, or by the target later.
      if answer == number, hasPendingTrap { try steps.run(to: .trap) }
      return Errno(answer: restartAnswers.contains(answer) ? interruptedAnswer : answer)
    } catch {
      guard case .faulted(let pid, let signal, _) = error else { throw error }
      throw .faulted(pid, signal: signal, mayTryOther: number == registers.layout.calls.closeRange)
    }
  }

  /// Runs calls in the thread one after the other without a stop between them, and answers how many; none
  /// where that cannot be done.
  ///
  /// They must be calls that cannot fail: what each answers is not known. So there is no filter to refuse
  /// them, not even one that is suspended, for it would be back were we killed; and one of them was made by
  /// itself before.
  /// Throws as `call` does.
  mutating func run(
    _ number: Int, with arguments: some Collection<(UInt64, UInt64)>, _ third: UInt64
  ) throws(TargetError) -> Int {
    guard arguments.count >= CallChain.fewest, dispatch == nil, isMasked, let frame, try isUntrapped() else {
      return 0
    }
    if chain == nil {
      let call = SystemCall(number: number, arguments: (0, 0, third))
      chain = CallChain(before: frame, in: steps.tracee, registers, call, count: arguments.count, code)
    }
    guard let chain else { return 0 }
    let calls = arguments.prefix(chain.capacity)
    guard let prepared = chain.lay(calls) else { return 0 }
    do {
      try steps.tracee.setRegisters(prepared)
    } catch {
      throw SyscallSteps.failure(steps.pid, "PTRACE_SETREGSET", error)
    }
    try steps.run(chain)
    return calls.count
  }

  /// Whether the thread has a descriptor open, as far as can be told.
  func isOpen(_ number: UInt32) -> Bool {
    do {
      _ = try ProcessDirectory(steps.tracee.tid).statusOfLink("fd/\(number)")
      return true
    } catch {
      return error != .noSuchFile
    }
  }

  private var hasPendingTrap: Bool {
    guard let status = try? ProcessDirectory(steps.tracee.tid).status() else { return true }
    return status.pendingSignals >> UInt64(SIGSYS - 1) & 1 != 0
  }

  /// Blocks signals, as long as the calls take.
  ///
  /// Else a handler could run before the call, and make calls of its own in its place. Not the one that there
  /// may be for a call, unless the target blocks it: one that is forced while it is blocked loses its
  /// handler for good, see `force_sig_info_to_task` in `kernel/signal.c`.
  private mutating func blockSignals() throws(Errno) {
    if isMasked { return }
    try steps.tracee.setSignalMask(blockedMask)
    isMasked = true
  }

  /// Whether neither a filter nor the target itself can have a SIGSYS for a call: found out where it matters.
  private mutating func isUntrapped() throws(TargetError) -> Bool {
    guard mayTrap, !isDispatched, seccomp == .disabled else { return !mayTrap }
    mayTrap = false
    do {
      try steps.tracee.setSignalMask(blockedMask)
    } catch {
      throw SyscallSteps.failure(steps.pid, "PTRACE_SETSIGMASK", error)
    }
    return true
  }

  private var seccomp: ProcessStatus.SeccompMode {
    (try? ProcessDirectory(steps.tracee.tid).status())?.seccomp ?? .filter
  }

  private var blockedMask: UInt64 { mayTrap ? mask | ~SyscallSteps.trapSignal : .max }

  /// Has the call go to the kernel, where the thread's calls go to a SIGSYS handler of its own, and answers
  /// how it was before, where anything was changed, and whether the call may go there all the same.
  ///
  /// Should we be killed, that stays changed: so no more is than needs to be. Code whose calls always pass is
  /// left alone, and where there is none, what lies between the two instructions that we use is made that.
  /// What could not be set back is not changed.
  private static func passDispatch(
    _ tracee: Tracee, _ site: CallSite
  ) -> (before: clinux_syscall_dispatch?, isDispatched: Bool) {
    // Before Linux 6.4 it cannot be told.
    guard let before = try? tracee.syscallDispatch() else { return (nil, true) }
    if before.mode == 0 { return (nil, false) }
    let second = site.frameSite?.trampoline ?? site.instruction
    let first = min(site.instruction, second), end = max(site.instruction, second) + 16
    // Code that always passes may begin high and end low: PR_SYS_DISPATCH_INCLUSIVE_ON is kept so.
    if first &- before.offset < before.length, end &- before.offset <= before.length { return (nil, false) }
    guard setDispatch(tracee, before) else { return (nil, true) }
    var changed = clinux_syscall_dispatch()
    if site.frameSite != nil, before.length == 0 {
      changed = before
      changed.offset = first
      changed.length = end - first
    }
    return setDispatch(tracee, changed) ? (before, false) : (nil, true)
  }

  @discardableResult
  private static func setDispatch(_ tracee: Tracee, _ dispatch: clinux_syscall_dispatch) -> Bool {
    if (try? tracee.setSyscallDispatch(dispatch)) != nil { return true }
    // The kernel tells of that mode as it keeps it, and wants to be told as prctl(2) is; see
    // `task_set_syscall_user_dispatch` in kernel/entry/syscall_user_dispatch.c.
    var inclusive = dispatch
    inclusive.mode = 2  // PR_SYS_DISPATCH_INCLUSIVE_ON
    inclusive.offset = dispatch.offset &+ dispatch.length
    inclusive.length = 0 &- dispatch.length
    return (try? tracee.setSyscallDispatch(inclusive)) != nil
  }
}
