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
  /// The operation on a duplicate, which needs no session; nil if the target itself has to make a call.
  ///
  /// If the kernel gives rangeclose no duplicate, a session runs the mechanisms.
  package var onFile: (any FileOperation)?
  /// Whether the operation frees the number.
  package let freesNumbers: Bool
  /// The path of the file that takes the place of the old one, in the mount namespace of the target; nil if
  /// the operation puts no file there.
  package var replacement: ByteString?
  /// The bytes that calls of the operation read in the memory of the target: the path and a zero.
  var payload: [UInt8] { replacement.map { $0.bytes + [0] } ?? [] }
  /// Whether the number loses its file.
  package var dropsFiles: Bool { freesNumbers || replacement != nil }
  /// Whether the operation marks the number close-on-exec.
  var marksNumbers = false
  /// Whether the file may lose its storage or its content, so that a copy can be made before.
  package var losesContent = false
  /// The words of the operation for messages.
  package let words: Words

  /// Whether a method names one of the mechanisms.
  ///
  /// If not, the operation cannot be done by this method.
  package func allows(_ method: Method) -> Bool { !mechanisms(by: method).isEmpty }

  /// The mechanisms of a method, in the order of preference.
  func mechanisms(by method: Method) -> [any Mechanism] {
    mechanisms.filter { method == .auto || $0.method == method }
  }

  /// The mechanisms to try under a seccomp filter that stays in force, in the order of preference.
  ///
  /// A filter may be older than a call, and kill the process for it. So `auto` leaves out such a call, unless
  /// the operation has no other.
  func mechanismsUnderFilter(by method: Method) -> [any Mechanism] {
    let allowed = mechanisms(by: method)
    let known = allowed.filter { !$0.isNewerThanFilters }
    return method != .auto || known.isEmpty ? allowed : known
  }

  /// The call of the first mechanism to try under a seccomp filter that stays in force; nil if there is none.
  package func callUnderFilter(by method: Method) -> String? {
    mechanismsUnderFilter(by: method).first?.call
  }

  /// The words of an operation for messages.
  package struct Words: Sendable {
    /// The verb for the command, such as `closes`.
    package let does: String
    /// The work as the subject of a sentence, such as `closing`.
    package let doing: String
    /// The word for what was done to a descriptor, such as `closed`.
    package let done: String
    /// The text after the number of descriptors in a sentence, such as ` close-on-exec`.
    package let doneAs: String
    /// The state of a descriptor after a failed operation, such as `still open`.
    package let failed: String
    /// The state of a descriptor after an operation that succeeded, but reported the error of an earlier
    /// write.
    package let doneWithError: String
    /// The object of the operation, such as `socket`.
    package var subject = "descriptor"
    /// The state of a descriptor that lost its file, and got no other.
    package var halfDone = "closed"
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
