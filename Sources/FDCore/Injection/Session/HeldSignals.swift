import CLinux

/// Blocks the signals to rangeclose as long as this value exists.
///
/// A signal such as SIGINT must not end rangeclose while a tracee has changed registers. One value may be
/// made while another one exists, and restores the mask that it found.
struct HeldSignals: ~Copyable {
  private var before = clinux_signal_mask()

  /// Blocks every signal that can be blocked.
  init() throws(Errno) {
    try checked(unsafe clinux_block_signals(&before))
  }

  deinit {
    unsafe withUnsafePointer(to: before) { _ = unsafe clinux_restore_signals($0) }
  }
}
