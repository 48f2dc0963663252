package import FDCore

/// Which descriptors are meant: the tree that options and operands are short for.
package indirect enum Selector: Equatable, Sendable {
  case leaf(Leaf)
  case not(Selector)
  /// Every part holds; two or more.
  case all([Selector])
  /// At least one part holds; two or more.
  case any([Selector])
}

extension Selector {
  /// Parses an expression, in the grammar of `rangeclose-selectors(7)`.
  ///
  /// Names of hosts and the like are not looked up yet; see `resolved()`.
  package init(parsing text: ByteString) throws(SelectorError) {
    var parser = try Parser(text)
    self = try parser.selector()
  }

  /// A term by its name and an option's value, which is taken as it is: blanks and quotes are part of it.
  package init(term name: String, value: ByteString) throws(SelectorError) {
    self = .leaf(try Leaf(name: name, Value(verbatim: value)))
  }

  /// Puts selectors that stand side by side together: terms of one name are alternatives, and whatever has
  /// different names must hold, as must every expression of several terms.
  package init(combining selectors: [Selector]) {
    var groups: [(name: String?, parts: [Selector])] = []
    for selector in selectors {
      let name = selector.termName
      if let name, let known = groups.firstIndex(where: { $0.name == name }) {
        groups[known].parts.append(selector)
      } else {
        groups.append((name, [selector]))
      }
    }
    let parts = groups.map { $0.parts.count == 1 ? $0.parts[0] : .any($0.parts) }
    self = parts.count == 1 ? parts[0] : .all(parts)
  }

  /// The name of its only term; nil for an expression.
  private var termName: String? {
    guard case .leaf(let leaf) = self else { return nil }
    return leaf.term.name
  }

  /// The terms, in the order they were written.
  package var leaves: [Leaf] {
    switch self {
    case .leaf(let leaf): [leaf]
    case .not(let part): part.leaves
    case .all(let parts), .any(let parts): parts.flatMap { $0.leaves }
    }
  }

  /// Where it was written, as far as that is one place.
  package var snippet: Snippet? {
    let leaves = leaves
    guard let first = leaves.first, let last = leaves.last else { return nil }
    return first.snippet.through(last.snippet)
  }

  /// The same selector with what it names looked up: hosts, services, mount points, processes.
  ///
  /// What is not found is an error, and not something that nothing matches.
  package func resolved() throws(SelectorError) -> Selector {
    switch self {
    case .leaf(let leaf): return .leaf(try leaf.resolved())
    case .not(let part): return .not(try part.resolved())
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

// MARK: - Evaluation

extension Selector {
  /// The facts that an evaluation may look at; none where numbers alone decide.
  package var facts: FactSet {
    leaves.reduce(into: FactSet()) { $0.formUnion($1.term.facts) }
  }

  /// The descriptors that others are compared with; see `Descriptor.sameAs`.
  package var comparedNumbers: [UInt32] {
    Array(Set(leaves.flatMap { $0.term.comparedNumbers })).sorted()
  }

  /// The numbers that it means, disjoint and ascending; nil where numbers alone do not decide.
  package var numbers: RangeList? {
    switch self {
    case .leaf(let leaf):
      return leaf.term.numbers
    case .not(let part):
      return part.numbers?.complement
    case .all(let parts):
      return parts.dropFirst().reduce(parts.first?.numbers) { all, part in
        part.numbers.flatMap { all?.intersection($0) }
      }
    case .any(let parts):
      return parts.dropFirst().reduce(parts.first?.numbers) { any, part in
        part.numbers.flatMap { any?.union($0) }
      }
    }
  }

  /// Whether a descriptor is meant; nil where a fact that decides it was not read, or could not be.
  ///
  /// Kleene's logic: one part may decide, whatever is unknown of the others; and what is unknown stays so
  /// under `not`.
  package func evaluate(_ descriptor: Descriptor) -> Bool? {
    switch self {
    case .leaf(let leaf):
      return leaf.term.evaluate(descriptor).value
    case .not(let part):
      return part.evaluate(descriptor).map { !$0 }
    case .all(let parts):
      return Self.evaluate(parts, descriptor, decidedBy: false)
    case .any(let parts):
      return Self.evaluate(parts, descriptor, decidedBy: true)
    }
  }

  /// One part of that value decides; else all of them do, if they are known.
  private static func evaluate(
    _ parts: [Selector], _ descriptor: Descriptor, decidedBy value: Bool
  ) -> Bool? {
    var result: Bool? = !value
    for part in parts {
      switch part.evaluate(descriptor) {
      case value: return value
      case nil: result = nil
      default: break
      }
    }
    return result
  }

  /// What kept a descriptor from being decided, in words, and why that could not be read.
  package func obstacles(for descriptor: Descriptor) -> [(fact: String, reason: Errno)] {
    var obstacles: [(fact: String, reason: Errno)] = []
    for leaf in leaves {
      guard let reason = leaf.term.evaluate(descriptor).error else { continue }
      let isKnown = obstacles.contains { $0.fact == leaf.term.subject && $0.reason == reason }
      if !isKnown { obstacles.append((leaf.term.subject, reason)) }
    }
    return obstacles
  }
}

// MARK: - Text

extension Selector: CustomStringConvertible {
  /// The normal form: parsed again it gives the same tree.
  package var description: String {
    switch self {
    case .leaf(let leaf): leaf.term.description
    case .not(let part): "not \(part.isCompound ? "(\(part))" : "\(part)")"
    case .all(let parts): parts.map { $0.isCompound ? "(\($0))" : "\($0)" }.joined(separator: " and ")
    case .any(let parts):
      parts.map { part in
        if case .any = part { "(\(part))" } else { "\(part)" }
      }.joined(separator: " or ")
    }
  }

  private var isCompound: Bool {
    switch self {
    case .leaf, .not: false
    case .all, .any: true
    }
  }
}
