import CLinux
import FDCore
import FDSelectors

/// The command: the steps from the arguments to the exit status.
@main
struct RangeClose {
  static let version = "0.1.0"

  static func main() {
    Output.prepare()
    let conclusion = conclusion()
    // The reader of standard output may be slow, and tracees that could not be detached wait until this
    // thread ends.
    TracerThread.leave { exit(conclusion.print().rawValue) }
  }

  private static func conclusion() -> Conclusion {
    do {
      switch try mapError(CommandError.usage, Invocation.parse) {
      case .help: return .text(Option.usage)
      case .version: return .text("rangeclose \(version)\n")
      case .work(let invocation):
        let selector = try mapError({ CommandError.usage(.selector($0)) }) { () throws(SelectorError) in
          try invocation.selector.resolved()
        }
        return .processes(invocation.processes.map { ProcessWork(invocation, selector, on: $0).conclusion() })
      }
    } catch {
      return .failed(error)
    }
  }
}

/// The result of the command, which is printed after every process is resumed.
private enum Conclusion {
  /// The text of `--help` or `--version`.
  case text(String)
  /// The results for the processes, in the order of the command line.
  case processes([ProcessWork.Conclusion])
  /// The error that ended the command.
  case failed(CommandError)

  /// Prints the result, and returns the exit status.
  func print() -> ExitStatus {
    do throws(CommandError) {
      switch self {
      case .text(let text):
        try Output.print(text)
        return .done
      case .processes(let conclusions):
        var statuses: [ExitStatus] = []
        for conclusion in conclusions { statuses.append(try conclusion.print()) }
        return ExitStatus(combining: statuses)
      case .failed(let error): throw error
      }
    } catch {
      Output.complain(error.description)
      return error.status
    }
  }
}
