/// The result of an operation for one descriptor.
package enum Outcome: Hashable, Sendable {
  /// The descriptor is closed or marked.
  case done
  /// The descriptor is closed, although `close(2)` reported the error of an earlier write.
  case doneWithError(Errno)
  /// The call failed with this error, and the descriptor is unchanged.
  case failed(Errno)
  /// Not done, or not known to be done, because the session ended early.
  case notDone
  /// The target itself closed the descriptor between the scan and the stop, or gave its number to another
  /// file.
  case leftAlone
}

extension Outcome {
  /// Whether the descriptor is closed or marked, with or without an error.
  package var isDone: Bool {
    switch self {
    case .done, .doneWithError: true
    case .failed, .leftAlone, .notDone: false
    }
  }

  /// The error that the call reported for the descriptor; nil if the call reported no error, or there was no
  /// call.
  package var error: Errno? {
    switch self {
    case .doneWithError(let error), .failed(let error): error
    case .done, .leftAlone, .notDone: nil
    }
  }
}
