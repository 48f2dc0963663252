import TestSupport

/// Something that several commands can do, measured for each in turn.
struct Work {
  /// One that does it.
  struct Contender {
    let name: String
    /// Nil where it is not installed.
    let command: (() -> [String])?
    /// It takes so long that a few rounds have to do.
    var isSlow = false
  }

  /// What is compared.
  enum Measure: String {
    case duration = "whole command"
    case pause = "pause of the process"
  }

  /// What ours has to keep to.
  enum Bar {
    /// At most so many times what a contender takes.
    case atMost(Double, of: String)
    /// At least so many times faster than a contender.
    case fasterThan(Double, String)
  }

  let name: String
  let measure: Measure
  let subject: Subject
  /// Before each run.
  let prepare: () throws -> Void
  let contenders: [Contender]
  let bars: [Bar]

  static let ours = "rangeclose"
}

/// What was measured of a work.
struct Measurement {
  let work: Work
  /// In seconds, a row of runs for each contender, by name.
  private(set) var times: [String: [Double]] = [:]
  /// The peak of ours, in KiB, in a run for that alone.
  private(set) var memory = 0

  private static let peak = build("peak")

  /// Runs all contenders one after the other, and that several times over.
  init(_ work: Work, rounds: Int) throws {
    self.work = work
    for round in 0..<rounds {
      for contender in work.contenders {
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

  /// How many times what another takes ours does: the median over rounds, in each of which both ran.
  func ratio(to other: String) -> Double? {
    guard let mine = times[Work.ours], let theirs = times[other] else { return nil }
    return zip(mine, theirs).map { $0 / $1 }.median
  }

  /// A bar in words, the figure, and whether it is kept.
  func verdict(_ bar: Work.Bar) -> (bar: String, figure: String, isKept: Bool)? {
    switch bar {
    case .atMost(let most, let other):
      guard let ratio = ratio(to: other) else { return nil }
      return ("<= \(most) x \(other)", ratio.text(2) + " x", ratio <= most)
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
  /// In decimal, with so many digits after the point.
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
