import CLinux

/// The call that a stopped thread is in.
extension Tracee {
  /// The kind of a syscall-stop.
  enum SyscallStop: Equatable {
    /// The entry to a call.
    case entry
    /// The exit from a call, with its raw result.
    case exit(answer: Int)
    /// Another stop.
    case neither
  }

  /// The kind of the current syscall-stop. `PTRACE_GET_SYSCALL_INFO`, since Linux 5.3
  func syscallStop() throws(Errno) -> SyscallStop {
    var stop = clinux_syscall_stop()
    try checked(unsafe clinux_ptrace_syscall_stop(tid, &stop))
    switch stop.kind {
    case clinux_syscall_stop_entry: return .entry
    case clinux_syscall_stop_exit: return .exit(answer: Int(stop.value))
    default: return .neither
    }
  }

  /// Whether `isMeant` is true for the thread's current call.
  ///
  /// `isMeant` gets the call numbers of the architecture for which the thread made the call, and the number
  /// of the call.
  ///
  /// rangeclose asks the kernel for these numbers only if they matter, because there may be thousands of
  /// threads.
  func isInCall(_ registers: RegisterSet, _ isMeant: (SystemCallNumbers, Int) -> Bool) -> Bool {
    guard let number = registers.currentCall?.number else { return false }
    let mayBe = isMeant(registers.layout.calls, number) || isMeant(RegisterSet.i386.calls, number)
    return mayBe && isMeant(callNumbers(of: registers), number)
  }

  /// The call numbers of the architecture for which the thread makes its calls. `PTRACE_GET_SYSCALL_INFO`
  ///
  /// A 64-bit program can make the calls of 32-bit programs, with `int $0x80`.
  private func callNumbers(of registers: RegisterSet) -> SystemCallNumbers {
    var stop = clinux_syscall_stop()
    let isKnown = unsafe clinux_ptrace_syscall_stop(tid, &stop) >= 0
    return isKnown && stop.architecture == clinux_architecture_i386
      ? RegisterSet.i386.calls : registers.layout.calls
  }
}
