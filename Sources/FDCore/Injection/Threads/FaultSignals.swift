import CLinux

/// The signals that the kernel forces on a thread for the thread's own fault.
enum FaultSignals {
  /// All of them; signal 1 is bit 0.
  static let all = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS].reduce(0 as UInt64) {
    $0 | 1 << UInt64($1 - 1)
  }

  /// Whether a signal with this si_code is the consequence of a fault or of a refused call; see
  /// `sigaction(2)`.
  ///
  /// The code alone does not decide: the kernel also uses codes above 0 for signals that are no faults.
  /// SIGSTOP has the code POLL_IN if a descriptor has it as its signal for input (F_SETSIG in `fcntl(2)`),
  /// and SI_KERNEL if a BPF program sends it. For a fault signal, such a sender gets the code SI_SIGIO, which
  /// is below 0; see `send_sigio_to_task` in `fs/fcntl.c`.
  static func isForced(_ signal: Int32, code: Int32) -> Bool {
    signal > 0 && all >> UInt64(signal - 1) & 1 != 0 && code > 0
  }
}
