import CLinux

/// A moment of the monotonic clock until which rangeclose waits for something.
package struct Deadline: Sendable {
  /// The moment on the monotonic clock.
  let nanoseconds: UInt64
  private let canBeCutShort: Bool

  /// The moment `milliseconds` from now.
  ///
  /// - Parameter canBeCutShort: whether the deadline has also passed once the user does not want to wait:
  ///   SIGINT or a similar signal is held back.
  package init(inMilliseconds milliseconds: UInt32, canBeCutShort: Bool = true) {
    nanoseconds = clinux_monotonic_nanoseconds() + UInt64(milliseconds) * 1_000_000
    self.canBeCutShort = canBeCutShort
  }

  /// This moment.
  static var now: Deadline { Deadline(inMilliseconds: 0, canBeCutShort: false) }

  /// Whether the moment has come.
  var hasPassed: Bool {
    clinux_monotonic_nanoseconds() >= nanoseconds || canBeCutShort && clinux_is_termination_pending()
  }
}
