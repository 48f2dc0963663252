import TestSupport

extension SoakCheck {
  /// The file behind a number when every thread is stopped decides, not the file at the scan before.
  ///
  /// One thread swaps the files, or each thread creates the next thread and exits, or a process that shares
  /// the table swaps. A task that was not stopped would swap between the second scan and the close.
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
      let report = try target.ask("").split(separator: " ").map(String.init)
      let name = mode.first ?? "loop"
      result.expect(report.count == 6 && report[5] == "0", "\(name): \(report)")
      result.expect(closed > 0 && report[3] != "0", "\(name): nothing was closed: \(report)")
      result.note("\(name): sessions", count / 3)
      for index in stride(from: 0, to: report.count, by: 2) {
        result.note("\(name): \(report[index])", Int(report[index + 1]) ?? -1)
      }
    }
    return result
  }
}
