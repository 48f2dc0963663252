import TestSupport

extension SoakCheck {
  /// Whatever lies behind a number when every thread is stopped decides, not what did at the look.
  ///
  /// Neither where one thread swaps, nor where each makes the next and exits, nor where it is another process
  /// with the same table: what was not stopped would swap between the second look and the close.
  static let race = SoakCheck(
    "race", counting: "sessions with a target that swaps what lies behind a number", short: 300
  ) { count in
    var result = SoakResult()
    for mode in [[], ["chain"], ["shared"]] {
      let scratch = Scratch()
      let target = try Target(Programs.fixture("swapped-descriptor"), [scratch.path] + mode)
      let kept = Int(try target.hear().split(separator: " ")[1]) ?? 100
      var closed = 0
      for _ in 0..<count / 3 {
        let run = try rangeclose("\(target.pid)", "0-\(kept - 1)", "--deleted")
        result.expect([0, 1].contains(run.status), "\(mode): \(run.errors)")
        closed += run.status == 0 ? 1 : 0
      }
      let told = try target.ask("").split(separator: " ").map(String.init)
      let name = mode.first ?? "loop"
      result.expect(told.count == 6 && told[5] == "0", "\(name): \(told)")
      result.expect(closed > 0 && told[3] != "0", "\(name): nothing was closed: \(told)")
      result.note("\(name): sessions", count / 3)
      for index in stride(from: 0, to: told.count, by: 2) {
        result.note("\(name): \(told[index])", Int(told[index + 1]) ?? -1)
      }
    }
    return result
  }
}
