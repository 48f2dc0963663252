import FDCore

extension Selector {
  /// Refuses a selector that no descriptor can match, or that holds for every value of a quantity.
  ///
  /// The check needs no process. A tool that closes descriptors should report such a mistake, rather than
  /// close nothing or everything. The check does not find every contradiction.
  ///
  /// Throws `contradiction`, `contradictoryComparisons` or `exhaustiveComparisons`.
  package func checkSense() throws(SelectorError) {
    switch self {
    case .leaf: return
    case .not(let part): try part.checkSense()
    case .all(let parts):
      for part in parts { try part.checkSense() }
      try Self.checkTypes(parts)
      try Self.checkNumbers(parts)
      try Self.checkComparisons(parts, isConjunction: true)
    case .any(let parts):
      for part in parts { try part.checkSense() }
      try Self.checkComparisons(parts, isConjunction: false)
    }
  }

  /// The descriptor types for which the selector can hold.
  private var domain: TypeSet {
    switch self {
    case .leaf(let leaf): leaf.term.domain
    case .not(.leaf(let leaf)): leaf.term.negatedDomain
    case .not: .all
    case .all(let parts): parts.reduce(into: TypeSet.all) { $0.formIntersection($1.domain) }
    case .any(let parts): parts.reduce(into: []) { $0.formUnion($1.domain) }
    }
  }

  /// Throws `contradiction` if the parts of a conjunction have no descriptor type in common.
  private static func checkTypes(_ parts: [Selector]) throws(SelectorError) {
    var common = TypeSet.all
    for (index, part) in parts.enumerated() {
      let domain = part.domain
      common.formIntersection(domain)
      guard common.isEmpty, let snippet = part.snippet else { continue }
      let other = parts[..<index].first { $0.domain.isDisjoint(with: domain) } ?? parts[0]
      throw SelectorError(snippet, .contradiction(with: other.description))
    }
  }

  /// Throws `contradiction` if the range lists of a conjunction have no number in common.
  private static func checkNumbers(_ parts: [Selector]) throws(SelectorError) {
    var common: RangeList?
    for case .leaf(let leaf) in parts {
      guard let ranges = leaf.term.numbers else { continue }
      if let before = common {
        let both = before.intersection(ranges)
        guard !both.ranges.isEmpty else {
          throw SelectorError(leaf.snippet, .contradiction(with: before.description))
        }
        common = both
      } else {
        common = ranges
      }
    }
  }

  /// Throws if no value, or every value, of a quantity satisfies its comparisons.
  ///
  /// - Parameter isConjunction: true if a value must satisfy all comparisons, false if one is enough.
  private static func checkComparisons(_ parts: [Selector], isConjunction: Bool) throws(SelectorError) {
    var values: [Comparison.Quantity: RangeSet<UInt64>] = [:]
    for case .leaf(let leaf) in parts {
      guard let comparison = leaf.term.comparison else { continue }
      let satisfying = comparison.satisfyingValues
      let after: RangeSet<UInt64>
      if let before = values[comparison.quantity] {
        after = isConjunction ? before.intersection(satisfying) : before.union(satisfying)
      } else {
        after = satisfying
      }
      values[comparison.quantity] = after
      if after.isEmpty { throw SelectorError(leaf.snippet, .contradictoryComparisons) }
      if after == RangeSet(comparison.quantity.possibleValues) {
        throw SelectorError(leaf.snippet, .exhaustiveComparisons)
      }
    }
  }
}
