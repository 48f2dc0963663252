import TestSupport

extension SoakCheck {
  /// A target goes on making processes, becoming other programs and ending as if nobody looked.
  ///
  /// A session may find it gone, and then says so; it does not wait for it, and leaves nobody stopped.
  static let lives = SoakCheck(
    "lives", counting: "sessions with targets that fork, vfork, spawn, exec and exit", short: 140
  ) { count in
    var result = SoakResult()
    for mode in ["fork", "exec", "both"] { try hold(mode, count / 4, &result) }
    try end(count / 4, &result)
    return result
  }

  private static let departures = ["exited meanwhile", "no such process", "is a zombie"]

  /// A target that lives for as long as the sessions take.
  private static func hold(_ mode: String, _ count: Int, _ result: inout SoakResult) throws {
    let target = try Target(Programs.fixture("fork-exec-exit"), [mode])
    result.expect(try target.hear() == "ready", "\(mode): did not start")
    var closed = 0
    var departed = 0
    for _ in 0..<count {
      let run = try rangeclose("\(target.pid)", "900-")
      judge(run, mode, &result)
      // It does not end, so it can only have become another program.
      if run.status == 3 { result.expect(run.errors.contains("exited meanwhile"), "\(mode): \(run.errors)") }
      departed += run.status == 3 ? 1 : 0
      closed += run.status == 0 && !run.output.contains("closed 0 ") ? 1 : 0
      let stopped = stoppedThreads(of: target.pid)
      result.expect(stopped.isEmpty, "\(mode): left stopped: \(stopped)")
    }
    let told = try target.ask("").split(separator: " ").map(String.init)
    try result.take(told, mode)
    result.expect(target.wait() == 0, "\(mode): ended with \(target.wait())")
    result.note("\(mode): sessions that closed", closed)
    result.note("\(mode): found another program", departed)
    if mode != "exec" { result.expect(closed > 0, "\(mode): nothing was closed") }
  }

  /// Targets each of which ends while it is worked on, sooner or later.
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
      // The end of its output is the end of its children, too.
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
  /// Judges and notes what the target counted.
  fileprivate mutating func take(_ told: [String], _ mode: String) throws {
    let counts = stride(from: 0, to: told.count - 1, by: 2).map { (told[$0], Int(told[$0 + 1]) ?? -1) }
    let count = Dictionary(uniqueKeysWithValues: counts)
    for (name, value) in counts { note("\(mode): \(name)", value) }
    expect(count["faults"] == 0, "\(mode): \(told)")
    expect(count["started"] == count["ended"], "\(mode): \(told)")
    if mode != "exec" {
      expect(count["started", default: 0] > 0 && count["gone", default: 0] > 4, "\(mode): \(told)")
    }
    if mode != "fork" { expect(count["generations", default: 0] > 10, "\(mode): \(told)") }
  }
}
