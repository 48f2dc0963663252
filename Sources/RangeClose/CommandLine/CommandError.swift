import FDCore
import FDSelectors

/// An error that ends the work on a process, or the command.
enum CommandError: Error {
  /// The command line or a selector is wrong.
  case usage(UsageError)
  /// A session could not work on the process, whose name may be known.
  case target(TargetError, ProcessName?)
  /// A safeguard refused the work, for this reason.
  case refused(String)
  /// A write to standard output failed with this error.
  case output(Errno)

  /// The process that the error concerns, if its name is known.
  var process: ProcessName? {
    if case .target(_, let name) = self { name } else { nil }
  }

  var status: ExitStatus {
    switch self {
    case .usage: .usage
    case .target, .refused: .couldNot
    case .output: .outputFailed
    }
  }
}

extension CommandError: CustomStringConvertible {
  /// The thing, the reason and the remedy, for a message that begins with `rangeclose: `.
  var description: String {
    switch self {
    case .usage(let error): error.description
    case .target(let error, let name): error.description(naming: name)
    case .refused(let reason): reason
    case .output(let reason): "standard output: \(reason)"
    }
  }
}
