/// The calls, counts and times of a session, for its report.
package struct SessionStatistics: Equatable, Sendable {
  /// The call of the last mechanism, such as `close_range(2)`.
  package var call = ""
  /// Why the session did not use the preferred mechanism; nil if it did.
  package var fallback: FallbackReason?
  /// The number of calls that the target ran; a refused call that caused a fallback is not counted.
  package var calls = 0
  /// The decrease of the kernel's count of open descriptors; nil if rangeclose did not read the count.
  package var closed: Int?
  /// The number of threads that were stopped.
  package var threads = 0
  /// Whether rangeclose itself made the calls, on duplicates, and no thread was stopped.
  package var usesDuplicates = false
  /// The storage in bytes that the operation itself freed.
  package var freed: UInt64 = 0
  /// Whether the process first got its own table.
  package var separatedTable = false
  /// The threads in uninterruptible sleep and the workers of io_uring(7), which were not stopped.
  package var sleepers: [TargetError.Sleeper] = []
  /// Calls on closed numbers in which threads were blocked, and which have ended.
  package var endedCalls: [BlockedCall] = []
  /// Threads that did not come back from a call on a closed number.
  package var inClosed: [TargetError.Name] = []
  /// Descriptors that rangeclose opened in the target and could not close.
  package var leftOpen: [LeftOpen] = []
  /// The error that ended the session early; nil if it did everything.
  package var end: TargetError?
  /// The time from the first request to stop until the last thread was detached, in nanoseconds.
  package var nanoseconds: UInt64 = 0

  /// The reason for one call for each descriptor.
  package enum FallbackReason: Equatable, Sendable {
    /// The target made the preferred call, and the kernel or a filter refused it with this error.
    case refused(Errno)
    /// A filter cannot be suspended, and may kill the process for a call that it does not know.
    case filtered
  }

  /// A descriptor that rangeclose opened in the target, and that stays open there.
  package struct LeftOpen: Equatable, Sendable {
    /// The number.
    package let number: UInt32
    /// The error of `close(2)`; nil if the call reported success.
    package let error: Errno?
  }

  /// The statistics of a session that has not done anything.
  package init() {}
}
