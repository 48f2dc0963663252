import Glibc
import TestSupport

extension SoakCheck {
  /// A call that sessions interrupt answers what it would have, by the deadline it had.
  ///
  /// With every call in a thread of one process, whose main thread is made to run the session's calls; and
  /// with each in a process of its own, where the one thread that there is waits and is made to run them.
  static let waits = SoakCheck("waits", counting: "sessions with threads that wait in system calls", short: 400) {
    count in
    var result = SoakResult()
    var held = 0
    while held < count {
      // Long runs have many beginnings and ends.
      let share = min(count - held, 2000)
      let names = try waitTogether(sessions: share / 2, &result)
      try waitAlone(names, sessions: share / 2, &result)
      held += max(share, 1)
    }
    result.note("sessions", held)
    return result
  }

  private static func waitTogether(sessions count: Int, _ result: inout SoakResult) throws -> [String] {
    let scratch = Scratch()
    let target = try Target(Programs.fixture("calls"), [scratch.path])
    let names = try names(target)
    // From the word into the calls.
    usleep(200_000)
    var sessions = Sessions()
    for _ in 0..<max(count, 3) { note(try sessions.hold(with: target), "together", &result) }
    note(try session(with: target, ["900-"]), "together", &result)
    target.say("give")
    try hear(names, from: target, "together", &result)
    return names
  }

  private static func waitAlone(_ names: [String], sessions count: Int, _ result: inout SoakResult) throws {
    // A few at a time, so as not to run out of descriptors.
    for first in stride(from: 0, to: names.count, by: 16) {
      let scratch = Scratch()
      let some = names[first..<min(first + 16, names.count)]
      var alone: [(name: String, target: Target, sessions: Sessions)] = []
      for name in some {
        mkdir(scratch(name), 0o700)
        let target = try Target(Programs.fixture("calls"), [scratch(name), name])
        alone.append((name, target, Sessions()))
      }
      for (name, target, _) in alone { result.expect(try self.names(target) == [name], "\(name): not alone") }
      usleep(50_000)
      for _ in 0..<max(count / names.count, 3) {
        for index in alone.indices {
          note(try alone[index].sessions.hold(with: alone[index].target), alone[index].name, &result)
        }
      }
      for (name, target, _) in alone {
        note(try session(with: target, ["900-"]), name, &result)
        target.say("give")
      }
      for (name, target, _) in alone { try hear([name], from: target, "alone", &result) }
    }
  }

  private static func names(_ target: Target) throws -> [String] {
    let words = try target.hear().split(separator: " ").map(String.init)
    guard words.first == "ready" else { throw Target.Failure(description: "\(words)") }
    return Array(words.dropFirst())
  }

  /// Hears that each call ended, and how.
  private static func hear(
    _ names: [String], from target: Target, _ place: String, _ result: inout SoakResult
  ) throws {
    var missing = Set(names)
    do {
      while case let line = try target.hear(), line != "done" {
        let words = line.split(separator: " ")
        let isRight = words.count == 7 && words[2] == "right"
        result.expect(isRight, "\(place): \(line)")
        missing.remove(String(words.first ?? ""))
      }
    } catch {
      result.expect(false, "\(place): \(error)")
    }
    result.expect(missing.isEmpty, "\(place): never came back: \(missing.sorted())")
  }

  private static func note(_ fault: String?, _ place: String, _ result: inout SoakResult) {
    if let fault { result.expect(false, "\(place): \(fault)") }
  }
}
