import TestSupport

extension SoakCheck {
  /// A target starts processes, becomes other programs and exits as it would without sessions.
  ///
  /// A session may find that it has exited, and then reports that. It does not wait for it, and leaves no
  /// task stopped.
  static let lives = SoakCheck(
    "lives", counting: "sessions with targets that fork, vfork, spawn, exec and exit", short: 140
  ) { count in
    var result = SoakResult()
    for mode in ["fork", "exec", "both"] { try hold(mode, count / 4, &result) }
    try end(count / 4, &result)
    return result
  }

  private static let departures = ["exited meanwhile", "no such process", "is a zombie"]

  /// Runs sessions with a target that does not exit.
  private static func hold(_ mode: String, _ count: Int, _ result: inout SoakResult) throws {
    let target = try Target(Programs.fixture("fork-exec-exit"), [mode])
    result.expect(try target.hear() == "ready", "\(mode): did not start")
    var closed = 0
    var departed = 0
    for _ in 0..<count {
      let run = try rangeclose("\(target.pid)", "900-")
      judge(run, mode, &result)
      // The target does not exit, so it has become another program.
      if run.status == 3 { result.expect(run.errors.contains("exited meanwhile"), "\(mode): \(run.errors)") }
      departed += run.status == 3 ? 1 : 0
      closed += run.status == 0 && !run.output.contains("closed 0 ") ? 1 : 0
      let stopped = stoppedThreads(of: target.pid)
      result.expect(stopped.isEmpty, "\(mode): left stopped: \(stopped)")
    }
    let report = try target.ask("").split(separator: " ").map(String.init)
    try result.take(report, mode)
    result.expect(target.wait() == 0, "\(mode): ended with \(target.wait())")
    result.note("\(mode): sessions that closed", closed)
    result.note("\(mode): found another program", departed)
    if mode != "exec" { result.expect(closed > 0, "\(mode): nothing was closed") }
  }

  /// Runs a session with each of many targets, which exit sooner or later during it.
  private static func end(_ count: Int, _ result: inout SoakResult) throws {
    var departed = 0
    for turn in 0..<count {
      let target = try Target(Programs.fixture("fork-exec-exit"), ["exit", "\(turn % 50 * 400)"])
      result.expect(try target.hear() == "ready", "exit: did not start")
      let run = try rangeclose("\(target.pid)", "900-")
      judge(run, "exit", &result)
      departed += run.status == 3 ? 1 : 0
      let stopped = stoppedThreads(of: target.pid)
      result.expect(stopped.isEmpty, "exit: left stopped: \(stopped)")
      // Its output ends only when its children have exited, too.
      result.expect(try target.rest().isEmpty, "exit: said more")
      result.expect(target.wait() == 42, "exit: ended with \(target.wait())")
    }
    result.note("exit: sessions", count)
    result.note("exit: found gone", departed)
  }

  private static func judge(_ run: Outcome, _ mode: String, _ result: inout SoakResult) {
    result.expect([0, 3].contains(run.status), "\(mode): exit status \(run.status): \(run.errors)")
    guard run.status == 3 else { return }
    result.expect(departures.contains { run.errors.contains($0) }, "\(mode): \(run.errors)")
  }
}

extension SoakResult {
  /// Notes and checks the counts of the target.
  fileprivate mutating func take(_ report: [String], _ mode: String) throws {
    let counts = stride(from: 0, to: report.count - 1, by: 2).map { (report[$0], Int(report[$0 + 1]) ?? -1) }
    let count = Dictionary(uniqueKeysWithValues: counts)
    for (name, value) in counts { note("\(mode): \(name)", value) }
    expect(count["faults"] == 0, "\(mode): \(report)")
    expect(count["started"] == count["ended"], "\(mode): \(report)")
    if mode != "exec" {
      expect(count["started", default: 0] > 0 && count["gone", default: 0] > 4, "\(mode): \(report)")
    }
    if mode != "fork" { expect(count["generations", default: 0] > 10, "\(mode): \(report)") }
  }
}
