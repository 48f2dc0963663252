import TestSupport

extension SoakCheck {
  /// A signal that arrives during sessions interrupts the right call, and exactly once.
  ///
  /// The target unblocks the signals for the time of a call only. So it can compare: each handler that ran
  /// ended one call with EINTR, and no call ended with EINTR without a handler.
  static let interrupts = SoakCheck(
    "interrupts", counting: "sessions with threads whose calls are interrupted by signals", short: 120
  ) { count in
    var result = SoakResult()
    var sessions = Sessions()
    var sent = 0
    let together = try Target(Programs.fixture("saved-signal-masks"), ["unblocked"])
    let names = try callNames(together)
    for _ in 0..<count / 2 { try hold(&sessions, together, &result) }
    sent += try hearEnds(of: names, from: together, &result)
    for name in names {
      let alone = try Target(Programs.fixture("saved-signal-masks"), ["unblocked", name])
      result.expect(try callNames(alone) == [name], "\(name): not alone")
      for _ in 0..<max(count / 2 / names.count, 3) { try hold(&sessions, alone, &result) }
      sent += try hearEnds(of: [name], from: alone, &result)
    }
    result.note("sessions", sessions.held)
    result.note("signals", sent)
    return result
  }

  private static func callNames(_ target: Target) throws -> [String] {
    let words = try target.hear().split(separator: " ").map(String.init)
    guard words.first == "ready" else { throw Target.Failure(description: "\(words)") }
    return Array(words.dropFirst())
  }

  private static func hold(
    _ sessions: inout Sessions, _ target: Target, _ result: inout SoakResult
  ) throws {
    if let fault = try sessions.hold(with: target) { result.expect(false, fault) }
  }

  /// Ends the sending, checks the counts of each call, and returns how many signals were sent.
  private static func hearEnds(
    of names: [String], from target: Target, _ result: inout SoakResult
  ) throws -> Int {
    target.say("end")
    var sum = 0
    for _ in names {
      let line = try target.hear()
      let words = line.split(separator: " ").map(String.init)
      let counts = stride(from: 2, to: words.count, by: 2).map { Int(words[$0]) ?? -1 }
      // The counts sent, handled and interrupted, and then spurious, swallowed and disorder.
      let isSound = counts.count == 6 && Set(counts[..<3]).count == 1 && counts[3...] == [0, 0, 0]
      result.expect(isSound && counts[0] > 0, line)
      sum += counts.first ?? 0
    }
    return sum
  }
}
