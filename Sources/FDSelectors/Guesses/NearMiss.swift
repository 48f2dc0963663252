package import FDCore

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
  /// Whether a message should show the path of the picked file, because the term is no text of the language.
  package let showsPath: Bool
  /// The process for which the term is meant; nil for any process.
  package let process: Int32?

  init(
    _ term: any Term, _ reason: String, isSure: Bool = false, isOwnEnd: Bool = false,
    showsPath: Bool = false, process: Int32? = nil
  ) {
    (self.term, self.reason, self.isSure, self.isOwnEnd) = (term, reason, isSure, isOwnEnd)
    (self.showsPath, self.process) = (showsPath, process)
  }
}

extension Selector {
  /// The selectors that result if one term is replaced by a term that the user may have meant.
  ///
  /// A term under a negation stays as it is.
  ///
  /// - Parameter identify: the file that a path leads to; nil if that is not known.
  package func nearMisses(
    identifying identify: (ByteString) -> FileStatus.Identity?
  ) -> [(selector: Selector, miss: NearMiss)] {
    switch self {
    case .leaf(let leaf):
      let file = leaf.term.literalPath.flatMap(identify)
      let misses = (file.map { [NearMiss(SameFileTerm($0), Self.otherPath, showsPath: true)] } ?? [])
      // A relative path may be meant as a name in any directory.
      let isWhole = leaf.term.literalPath?.hasPrefix("/") == true
      return (isWhole ? misses + leaf.term.nearMisses : leaf.term.nearMisses + misses).map {
        (.leaf(Leaf($0.term, at: leaf.snippet)), $0)
      }
    case .not: return []
    case .all(let parts): return Self.nearMisses(parts, identify) { .all($0) }
    case .any(let parts): return Self.nearMisses(parts, identify) { .any($0) }
    }
  }

  private static let otherPath = "this leads to a file that is open by another path"

  private static func nearMisses(
    _ parts: [Selector], _ identify: (ByteString) -> FileStatus.Identity?,
    _ whole: ([Selector]) -> Selector
  ) -> [(selector: Selector, miss: NearMiss)] {
    parts.indices.flatMap { index in
      parts[index].nearMisses(identifying: identify).map { near in
        var changed = parts
        changed[index] = near.selector
        return (whole(changed), near.miss)
      }
    }
  }

  /// The selectors that must all hold; empty if one alone decides.
  package var requirements: [Selector] {
    if case .all(let parts) = self { parts } else { [] }
  }

  /// The term for exactly this path.
  package static func text(ofPath path: ByteString) -> String {
    "path:" + quoted(path.bytes, escaping: "{}[]*?,")
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
