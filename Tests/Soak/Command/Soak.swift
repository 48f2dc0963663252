import Glibc
import SoakChecks

/// Runs soak checks for as long as the counts say.
///
///     swift run soak                       lists the checks
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

  /// Blocks SIGPIPE, because a check may write to a target that has exited.
  ///
  /// The threads that run the tests block it, too.
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
