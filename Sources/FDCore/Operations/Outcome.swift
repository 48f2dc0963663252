/// The result of an operation for one descriptor.
package enum Outcome: Hashable, Sendable {
  /// The operation was done.
  case done
  /// The descriptor is closed, although `close(2)` reported the error of an earlier write.
  case doneWithError(Errno)
  /// Done, with something worth knowing.
  case doneNoting(Remark)
  /// Left alone, because the operation cannot serve such a file.
  case unserved(Remark)
  /// The call failed with this error, and the descriptor is unchanged.
  case failed(Errno)
  /// The descriptor lost its file, and this error kept the other file from its place.
  case halfDone(Errno)
  /// Not done, or not known to be done, because the session ended early.
  case notDone
  /// The target itself closed the descriptor between the scan and the stop, or gave its number to another
  /// file.
  case leftAlone
}

extension Outcome {
  /// Whether the operation was done to the descriptor, with or without an error.
  package var isDone: Bool {
    switch self {
    case .done, .doneWithError, .doneNoting: true
    case .failed, .halfDone, .leftAlone, .notDone, .unserved: false
    }
  }

  /// Whether the number does not refer to its old file any more, because of the operation.
  package var dropsFile: Bool { isDone || isHalfDone }

  /// Whether the descriptor lost its file, and got no other.
  package var isHalfDone: Bool {
    if case .halfDone = self { true } else { false }
  }

  /// Whether the operation cannot serve the file.
  package var isUnserved: Bool {
    if case .unserved = self { true } else { false }
  }

  /// The error that the call reported for the descriptor; nil if the call reported no error, or there was no
  /// call.
  package var error: Errno? {
    switch self {
    case .doneWithError(let error), .failed(let error), .halfDone(let error): error
    case .done, .leftAlone, .notDone, .doneNoting, .unserved: nil
    }
  }

  /// The remark on the result; nil if there is none.
  package var remark: Remark? {
    switch self {
    case .doneNoting(let remark), .unserved(let remark): remark
    case .done, .doneWithError, .failed, .halfDone, .leftAlone, .notDone: nil
    }
  }
}
