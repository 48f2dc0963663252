/// One promise of a session, held against real targets that watch themselves.
///
/// How long depends on a count: `swift test` runs each check for a short time, and the `soak` command for
/// as long as it is told.
package struct SoakCheck: Sendable {
  /// The word by which the command knows it.
  package let name: String
  /// What the count counts, as in `signals sent to a target with three threads`.
  package let counted: String
  /// The count that the tests run it with, for a few seconds.
  package let shortCount: Int
  /// Whether only root can make its targets.
  package let needsRoot: Bool
  private let body: @Sendable (Int) throws -> SoakResult

  package init(
    _ name: String, counting counted: String, short shortCount: Int, needsRoot: Bool = false,
    _ body: @escaping @Sendable (Int) throws -> SoakResult
  ) {
    self.name = name
    self.counted = counted
    self.shortCount = shortCount
    self.needsRoot = needsRoot
    self.body = body
  }

  /// Runs it; throws where a target could not be started or fell silent, which is a fault as well.
  package func run(_ count: Int) throws -> SoakResult {
    try body(count)
  }

  /// Every check.
  package static let all: [SoakCheck] = [
    race, waits, interrupts, registers, kills, ends, sequences, lives, threads, signals, stops, memory,
  ]
}

extension SoakCheck: CustomStringConvertible {
  package var description: String { name }
}

/// What a check found.
package struct SoakResult: Sendable {
  /// What was counted, in the target's own words where it is the target's to tell.
  package var figures: [(name: String, count: Int)] = []
  /// What did not hold; the first hundred of it.
  package private(set) var faults: [String] = []

  package init() {}

  /// Notes a fault where a condition does not hold.
  package mutating func expect(_ condition: Bool, _ fault: @autoclosure () -> String) {
    if !condition, faults.count < 100 { faults.append(fault()) }
  }

  /// Notes a figure.
  package mutating func note(_ name: String, _ count: Int) {
    figures.append((name, count))
  }
}
