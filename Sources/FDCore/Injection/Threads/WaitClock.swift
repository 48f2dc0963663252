import CLinux

/// Ends blocking waits of this thread every few milliseconds, as long as it exists.
struct WaitClock: ~Copyable {
  /// The interval in milliseconds.
  ///
  /// An execve(2) of the target may wait for rangeclose as long, if the target has few threads.
  private static let interval: UInt32 = 5

  init() throws(Errno) {
    try checked(clinux_start_clock(Self.interval))
  }

  deinit {
    clinux_stop_clock()
  }
}
