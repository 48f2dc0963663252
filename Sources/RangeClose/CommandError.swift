import FDCore
import FDSelectors

/// An error that ends the work on a process, or the command.
enum CommandError: Error {
  case usage(UsageError)
  case target(TargetError)
  /// Standard output did not take the text.
  case output(Errno)

  var status: ExitStatus {
    switch self {
    case .usage: .usage
    case .target, .output: .couldNot
    }
  }
}

extension CommandError: CustomStringConvertible {
  /// The thing, the reason and the remedy.
  var description: String {
    switch self {
    case .usage(let error): error.description
    case .target(let error): error.description
    case .output(let reason): "standard output: \(reason)"
    }
  }
}
