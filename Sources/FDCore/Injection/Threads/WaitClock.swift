import CLinux

/// Interrupts blocking waits of this thread every few milliseconds, as long as this value exists.
struct WaitClock: ~Copyable {
  /// The interval in milliseconds.
  ///
  /// If the target has few threads, its execve(2) may wait for rangeclose this long.
  private static let interval: UInt32 = 5

  init() throws(Errno) {
    try checked(clinux_start_clock(Self.interval))
  }

  deinit {
    clinux_stop_clock()
  }
}
