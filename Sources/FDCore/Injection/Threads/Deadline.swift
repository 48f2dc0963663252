import CLinux

/// A moment of the monotonic clock until which rangeclose waits.
package struct Deadline: Sendable {
  /// The moment in nanoseconds of CLOCK_MONOTONIC, see `clock_gettime(2)`.
  let nanoseconds: UInt64
  private let canBeCutShort: Bool

  /// The moment `milliseconds` from now.
  ///
  /// - Parameter canBeCutShort: whether the user can end the wait with SIGINT or a similar signal. If so, the
  ///   deadline has also passed once such a signal is pending for rangeclose.
  package init(inMilliseconds milliseconds: UInt32, canBeCutShort: Bool = true) {
    nanoseconds = clinux_monotonic_nanoseconds() + UInt64(milliseconds) * 1_000_000
    self.canBeCutShort = canBeCutShort
  }

  /// The current moment.
  static var now: Deadline { Deadline(inMilliseconds: 0, canBeCutShort: false) }

  /// Whether the moment is reached, or the user has ended the wait.
  package var hasPassed: Bool {
    clinux_monotonic_nanoseconds() >= nanoseconds || canBeCutShort && clinux_is_termination_pending()
  }
}
