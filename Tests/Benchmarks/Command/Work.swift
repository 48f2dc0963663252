import TestSupport

/// A task that several commands can do, and that the benchmark measures for each of them in turn.
struct Work {
  /// A command that does the task.
  struct Contender {
    let name: String
    /// The words of the command, or nil if it is not installed.
    let command: (() -> [String])?
    /// Whether it takes so long that a few rounds are enough.
    var isSlow = false
  }

  /// The quantity that is compared.
  enum Measure: String {
    case duration = "whole command"
    case pause = "pause of the process"
  }

  /// A limit for rangeclose.
  enum Bar {
    /// It takes at most so many times what a contender takes.
    case atMost(Double, of: String)
    /// It takes at most a contender's time and a share of another contender's time.
    case atMostSum(of: String, and: Double, times: String)
    /// It is at least so many times faster than a contender.
    case fasterThan(Double, String)
  }

  let name: String
  let measure: Measure
  let subject: Subject
  /// Runs before each command.
  let prepare: () throws -> Void
  let contenders: [Contender]
  let bars: [Bar]

  static let ours = "rangeclose"
}

/// The measurements of a task.
struct Measurement {
  let work: Work
  /// The seconds of each run, by the name of the contender.
  private(set) var times: [String: [Double]] = [:]
  /// The peak memory of rangeclose in KiB, from a separate run.
  private(set) var memory = 0

  private static let peak = build("peak")

  /// Runs all contenders one after the other, in several rounds.
  ///
  /// Every second round goes backwards. Otherwise a contender that reads much would empty the caches of the
  /// processor for the same contender each time.
  init(_ work: Work, rounds: Int) throws {
    self.work = work
    for round in 0..<rounds {
      for contender in round.isMultiple(of: 2) ? work.contenders : work.contenders.reversed() {
        guard let command = contender.command, round < 3 || !contender.isSlow else { continue }
        try work.prepare()
        var run: Run?
        let pause = try work.subject.pause(if: work.measure == .pause) { run = try Run(command()) }
        guard let run else { continue }
        times[contender.name, default: []].append(pause ?? run.duration)
      }
    }
    try work.prepare()
    let ours = work.contenders.first { $0.name == Work.ours }?.command?() ?? []
    let answer = try Target(Self.peak, ours).rest()
    guard let memory = Int(answer.prefix { $0.isNumber }) else { throw Failure("peak: \(answer)") }
    self.memory = memory
  }

  func median(of name: String) -> Double? { times[name]?.median }

  /// The time of rangeclose divided by the time of another contender, as the median over the rounds of both.
  func ratio(to other: String) -> Double? {
    guard let mine = times[Work.ours], let theirs = times[other] else { return nil }
    return zip(mine, theirs).map { $0 / $1 }.median
  }

  /// The limit in words, the measured figure, and whether rangeclose keeps the limit.
  func verdict(_ bar: Work.Bar) -> (bar: String, figure: String, isKept: Bool)? {
    switch bar {
    case .atMost(let most, let other):
      guard let ratio = ratio(to: other) else { return nil }
      return ("<= \(most) x \(other)", ratio.text(2) + " x", ratio <= most)
    case .atMostSum(let first, let share, let second):
      guard let mine = times[Work.ours], let one = times[first], let two = times[second] else { return nil }
      let ratio = zip(mine, zip(one, two)).map { $0 / ($1.0 + share * $1.1) }.median
      return ("<= \(first) and \(share) x \(second)", ratio.text(2) + " x that", ratio <= 1)
    case .fasterThan(let least, let other):
      guard let ratio = ratio(to: other) else { return nil }
      return (">= \(least) x faster than \(other)", (1 / ratio).text(1) + " x", 1 / ratio >= least)
    }
  }
}

extension Subject {
  func pause(if isWatched: Bool, during work: () throws -> Void) throws -> Double? {
    guard isWatched else {
      try work()
      return nil
    }
    return try pause(during: work)
  }
}

extension Double {
  /// The number in decimal, with so many digits after the point.
  func text(_ digits: Int) -> String {
    guard isFinite else { return "-" }
    var factor = 1.0
    for _ in 0..<digits { factor *= 10 }
    let whole = Int((abs(self) * factor).rounded())
    var text = String(whole)
    while text.count <= digits { text = "0" + text }
    let cut = text.index(text.endIndex, offsetBy: -digits)
    return (self < 0 ? "-" : "") + text[..<cut] + (digits > 0 ? "." + text[cut...] : "")
  }
}
