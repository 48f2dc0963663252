import Glibc
import TestSupport

extension SoakCheck {
  /// A call that sessions interrupt returns what it would have returned, by the deadline that it had.
  ///
  /// One process has every call in a thread of its own, and its main thread is the calling thread of the
  /// session. Other processes have one call each, and their only thread both waits and is the calling thread.
  static let waits = SoakCheck(
    "waits", counting: "sessions with threads that wait in system calls", short: 150
  ) {
    count in
    var result = SoakResult()
    var held = 0
    while held < count && result.faults.isEmpty {
      // A long run starts and ends its targets many times.
      let share = min(count - held, 4000)
      held += try waitWithDeadlines(sessions: share / 2, &result)
      held += try waitAlone(sessions: share / 2, &result)
    }
    result.note("sessions", held)
    return result
  }

  /// Runs all calls together, and those with a fixed deadline also alone, for longer than the deadlines.
  private static func waitWithDeadlines(sessions count: Int, _ result: inout SoakResult) throws -> Int {
    let scratch = Scratch()
    let together = try Waiting(scratch, [])
    let alone = try together.calls.filter { $0.kind == "kept" }.map { try Waiting(scratch, [$0.name]) }
    // Gives the targets the time to get from their answer into the calls.
    usleep(200_000)
    let begun = milliseconds()
    var held = 0
    while held < count || milliseconds() - begun < 1800 {
      try together.holdSession(&result)
      try alone[held / 2 % alone.count].holdSession(&result)
      held += 2
    }
    for waiting in [together] + alone { waiting.give() }
    // A deadline that started again with each session would not be reached even once in this time.
    for waiting in [together] + alone { waiting.hearEnds(laps: 2, &result) }
    return held
  }

  /// Runs the calls without a fixed deadline, each alone.
  private static func waitAlone(sessions count: Int, _ result: inout SoakResult) throws -> Int {
    let listed = Scratch()
    let names = try Waiting(listed, []).calls.filter { $0.kind != "kept" }.map(\.name)
    let rounds = max(count / names.count, 1)
    // A few targets at a time, because each takes descriptors of this process.
    for first in stride(from: 0, to: names.count, by: 20) {
      let scratch = Scratch()
      let some = try names[first..<min(first + 20, names.count)].map { try Waiting(scratch, [$0]) }
      usleep(50_000)
      for _ in 0..<rounds {
        for waiting in some { try waiting.holdSession(&result) }
      }
      for waiting in some { waiting.give() }
      for waiting in some { waiting.hearEnds(laps: 1, &result) }
    }
    return rounds * names.count
  }

  private static func milliseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}

/// A process of the `blocked-calls` fixture.
private final class Waiting {
  let calls: [(name: String, kind: String)]
  private let target: Target
  private let place: String
  private var sessions = Sessions()

  init(_ scratch: Scratch, _ names: [String]) throws {
    place = names.first.map { "\($0) alone" } ?? "together"
    let directory = scratch(place)
    mkdir(directory, 0o700)
    target = try Target(Programs.fixture("blocked-calls"), [directory] + names)
    let words = try target.hear().split(separator: " ")
    guard words.first == "ready" else { throw Target.Failure(description: "\(words)") }
    calls = words.dropFirst().map { word in
      let parts = word.split(separator: "=").map(String.init)
      return (parts[0], parts[1])
    }
  }

  func holdSession(_ result: inout SoakResult) throws {
    if let fault = try sessions.hold(with: target) { result.expect(false, "\(place): \(fault)") }
  }

  func give() {
    target.say("give")
  }

  /// Expects the correct end of each call, and of calls with a fixed deadline at least so many laps.
  func hearEnds(laps: Int, _ result: inout SoakResult) {
    var missing = Set(calls.map(\.name))
    do {
      while case let line = try target.hear(), line != "done" {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 7 else { throw Target.Failure(description: line) }
        let isOften = words[1] != "kept" || Int(words[6]).map { $0 >= laps } == true
        result.expect(words[2] == "right" && isOften, "\(place): \(line)")
        missing.remove(words[0])
      }
    } catch {
      result.expect(false, "\(place): \(error)")
    }
    result.expect(missing.isEmpty, "\(place): never came back: \(missing.sorted())")
  }
}
