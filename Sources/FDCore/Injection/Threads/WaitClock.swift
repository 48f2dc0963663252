import CLinux

/// While it exists, blocking waits of this thread end every few milliseconds.
struct WaitClock: ~Copyable {
  /// The interval in milliseconds: an exec of the target waits for rangeclose as long, if it has few threads.
  private static let interval: UInt32 = 5

  init() throws(Errno) {
    try checked(clinux_start_clock(Self.interval))
  }

  deinit {
    clinux_stop_clock()
  }
}
