/// An operation that rangeclose does to each picked descriptor.
///
/// Each operation is a value in its own file: the types to which it applies, its mechanisms, and its words.
package struct Operation: Sendable {
  /// The types of descriptor to which it applies.
  package let types: TypeSet
  /// The ways to do it, in the order of preference.
  ///
  /// If the kernel or a filter refuses a mechanism, rangeclose uses the next.
  package let mechanisms: [any Mechanism]
  /// Whether the operation frees the number.
  package let freesNumbers: Bool
  /// The words of the operation for messages.
  package let words: Words

  /// The words of an operation for messages.
  package struct Words: Sendable {
    /// The word for what was done to a descriptor, such as `closed`.
    package let done: String
    /// The text after the number of descriptors in a sentence, such as ` close-on-exec`.
    package let doneAs: String
    /// The state of a descriptor after a failed operation, such as `it is still open`.
    package let failed: String
    /// The state of a descriptor after an operation that succeeded, but reported the error of an earlier
    /// write.
    package let doneWithError: String
  }
}

/// The mechanism that the user asks for with `--method`.
package enum Method: String, CaseIterable, Sendable {
  /// The first mechanism that the target can run.
  case auto
  /// Only `close_range(2)`.
  case closeRange = "close_range"
  /// One call for each descriptor, which reports the descriptor's own error: `close(2)`, or `fcntl(2)` to
  /// mark it.
  case close
}
