import CLinux
import Glibc

/// The right to run system calls in a stopped thread, whose state is put back when this ends.
///
/// Between a change of the registers and their return nothing here may trap or leave early: each step
/// that can fail does so by throwing, and `deinit` restores on every path. Should we be killed meanwhile,
/// the thread restores itself, by its signal frame; the order of the steps is such that it can at any time.
struct RemoteSyscall: ~Copyable {
  private let registers: RegisterSet
  private let mask: UInt64
  private let waitsWithOtherMask: Bool
  private let site: CallSite
  private let frame: SignalFrame?
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
  ///   - deadline: when a call that has not come back is interrupted, as a signal would.
  ///   - stalled: called where even that did not bring it back, and the thread cannot restore itself: it is
  ///     then waited for as long as it takes.
  init(
    in pid: Int32, _ caller: Caller, _ registers: RegisterSet, _ code: TargetCode,
    deadline: Deadline, stalled: @escaping () -> Void
  ) throws(TargetError) {
    let tracee = caller.tracee
    let mask = try Self.signalMask(pid, tracee)
    let (site, frame) = try Self.callSite(pid, tracee, registers, mask, code)
    self.registers = registers
    self.mask = mask
    self.site = site
    self.frame = frame
    waitsWithOtherMask = caller.hasTemporaryMask
    dispatch = Self.passDispatch(tracee, site.frameSite)
    steps = SyscallSteps(
      pid: pid, tracee: tracee, deadline: deadline, stalled: stalled, mayBeLeft: frame != nil)
  }

  private static func signalMask(_ pid: Int32, _ tracee: Tracee) throws(TargetError) -> UInt64 {
    do {
      return try tracee.signalMask()
    } catch {
      throw SyscallSteps.failure(pid, "ptrace(PTRACE_GETSIGMASK)", error)
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
    // In the midst of a call that does not come back, it is for the frame to restore everything.
    if steps.isLeft { return }
    let tracee = steps.tracee
    // Where these fail the thread is gone, and with it what there was to restore.
    try? tracee.setSignalMask(mask)
    try? tracee.setRegisters(registers)
    if waitsWithOtherMask {
      var steps = steps
      steps.reenterCall(registers)
    }
    if let dispatch { try? tracee.setSyscallDispatch(dispatch) }
    frame?.remove()
    if steps.held != 0 { clinux_send_signal(steps.pid, tracee.tid, steps.held) }
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
      try steps.run(to: { $0 == .entry ? 0 : nil }, mayGiveUp: true)
      let answer = try steps.run(to: Self.answer, mayGiveUp: false)
      // A filter that kills or traps puts the number back in place of an answer, `syscall_rollback` in
      // kernel/seccomp.c, and has a SIGSYS wait. It is met here, or by the target later.
      if answer == number, hasPendingTrap { try steps.run(to: { _ in nil }, mayGiveUp: false) }
      return Errno(answer: answer)
    } catch let error as TargetError {
      throw error
    } catch {
      throw SyscallSteps.failure(steps.pid, "ptrace(PTRACE_SYSCALL)", error as? Errno ?? .invalid)
    }
  }

  private static func answer(_ stop: Tracee.SyscallStop) -> Int? {
    guard case .exit(let answer) = stop else { return nil }
    return restartAnswers.contains(answer) ? interruptedAnswer : answer
  }

  private var hasPendingTrap: Bool {
    guard let status = try? ProcessDirectory(steps.tracee.tid).status() else { return true }
    return status.pendingSignals >> UInt64(SIGSYS - 1) & 1 != 0
  }

  /// Blocks signals, as long as the calls take.
  ///
  /// Else a handler could run before the call, and make calls of its own in its place. Not those for faults:
  /// one that is forced while it is blocked loses its handler for good, see `force_sig_info_to_task` in
  /// `kernel/signal.c`. What the target has blocked stays so, as one of them may be pending. After the
  /// registers, or a thread that we leave behind would keep the mask.
  private mutating func blockSignals() throws(Errno) {
    if isMasked { return }
    try steps.tracee.setSignalMask(mask | ~SyscallSteps.faultSignals)
    isMasked = true
  }

  /// Has the call go to the kernel, where the thread's calls go to a SIGSYS handler of its own, and answers how
  /// it was before, where anything was changed.
  ///
  /// Should we be killed, that stays changed: so no more is than needs to be. Code whose calls always pass is
  /// left alone, and where there is none, what lies between the two instructions that we use is made that.
  private static func passDispatch(
    _ tracee: Tracee, _ site: TargetCode.FrameSite?
  ) -> clinux_syscall_dispatch? {
    guard let before = try? tracee.syscallDispatch(), before.mode != 0 else { return nil }
    var changed = clinux_syscall_dispatch()
    if let site {
      let first = min(site.callAndReturn, site.trampoline)
      let end = max(site.callAndReturn, site.trampoline) + 16
      if before.offset <= first, end - before.offset <= before.length { return nil }
      if before.length == 0 {
        changed = before
        changed.offset = first
        changed.length = end - first
      }
    }
    return (try? tracee.setSyscallDispatch(changed)) == nil ? nil : before
  }
}
