package import FDCore

/// Which descriptors are meant: the tree that options and operands are short for.
package indirect enum Selector: Hashable, Sendable {
  case range(RangeList)
  case deleted
  case peer(PeerPattern)
  case path(Glob)
  /// Every part holds.
  case all([Selector])
  /// At least one part holds.
  case any([Selector])
}

extension Selector {
  /// Parses one term as an operand writes it: a list of ranges, `deleted`, `peer:...` or `path:...`.
  ///
  /// Names of hosts and services are not looked up yet; see `resolved()`.
  package init(parsing text: String) throws(SelectorError) {
    if text == "deleted" {
      self = .deleted
    } else if let peer = text.removingPrefix("peer:") {
      self = .peer(try PeerPattern(parsing: peer))
    } else if let path = text.removingPrefix("path:") {
      self = .path(try Glob(parsing: path))
    } else if text.isEmpty || text.utf8.first.map(RangeList.mayBegin) == true {
      self = .range(try RangeList(parsing: text))
    } else {
      throw SelectorError(text, .notATerm)
    }
  }

  /// Puts terms that stand side by side together: alternatives where they are of one kind, and all of
  /// the kinds must hold.
  package init(combining terms: [Selector]) {
    var kinds: [(kind: Kind, terms: [Selector])] = []
    for term in terms {
      if let known = kinds.firstIndex(where: { $0.kind == term.kind }) {
        kinds[known].terms.append(term)
      } else {
        kinds.append((term.kind, [term]))
      }
    }
    self = .all(kinds.map { $0.terms.count == 1 ? $0.terms[0] : .any($0.terms) })
  }

  private enum Kind {
    case range, deleted, peer, path, compound
  }

  private var kind: Kind {
    switch self {
    case .range: .range
    case .deleted: .deleted
    case .peer: .peer
    case .path: .path
    case .all, .any: .compound
    }
  }

  /// The same selector with the names of hosts and services looked up.
  ///
  /// The corresponding library calls are `getaddrinfo(3)` and `getservbyname(3)`. A name that is not
  /// found is an error, and not a host that nothing is connected to.
  package func resolved() throws(SelectorError) -> Selector {
    switch self {
    case .range, .deleted, .path: return self
    case .peer(let pattern): return .peer(try pattern.resolved())
    case .all(let parts): return .all(try Self.resolved(parts))
    case .any(let parts): return .any(try Self.resolved(parts))
    }
  }

  private static func resolved(_ parts: [Selector]) throws(SelectorError) -> [Selector] {
    var resolved: [Selector] = []
    for part in parts { resolved.append(try part.resolved()) }
    return resolved
  }
}

extension Selector {
  /// The facts that an evaluation looks at; none where numbers alone decide.
  package var facts: FactSet {
    switch self {
    case .range: []
    case .deleted: .target
    case .path: .path
    case .peer: .sockets
    case .all(let parts), .any(let parts):
      parts.reduce(into: FactSet()) { $0.formUnion($1.facts) }
    }
  }

  /// Whether a descriptor is meant; nil where a fact that decides it could not be read.
  package func evaluate(_ descriptor: Descriptor) -> Bool? {
    switch self {
    case .range(let list): list.contains(descriptor.number)
    case .deleted: descriptor.isDeleted.value
    case .path(let glob): descriptor.path.value.map(glob.matches)
    case .peer(let pattern): descriptor.socket.value.map { $0?.peer.map(pattern.matches) ?? false }
    case .all(let parts): Self.conjunction(parts, descriptor)
    case .any(let parts): Self.disjunction(parts, descriptor)
    }
  }

  /// Kleene's: one part that fails decides, whatever is unknown of the others.
  private static func conjunction(_ parts: [Selector], _ descriptor: Descriptor) -> Bool? {
    var all: Bool? = true
    for part in parts {
      switch part.evaluate(descriptor) {
      case false: return false
      case nil: all = nil
      default: break
      }
    }
    return all
  }

  private static func disjunction(_ parts: [Selector], _ descriptor: Descriptor) -> Bool? {
    var any: Bool? = false
    for part in parts {
      switch part.evaluate(descriptor) {
      case true: return true
      case nil: any = nil
      default: break
      }
    }
    return any
  }

  /// Whether a number can be meant at all, as far as numbers tell: facts of others need not be read.
  package func admits(_ number: UInt32) -> Bool {
    switch self {
    case .range(let list): list.contains(number)
    case .deleted, .peer, .path: true
    case .all(let parts): parts.allSatisfy { $0.admits(number) }
    case .any(let parts): parts.contains { $0.admits(number) }
    }
  }
}
