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
    mask = try Self.blockSignals(pid, tracee)
  }

  deinit {
    // Where these fail the thread is gone, and with it what there was to restore.
    try? tracee.setRegisters(registers)
    try? tracee.setSignalMask(mask)
  }

  /// Runs a call in the thread and answers its value, or a negated error number.
  func call(_ number: Int, _ first: UInt64, _ second: UInt64, _ third: UInt64) throws(TargetError) -> Int {
    var prepared = registers
    prepared.prepare(SystemCall(number: number, arguments: (first, second, third)), at: instruction)
    do {
      try tracee.setRegisters(prepared)
      try run(to: { $0 == .entry ? 0 : nil }, mayGiveUp: true)
      return try run(
        to: { stop in
          guard case .exit(let answer) = stop else { return nil }
          return answer
        }, mayGiveUp: false)
    } catch let error as TargetError {
      throw error
    } catch {
      throw Self.failure(pid, "ptrace(PTRACE_SYSCALL)", error as? Errno ?? .invalid)
    }
  }

  /// Lets the thread go on until `wanted` finds its syscall-stop in what is reported.
  ///
  /// Other stops come between: a group-stopped thread reports its group-stop once more, and runs nothing,
  /// before it runs; SIGSTOP cannot be blocked, and is delivered for the thread to be found stopped later.
  @discardableResult
  private func run(to wanted: (Tracee.SyscallStop) -> Int?, mayGiveUp: Bool) throws -> Int {
    var deliver: Int32 = 0
    while true {
      try tracee.resumeToSyscallStop(with: deliver)
      deliver = 0
      switch try wait(mayGiveUp: mayGiveUp) {
      case .gone:
        throw TargetError.exited(pid)
      case .syscallStop:
        if let answer = wanted(try tracee.syscallStop()) { return answer }
      case .signalDelivery(let signal) where [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGSYS].contains(signal):
        // Ours, not the target's: a fault at the injected instruction, or a filter's trap.
        throw TargetError.faulted(pid, signal: signal)
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

  /// Blocks every signal, and answers what was blocked before.
  ///
  /// Else a handler could run before the call, and make calls of its own in its place.
  private static func blockSignals(_ pid: Int32, _ tracee: Tracee) throws(TargetError) -> UInt64 {
    do {
      let mask = try tracee.signalMask()
      try tracee.setSignalMask(.max)
      return mask
    } catch {
      throw failure(pid, "ptrace(PTRACE_SETSIGMASK)", error)
    }
  }

  private static func failure(_ pid: Int32, _ call: String, _ error: Errno) -> TargetError {
    error == .noSuchProcess ? .exited(pid) : .system(pid, call: call, error)
  }
}
