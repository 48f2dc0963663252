/// What a session did, in numbers.
package struct SessionStatistics: Equatable, Sendable {
  /// The call that was made in the end, such as `close_range(2)`.
  package var call = ""
  /// Why an earlier mechanism was not used though the user wanted it.
  package var fallback: FallbackReason?
  /// How many calls the target ran, without one that was refused and caused a fallback.
  package var calls = 0
  /// How many descriptors fewer there were afterwards; nil if the kernel was not asked.
  package var closed: Int?
  /// How many threads were stopped.
  package var threads = 0
  /// Whether the process was given a table of its own first.
  package var separatedTable = false
  /// Threads in uninterruptible sleep, which were not stopped.
  package var sleepers: [TargetError.Sleeper] = []
  /// The error that ended the session before everything was done.
  package var end: TargetError?
  /// From the first request to stop until the last thread was detached, in nanoseconds.
  package var nanoseconds: UInt64 = 0

  /// Why a target makes a call for each descriptor.
  package enum FallbackReason: Equatable, Sendable {
    /// The target ran the call, and it was refused.
    case refused(Errno)
    /// A filter that may kill for a call that it does not know cannot be suspended.
    case filtered
  }

  package init() {}
}
