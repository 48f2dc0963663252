/// A call in which a thread was blocked, on a descriptor that the session closed.
package struct BlockedCall: Equatable, Sendable {
  /// The ID and the name of the thread.
  package let thread: TargetError.Name
  /// The number of the descriptor.
  package let number: UInt32
}
