/// What rangeclose does to each picked descriptor, as a value.
///
/// Each operation is one value in one file: the types it applies to, its mechanisms, and its words.
package struct Operation: Sendable {
  /// The types of descriptor that it applies to.
  package let types: TypeSet
  /// The ways to do it, in order of preference.
  ///
  /// If the kernel or a filter refuses one, the next is used.
  package let mechanisms: [any Mechanism]
  /// Whether the number is free afterwards.
  package let freesNumbers: Bool
  package let words: Words

  /// How messages speak of an operation.
  package struct Words: Sendable {
    /// What was done to a descriptor, such as `closed`.
    package let done: String
    /// What follows the number of descriptors in a sentence, such as ` close-on-exec`.
    package let doneAs: String
    /// The state of a descriptor for which the operation failed, such as `it is still open`.
    package let failed: String
    /// The state of a descriptor for which it succeeded with an error of an earlier write.
    package let doneWithError: String
  }
}

/// Which mechanism of an operation the user asks for, `--method`.
package enum Method: String, CaseIterable, Sendable {
  /// The first that the target can run.
  case auto
  /// `close_range(2)` alone.
  case closeRange = "close_range"
  /// A call for each descriptor, with each one's own error: `close(2)`, or `fcntl(2)` to mark it.
  case close
}
