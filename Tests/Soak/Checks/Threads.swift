import TestSupport

extension SoakCheck {
  /// Threads that start and exit during a session do what they would without it, and none stays stopped.
  ///
  /// The session closes the selected descriptors, whichever thread is its calling thread.
  static let threads = SoakCheck(
    "threads", counting: "sessions with a target whose threads start and exit all the time", short: 60
  ) { count in
    var result = SoakResult()
    for mode in ["live-leader", "exited-leader"] { try hold(mode, count / 2, &result) }
    return result
  }

  private static let poolSize = 200

  private static func hold(_ mode: String, _ count: Int, _ result: inout SoakResult) throws {
    let target = try Target(Programs.fixture("threads"), [mode])
    result.expect(try target.hear() == "ready", "\(mode): did not start")
    let kept = (100..<110).map { "\($0) " }.joined()
    var stops = 0
    for turn in 0..<count {
      try target.order("open")
      // With both methods the calling thread may have started a moment ago.
      let method = turn % 2 == 0 ? "auto" : "close"
      let run = try rangeclose("-v", "\(target.pid)", "900-907,909", "--method", method)
      result.expect(run.status == 0 && run.output.contains("closed 9 descriptors"), "\(mode): \(run)")
      let stopped = stoppedThreads(of: target.pid)
      result.expect(stopped.isEmpty, "\(mode): left stopped: \(stopped)")
      let table = try target.ask("table")
      result.expect(table == kept + "908 ", "\(mode): open: \(table)")
      stops += threadsStopped(run.output)
    }
    result.note("\(mode): sessions", count)
    result.note("\(mode): stops", stops)
    result.expect(stops > count * poolSize, "\(mode): \(stops) stops")
    let words = try target.ask("end").split(separator: " ").map(String.init)
    let figures = stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], Int(words[$0 + 1]) ?? -1) }
    let report = Dictionary(figures, uniquingKeysWith: { first, _ in first })
    for (name, figure) in figures { result.note("\(mode): \(name)", figure) }
    result.expect(report["started"] == report["ended"] && report["faults"] == 0, "\(mode): \(words)")
    result.expect(report["pool"] == poolSize, "\(mode): \(words)")
    result.expect(
      report["chain", default: 0] > count && report["joined", default: 0] > count, "\(mode): \(words)")
    result.expect(target.wait() == 0, "\(mode): ended with \(target.wait())")
  }

  /// The number of stopped threads in the output of a session, such as `, 203 threads stopped for 900 us`.
  private static func threadsStopped(_ output: String) -> Int {
    let words = output.split(separator: " ")
    guard let place = words.firstIndex(of: "stopped"), place >= 2 else { return 0 }
    return Int(words[place - 2]) ?? 0
  }
}
