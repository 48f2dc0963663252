import CLinux

/// While it exists, signals to rangeclose wait.
///
/// Nothing that the user types may end rangeclose between a change of a tracee's registers and their return.
struct HeldSignals: ~Copyable {
  /// Blocks every signal that can be blocked.
  init() throws(Errno) {
    try checked(clinux_block_signals())
  }

  deinit {
    clinux_restore_signals()
  }
}
