import Glibc
import TestSupport

extension SoakCheck {
  /// No signal is lost, doubled or out of order, and no state of signals is changed.
  ///
  /// It runs once for each state of SIGTRAP in the target, because debuggers change that state.
  static let signals = SoakCheck(
    "signals", counting: "real-time signals sent to a target with seven threads", short: 6000
  ) { count in
    var result = SoakResult()
    var figures: [String: Int] = [:]
    let traps = ["default", "handled", "ignored", "blocked", "pending"]
    for trap in traps {
      do {
        try hold(trap, signals: max(count / traps.count, 1), &result, &figures)
      } catch {
        result.expect(false, "\(trap): \(error)")
        break
      }
    }
    for (name, count) in figures.sorted(by: { $0.key < $1.key }) { result.note(name, count) }
    return result
  }

  private static func hold(
    _ trap: String, signals count: Int, _ result: inout SoakResult, _ figures: inout [String: Int]
  ) throws {
    let target = try Target(Programs.fixture("signals"), ["\(count)", trap])
    guard try target.hear() == "ready" else { throw Target.Failure(description: "not ready") }
    try holdUntilSent(target, trap, within: count / 500 + 20, &result, &figures)
    target.say("")
    while case let line = try target.hear(within: 60), line != "end" { judge(line, trap, &result, &figures) }
  }

  /// Runs sessions until the target reports that all signals were sent, and a few at least.
  private static func holdUntilSent(
    _ target: Target, _ trap: String, within seconds: Int, _ result: inout SoakResult,
    _ figures: inout [String: Int]
  ) throws {
    let kinds = [["900-"], ["900-", "--method=close"], ["800-899"]]
    let begun = time(nil)
    var held = 0
    var isSent = false
    while !isSent || held < 6 {
      if let fault = try session(with: target, kinds[held % 3]) { result.expect(false, "\(trap): \(fault)") }
      held += 1
      if !isSent, let line = try? target.hear(within: 0.001) {
        result.expect(line == "sent", "\(trap): \(line)")
        isSent = line == "sent"
      }
      // Gives up on a target that takes no signals.
      guard target.isRunning, time(nil) - begun < seconds else {
        throw Target.Failure(description: "ended, or takes no signals any more")
      }
    }
    figures["sessions", default: 0] += held
  }

  private static func judge(
    _ line: String, _ trap: String, _ result: inout SoakResult, _ figures: inout [String: Int]
  ) {
    let words = line.split(separator: " ").map(String.init)
    let hasName = words.first == "stream"
    let pairs = words.dropFirst(hasName ? 2 : 0)
    let counts = stride(from: pairs.startIndex, to: pairs.endIndex - 1, by: 2).map {
      (pairs[$0], Int(pairs[$0 + 1]) ?? -1)
    }
    let report = Dictionary(counts) { first, _ in first }
    for (name, count) in counts { figures[name, default: 0] += count }
    let isSound =
      switch words.first {
      case "stream": report["sent"] == report["received"] && report["disorder"] == 0 && report["sent"] != 0
      case "closed": report["closed"].map { $0 > 64 } == true
      case "children":
        report["children"] == report["chld"] && report["offstack"] == 0 && report["traps"] == 0
          && ["children", "alarms", "ticks", "sums"].allSatisfy { report[$0, default: 0] > 0 }
      default: false
      }
    result.expect(isSound, "\(trap): \(line)")
  }
}
