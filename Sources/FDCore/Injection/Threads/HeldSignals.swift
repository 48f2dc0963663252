import CLinux

/// Signals that wait until a session is over, while this exists: nothing that the user types may end us between
/// a change of a target's registers and their return.
struct HeldSignals: ~Copyable {
  /// Holds back every signal that can be blocked.
  init() throws(Errno) {
    try checked(clinux_block_signals())
  }

  deinit {
    clinux_restore_signals()
  }
}
