import CLinux

/// While it exists, blocking waits of this thread come back every few milliseconds.
struct WaitClock: ~Copyable {
  /// In milliseconds; what an exec of the target waits for us at the most, with few threads.
  private static let interval: UInt32 = 5

  init() throws(Errno) {
    try checked(clinux_start_clock(Self.interval))
  }

  deinit {
    clinux_stop_clock()
  }
}

/// A moment of the monotonic clock until which something is waited for.
package struct Deadline: Sendable {
  /// Of the monotonic clock.
  let nanoseconds: UInt64
  private let canBeCutShort: Bool

  /// The moment `milliseconds` from now.
  ///
  /// - Parameter canBeCutShort: whether it has come, too, when the user does not want to wait for it: SIGINT
  ///   or the like is held back.
  package init(inMilliseconds milliseconds: UInt32, canBeCutShort: Bool = true) {
    nanoseconds = clinux_monotonic_nanoseconds() + UInt64(milliseconds) * 1_000_000
    self.canBeCutShort = canBeCutShort
  }

  /// The moment that is.
  static var now: Deadline { Deadline(inMilliseconds: 0, canBeCutShort: false) }

  /// Whether the moment has come.
  var hasPassed: Bool {
    clinux_monotonic_nanoseconds() >= nanoseconds || canBeCutShort && clinux_is_termination_pending()
  }
}
