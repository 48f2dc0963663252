/// The result of an operation for one descriptor.
package enum Outcome: Hashable, Sendable {
  case done
  /// Done, with an error of an earlier write: `close(2)` frees the number all the same.
  case doneWithError(Errno)
  case failed(Errno)
  /// Not done, or not known to be done: the session ended before.
  case notDone
  /// The target itself closed the descriptor between the scan and the stop, or gave its number to another
  /// file.
  case leftAlone
}

extension Outcome {
  package var isDone: Bool {
    switch self {
    case .done, .doneWithError: true
    case .failed, .leftAlone, .notDone: false
    }
  }

  package var error: Errno? {
    switch self {
    case .doneWithError(let error), .failed(let error): error
    case .done, .leftAlone, .notDone: nil
    }
  }
}
