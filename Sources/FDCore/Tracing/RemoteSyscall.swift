import CLinux
import Glibc

/// The right to run system calls in a stopped thread, whose state is put back when this ends.
///
/// Between a change of the registers and their return nothing here may trap or leave early: each step
/// that can fail does so by throwing, and `deinit` restores on every path.
struct RemoteSyscall: ~Copyable {
  private let pid: Int32
  private let tracee: Tracee
  private let registers: RegisterSet
  private let mask: UInt64
  /// Where the thread's calls were sent, if to itself; off meanwhile.
  private let dispatch: clinux_syscall_dispatch?
  /// A signal that somebody sent and that could not be blocked.
  private var held: Int32 = 0
  private let instruction: UInt64
  private let deadline: Deadline
  private let stalled: () -> Void

  /// Takes over a stopped thread.
  ///
  /// - Parameters:
  ///   - instruction: the address of an instruction that enters the kernel.
  ///   - deadline: when a call that has not come back is interrupted, as a signal would.
  ///   - stalled: called where even that did not bring it back. The thread is then waited for as long as
  ///     it takes: to leave it would be to leave it with our registers.
  init(
    in pid: Int32, _ tracee: Tracee, _ registers: RegisterSet, instruction: UInt64,
    deadline: Deadline, stalled: @escaping () -> Void
  ) throws(TargetError) {
    self.pid = pid
    self.tracee = tracee
    self.registers = registers
    self.instruction = instruction
    self.deadline = deadline
    self.stalled = stalled
    dispatch = Self.suspendDispatch(tracee)
    mask = try Self.blockSignals(pid, tracee)
  }

  deinit {
    // Where these fail the thread is gone, and with it what there was to restore.
    try? tracee.setRegisters(registers)
    try? tracee.setSignalMask(mask)
    if let dispatch { try? tracee.setSyscallDispatch(dispatch) }
    if held != 0 { clinux_send_signal(pid, tracee.tid, held) }
  }

  /// Runs a call in the thread, one of those that answer 0 where they succeed, and answers its error if not.
  ///
  /// Throws where the thread is gone, or a filter or a
  /// fault had a signal in place of an answer.
  mutating func call(_ number: Int, _ first: UInt64, _ second: UInt64, _ third: UInt64) throws(TargetError)
    -> Errno?
  {
    var prepared = registers
    prepared.prepare(SystemCall(number: number, arguments: (first, second, third)), at: instruction)
    do {
      try tracee.setRegisters(prepared)
      try run(to: { $0 == .entry ? 0 : nil }, mayGiveUp: true)
      let answer = try run(to: Self.answer, mayGiveUp: false)
      // A filter that kills or traps puts the number back in place of an answer, `syscall_rollback` in
      // kernel/seccomp.c, and has a SIGSYS wait. It is met here, or by the target later.
      if answer == number, hasPendingTrap { try run(to: { _ in nil }, mayGiveUp: false) }
      return Errno(answer: answer)
    } catch let error as TargetError {
      throw error
    } catch {
      throw Self.failure(pid, "ptrace(PTRACE_SYSCALL)", error as? Errno ?? .invalid)
    }
  }

  private static func answer(_ stop: Tracee.SyscallStop) -> Int? {
    guard case .exit(let answer) = stop else { return nil }
    // -512 and on, ERESTARTSYS and its kin: the call gave up, and the kernel would have hidden it.
    return (-516 ... -512).contains(answer) ? interruptedAnswer : answer
  }

  private var hasPendingTrap: Bool {
    guard let status = try? ProcessDirectory(tracee.tid).status() else { return true }
    return status.pendingSignals >> UInt64(SIGSYS - 1) & 1 != 0
  }

  /// Lets the thread go on until `wanted` finds its syscall-stop in what is reported.
  ///
  /// Other stops come between: a group-stopped thread reports its group-stop once more, and runs nothing,
  /// before it runs; SIGSTOP cannot be blocked, and is delivered for the thread to be found stopped later.
  @discardableResult
  private mutating func run(to wanted: (Tracee.SyscallStop) -> Int?, mayGiveUp: Bool) throws -> Int {
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

  private func wait(mayGiveUp: Bool) throws -> WaitStatus {
    if let status = tracee.wait(until: deadline) { return status }
    // close(2) can take its time (SO_LINGER, a file server that must be told): ask it to come back.
    try tracee.interrupt()
    if let status = tracee.wait(until: Deadline(inMilliseconds: 1000)) {
      // It stopped without having begun: a frozen cgroup holds it before its next instruction.
      if mayGiveUp, case .eventStop = status { throw TargetError.didNotRun(pid) }
      return status
    }
    stalled()
    return tracee.wait(until: nil) ?? .gone
  }

  /// The signals that the kernel forces on a thread for what it does.
  private static let faults = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS]

  /// Blocks signals, and answers what was blocked before.
  ///
  /// Else a handler could run before the call, and make calls of its own in its place. Not those for faults:
  /// one that is forced while it is blocked loses its handler for good, see `force_sig_info_to_task` in
  /// `kernel/signal.c`. What the target has blocked stays so, as one of them may be pending.
  private static func blockSignals(_ pid: Int32, _ tracee: Tracee) throws(TargetError) -> UInt64 {
    do {
      let mask = try tracee.signalMask()
      let forced = faults.reduce(0 as UInt64) { $0 | 1 << UInt64($1 - 1) }
      try tracee.setSignalMask(mask | ~forced)
      return mask
    } catch {
      throw failure(pid, "ptrace(PTRACE_SETSIGMASK)", error)
    }
  }

  /// Has the thread's calls go to the kernel, where they go to a SIGSYS handler of its own.
  private static func suspendDispatch(_ tracee: Tracee) -> clinux_syscall_dispatch? {
    guard let dispatch = try? tracee.syscallDispatch(), dispatch.mode != 0 else { return nil }
    let isOff = (try? tracee.setSyscallDispatch(clinux_syscall_dispatch())) != nil
    return isOff ? dispatch : nil
  }

  private static func failure(_ pid: Int32, _ call: String, _ error: Errno) -> TargetError {
    error == .noSuchProcess ? .exited(pid) : .system(pid, call: call, error)
  }
}
