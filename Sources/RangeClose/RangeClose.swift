import CLinux
import FDCore
import FDSelectors

/// The command: from the arguments to the exit status, one step after the other.
@main
struct RangeClose {
  static let version = "0.1.0"

  static func main() {
    Output.prepare()
    let conclusion = conclusion()
    // The reader of standard output may be slow, and tracees that could not be detached wait for this
    // thread's end.
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

/// What is printed in the end, when every process goes on.
private enum Conclusion {
  case text(String)
  case processes([ProcessWork.Conclusion])
  case failed(CommandError)

  /// Prints it, and returns the exit status.
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
