/// One promise of a session, checked with real targets that watch themselves.
///
/// A count says how long it runs. `swift test` runs each check for a short time, and the `soak` command runs
/// it for as long as its arguments say.
package struct SoakCheck: Sendable {
  /// The name of the check on the command line.
  package let name: String
  /// What the count counts, such as `signals sent to a target with three threads`.
  package let counted: String
  /// The count for `swift test`, which takes a few seconds.
  package let shortCount: Int
  /// Whether its targets need root.
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

  /// Runs the check, and throws if a target does not start or does not answer, which is a fault as well.
  package func run(_ count: Int) throws -> SoakResult {
    try body(count)
  }

  /// Every check.
  package static let all: [SoakCheck] = [
    race, waits, interrupts, registers, kills, i386, musl, ends, sequences, lives, threads, signals, stops,
    memory, poison,
  ]
}

extension SoakCheck: CustomStringConvertible {
  package var description: String { name }
}

/// The result of a check.
package struct SoakResult: Sendable {
  /// The counts, with the names that the target prints if they come from it.
  package var figures: [(name: String, count: Int)] = []
  /// The faults, at most the first hundred.
  package private(set) var faults: [String] = []

  package init() {}

  /// Notes a fault if a condition does not hold.
  package mutating func expect(_ condition: Bool, _ fault: @autoclosure () -> String) {
    if !condition, faults.count < 100 { faults.append(fault()) }
  }

  /// Notes a figure.
  package mutating func note(_ name: String, _ count: Int) {
    figures.append((name, count))
  }
}
