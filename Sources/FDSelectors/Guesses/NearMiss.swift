/// Another term that the user may have meant, for a term that picks nothing.
package struct NearMiss: Sendable {
  /// The other term.
  package let term: any Term
  /// Why the term of the user picks nothing, as a clause for a message.
  package let reason: String
  /// Whether the reason is sure even if the other term picks nothing, either.
  package let isSure: Bool
  /// Whether the other term asks for the own ends of sockets in place of their remote ends.
  package let isOwnEnd: Bool

  init(_ term: any Term, _ reason: String, isSure: Bool = false, isOwnEnd: Bool = false) {
    (self.term, self.reason, self.isSure, self.isOwnEnd) = (term, reason, isSure, isOwnEnd)
  }
}

extension Selector {
  /// The selectors that result if one term is replaced by a term that the user may have meant.
  ///
  /// A term under a negation stays as it is.
  package var nearMisses: [(selector: Selector, miss: NearMiss)] {
    switch self {
    case .leaf(let leaf):
      leaf.term.nearMisses.map { (.leaf(Leaf($0.term, at: leaf.snippet)), $0) }
    case .not: []
    case .all(let parts): Self.nearMisses(parts) { .all($0) }
    case .any(let parts): Self.nearMisses(parts) { .any($0) }
    }
  }

  private static func nearMisses(
    _ parts: [Selector], _ whole: ([Selector]) -> Selector
  ) -> [(selector: Selector, miss: NearMiss)] {
    parts.indices.flatMap { index in
      parts[index].nearMisses.map { near in
        var changed = parts
        changed[index] = near.selector
        return (whole(changed), near.miss)
      }
    }
  }

  /// The lists of numbers, except those under a negation.
  package var rangeLists: [RangeList] {
    switch self {
    case .leaf(let leaf): leaf.term.numbers.map { [$0] } ?? []
    case .not: []
    case .all(let parts), .any(let parts): parts.flatMap { $0.rangeLists }
    }
  }

  /// The complements that stand alone in a list of numbers, as the user wrote them.
  package var loneComplements: [String] { leaves.flatMap { $0.term.numbers?.complements ?? [] } }

  /// A term for a host alone and a term for a port alone of the same end, if they are alternatives.
  package var endsApart: (host: String, port: String)? {
    switch self {
    case .leaf, .not: return nil
    case .all(let parts): return parts.lazy.compactMap { $0.endsApart }.first
    case .any(let parts):
      for case .leaf(let leaf) in parts where leaf.term.hasHostWithoutPort {
        let start = "\(leaf.term.name)::"
        for case .leaf(let other) in parts where other.term.description.hasPrefix(start) {
          let port = other.term.description.dropFirst(start.count)
          if port.allSatisfy({ $0.isNumber }) { return (leaf.term.description, other.term.description) }
        }
      }
      return nil
    }
  }

  /// The terms for an end of a socket that name hosts without a port, in the normal form.
  package var endsWithoutPort: [String] {
    leaves.filter { $0.term.hasHostWithoutPort }.map { $0.term.description }
  }
}
