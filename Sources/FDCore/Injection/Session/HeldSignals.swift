import CLinux

/// Blocks the signals to rangeclose as long as this value exists.
///
/// A signal such as SIGINT must not end rangeclose while a tracee has changed registers.
struct HeldSignals: ~Copyable {
  /// Blocks every signal that can be blocked.
  init() throws(Errno) {
    try checked(clinux_block_signals())
  }

  deinit {
    clinux_restore_signals()
  }
}
