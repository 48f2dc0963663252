import Glibc
import SoakChecks

/// Holds checks for as long as they are told.
///
///     swift run soak                       what there is to run
///     swift run soak race=10000 signals=100000
@main
struct Soak {
  static func main() {
    let requests = CommandLine.arguments.dropFirst().map(request)
    if requests.isEmpty { return list() }
    guard requests.allSatisfy({ $0 != nil }) else {
      list()
      exit(2)
    }
    blockPipeSignal()
    var isSound = true
    for case let (check, count)? in requests {
      print("\(check.name): \(count) \(check.counted)")
      fflush(nil)
      isSound = hold(check, count) && isSound
    }
    exit(isSound ? 0 : 1)
  }

  /// A check may speak to a target that has died, as it may in the tests, whose threads block this too.
  private static func blockPipeSignal() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  private static func list() {
    print("Usage: soak NAME=COUNT...\n\nThe checks, and what is counted:")
    for check in SoakCheck.all { print("  \(check.name)=\(check.shortCount)  \(check.counted)") }
  }

  private static func request(_ argument: String) -> (SoakCheck, Int)? {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, let count = Int(parts[1]), count > 0,
      let check = SoakCheck.all.first(where: { $0.name == parts[0] })
    else { return nil }
    return (check, count)
  }

  private static func hold(_ check: SoakCheck, _ count: Int) -> Bool {
    let begun = time(nil)
    let result: SoakResult
    do {
      result = try check.run(count)
    } catch {
      print("  FAULT: \(error)")
      return false
    }
    for (name, count) in result.figures { print("  \(name): \(count)") }
    for fault in result.faults { print("  FAULT: \(fault)") }
    print("  \(result.faults.isEmpty ? "holds" : "does NOT hold"), after \(time(nil) - begun) s")
    return result.faults.isEmpty
  }
}
