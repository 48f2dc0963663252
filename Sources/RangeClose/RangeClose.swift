import CLinux
import FDCore
import FDSelectors

/// The command: the steps from the arguments to the exit status.
@main
struct RangeClose {
  static let version = "0.1.0"

  static func main() {
    Output.prepare()
    do throws(CommandError) {
      switch try mapError(CommandError.usage, Invocation.parse) {
      case .help: try Output.print(Option.usage)
      case .version: try Output.print("rangeclose \(version)\n")
      case .columns: try Output.print(Column.list)
      case .document(let document): try Output.print(document.text)
      case .work(let invocation):
        let selector = try mapError({ CommandError.usage(.selector($0)) }) { () throws(SelectorError) in
          try invocation.selector.resolved()
        }
        Hints.warnOfComplements(in: invocation)
        Hints.warnOfExceptions(in: invocation)
        Hints.warnOfSize(in: invocation)
        Hints.warnOfReversal(in: invocation)
        Hints.warnOfEnds(in: invocation)
        Hints.warnOfProcesses(in: invocation)
        Run(invocation, selector).finish()
      }
    } catch {
      Output.complain(error.description)
      if case .usage(let usage) = error { usage.complainOfRedirection() }
      exit(error.status.rawValue)
    }
  }
}
