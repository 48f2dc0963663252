import CLinux

/// The call that a stopped thread is in.
extension Tracee {
  /// What a syscall-stop is.
  enum SyscallStop: Equatable {
    case entry
    case exit(answer: Int)
    case neither
  }

  /// Tells an entry from an exit. `PTRACE_GET_SYSCALL_INFO`, since Linux 5.3
  func syscallStop() throws(Errno) -> SyscallStop {
    var stop = clinux_syscall_stop()
    try checked(unsafe clinux_ptrace_syscall_stop(tid, &stop))
    switch stop.kind {
    case clinux_syscall_stop_entry: return .entry
    case clinux_syscall_stop_exit: return .exit(answer: Int(stop.value))
    default: return .neither
    }
  }

  /// Whether the thread's call is one of those meant, by whichever numbers it made it.
  ///
  /// The kernel is asked by which only if that matters: there may be thousands of threads.
  func isInCall(_ registers: RegisterSet, _ isMeant: (SystemCallNumbers, Int) -> Bool) -> Bool {
    guard let number = registers.currentCall?.number else { return false }
    let mayBe = isMeant(registers.layout.calls, number) || isMeant(RegisterSet.i386.calls, number)
    return mayBe && isMeant(callNumbers(of: registers), number)
  }

  /// The numbers by which the thread makes its calls. `PTRACE_GET_SYSCALL_INFO`
  ///
  /// A program of 64 bits can make the calls of 32 bits, by `int $0x80`.
  private func callNumbers(of registers: RegisterSet) -> SystemCallNumbers {
    var stop = clinux_syscall_stop()
    let isKnown = unsafe clinux_ptrace_syscall_stop(tid, &stop) >= 0
    return isKnown && stop.architecture == clinux_architecture_i386
      ? RegisterSet.i386.calls : registers.layout.calls
  }
}
