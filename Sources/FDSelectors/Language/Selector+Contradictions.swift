import FDCore

/// What can be seen of a selector without looking at a process: that it can never hold, or always does.
///
/// A tool that closes is better told so than to close nothing, or everything.
extension Selector {
  /// Throws for terms that contradict each other, or that hold of anything together.
  package func checkSense() throws(SelectorError) {
    switch self {
    case .leaf: return
    case .not(let part): try part.checkSense()
    case .all(let parts):
      for part in parts { try part.checkSense() }
      try Self.checkTypes(parts)
      try Self.checkNumbers(parts)
      try Self.checkComparisons(parts, together: true)
    case .any(let parts):
      for part in parts { try part.checkSense() }
      try Self.checkComparisons(parts, together: false)
    }
  }

  /// The types of descriptor that it may pick.
  private var domain: TypeSet {
    switch self {
    case .leaf(let leaf): leaf.term.domain
    case .not(.leaf(let leaf)): leaf.term.negatedDomain
    case .not: .all
    case .all(let parts): parts.reduce(into: TypeSet.all) { $0.formIntersection($1.domain) }
    case .any(let parts): parts.reduce(into: []) { $0.formUnion($1.domain) }
    }
  }

  private static func checkTypes(_ parts: [Selector]) throws(SelectorError) {
    var left = TypeSet.all
    for (index, part) in parts.enumerated() {
      let domain = part.domain
      left.formIntersection(domain)
      guard left.isEmpty, let snippet = part.snippet else { continue }
      let other = parts[..<index].first { $0.domain.isDisjoint(with: domain) } ?? parts[0]
      throw SelectorError(snippet, .contradiction(with: other.description))
    }
  }

  private static func checkNumbers(_ parts: [Selector]) throws(SelectorError) {
    var left: RangeList?
    for case .leaf(let leaf) in parts {
      guard let ranges = leaf.term.numbers else { continue }
      if let before = left {
        let both = before.intersection(ranges)
        guard !both.ranges.isEmpty else {
          throw SelectorError(leaf.snippet, .contradiction(with: before.description))
        }
        left = both
      } else {
        left = ranges
      }
    }
  }

  /// Of each quantity, the values that satisfy all comparisons, or any: none, and every one, are mistakes.
  private static func checkComparisons(_ parts: [Selector], together: Bool) throws(SelectorError) {
    var values: [Comparison.Quantity: RangeSet<UInt64>] = [:]
    for case .leaf(let leaf) in parts {
      guard let comparison = leaf.term.comparison else { continue }
      let before = values[comparison.quantity]
      let after: RangeSet<UInt64>
      if let before {
        after = together ? before.intersection(comparison.values) : before.union(comparison.values)
      } else {
        after = comparison.values
      }
      values[comparison.quantity] = after
      if after.isEmpty { throw SelectorError(leaf.snippet, .neverTogether) }
      if after == RangeSet(Comparison.possible) { throw SelectorError(leaf.snippet, .eitherAlways) }
    }
  }
}
