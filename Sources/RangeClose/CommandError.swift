import FDCore
import FDSelectors

/// What ends the command early.
enum CommandError: Error {
  case usage(UsageError)
  case target(TargetError)
  /// Standard output did not take what was to be told.
  case output(Errno)

  /// Runs a step, whose error is thrown as one of the command's.
  static func rethrow<Value, StepError>(
    _ wrapped: (StepError) -> CommandError, _ step: () throws(StepError) -> Value
  ) throws(CommandError) -> Value {
    do {
      return try step()
    } catch {
      throw wrapped(error)
    }
  }

  var status: ExitStatus {
    switch self {
    case .usage: .usage
    case .target, .output: .couldNot
    }
  }
}

extension CommandError: CustomStringConvertible {
  /// Where it was met, why, and what to do.
  var description: String {
    switch self {
    case .usage(let error): error.description
    case .target(let error): error.description
    case .output(let reason): "standard output: \(reason)"
    }
  }
}
