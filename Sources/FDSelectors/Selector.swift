package import FDCore

/// An expression that decides which descriptors of a process to close, as a tree of terms.
///
/// The options and operands of a command line are short forms of such a tree; see `rangeclose-selectors(7)`.
package indirect enum Selector: Equatable, Sendable {
  /// A single term.
  case leaf(Leaf)
  /// The negation of a selector.
  case not(Selector)
  /// The conjunction of two or more selectors: all of them must hold.
  case all([Selector])
  /// The disjunction of two or more selectors: at least one of them must hold.
  case any([Selector])
}

extension Selector {
  /// Parses an expression in the grammar of `rangeclose-selectors(7)`.
  ///
  /// Names, such as the names of hosts, are not looked up until `resolved()` is called. Throws if the text
  /// does not follow the grammar, or if a term refuses its value.
  package init(parsing text: ByteString) throws(SelectorError) {
    do {
      try self.init(guessing: text)
    } catch {
      throw Self.whole(error)
    }
  }

  /// Parses an expression; an error has the meaning of the first wrong word only.
  init(guessing text: ByteString) throws(SelectorError) {
    do {
      var parser = try Parser(text)
      self = try parser.selector()
    } catch {
      throw Guess.improved(error)
    }
  }

  /// Creates a term from its name and the value of an option; the value of a quantity is `>1G` or similar.
  ///
  /// Blanks and quotes in the value are ordinary bytes. Throws `notATerm` for an unknown name, `missingValue`
  /// for a value that is empty or nil, or the error of the term.
  package init(term name: String, value: ByteString?) throws(SelectorError) {
    do {
      self = .leaf(try Leaf(name: name, value.map(Value.init(verbatim:))))
    } catch {
      throw Guess.improved(error)
    }
  }

  /// Combines the selectors of a command line, of which there is at least one.
  ///
  /// Single terms with the same name are alternatives. The groups of alternatives must all hold, and so must
  /// every expression of several terms.
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

  /// The name of the term if the selector is a single term; otherwise nil.
  private var termName: String? {
    guard case .leaf(let leaf) = self else { return nil }
    return leaf.term.name
  }

  /// The terms, in the order of the text.
  package var leaves: [Leaf] {
    switch self {
    case .leaf(let leaf): [leaf]
    case .not(let part): part.leaves
    case .all(let parts), .any(let parts): parts.flatMap { $0.leaves }
    }
  }

  /// The text from the first term to the last, or the text of the first term alone if the terms have
  /// different sources.
  package var snippet: Snippet? {
    let leaves = leaves
    guard let first = leaves.first, let last = leaves.last else { return nil }
    return first.snippet.through(last.snippet)
  }

  /// The same selector after a lookup of the hosts, services and processes that it names.
  ///
  /// A name that is not found is an error, not a term that matches nothing. Throws `unknownHost`,
  /// `unknownService` or `unknownOwner`.
  package func resolved() throws(SelectorError) -> Selector {
    try mapLeaves { (leaf) throws(SelectorError) in try leaf.resolved() }
  }

  /// The same selector after a lookup of the mount points that it names, as one target sees them.
  ///
  /// Throws `unknownMount` for a path that is no mount point.
  package func located(in namespace: MountNamespace) throws(SelectorError) -> Selector {
    // Numbers alone are the same in every namespace.
    if facts.isEmpty { return self }
    return try mapLeaves { (leaf) throws(SelectorError) in try leaf.located(in: namespace) }
  }

  private func mapLeaves(_ change: (Leaf) throws(SelectorError) -> Leaf) throws(SelectorError) -> Selector {
    func changed(_ parts: [Selector]) throws(SelectorError) -> [Selector] {
      var result: [Selector] = []
      for part in parts { result.append(try part.mapLeaves(change)) }
      return result
    }
    switch self {
    case .leaf(let leaf): return .leaf(try change(leaf))
    case .not(let part): return .not(try part.mapLeaves(change))
    case .all(let parts): return .all(try changed(parts))
    case .any(let parts): return .any(try changed(parts))
    }
  }
}

// MARK: - Evaluation

extension Selector {
  /// The facts that an evaluation can need; empty if the descriptor numbers alone decide.
  package var facts: FactSet {
    switch self {
    case .leaf(let leaf): leaf.term.facts
    case .not(let part): part.facts
    case .all(let parts), .any(let parts): parts.reduce(into: []) { $0.formUnion($1.facts) }
    }
  }

  /// The numbers of the descriptors that `same-as` terms compare with, ascending; see `Descriptor.sameAs`.
  package var comparedNumbers: [UInt32] {
    if !facts.contains(.sharing) { return [] }
    return Array(Set(leaves.flatMap { $0.term.comparedNumbers })).sorted()
  }

  /// Whether the selector asks for what keeps a file system busy, and for no numbers.
  package var asksForFileSystem: Bool {
    leaves.contains { ["mount", "fs"].contains($0.term.name) } && leaves.allSatisfy { $0.term.numbers == nil }
  }

  /// Whether a term outside of negations names the state of listening sockets.
  package var namesListeners: Bool {
    switch self {
    case .leaf(let leaf): leaf.term.namesListeners
    case .not: false
    case .all(let parts), .any(let parts): parts.contains { $0.namesListeners }
    }
  }

  /// The numbers that stand alone as operands or parts, and not in a list, a range or a negation.
  package var bareNumbers: [UInt32] {
    switch self {
    case .leaf(let leaf):
      guard let ranges = leaf.term.numbers?.ranges, ranges.count == 1, let range = ranges.first,
        range.lowerBound == range.upperBound
      else { return [] }
      return [range.lowerBound]
    case .not: return []
    case .all(let parts), .any(let parts): return parts.flatMap { $0.bareNumbers }
    }
  }

  /// The descriptor numbers for which the selector holds, or nil if a number alone does not decide.
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

  /// The only numbers for which the selector can hold; nil if it may hold for any number.
  package var bound: RangeList? {
    if let numbers { return numbers }
    switch self {
    case .leaf, .not: return nil
    case .all(let parts):
      let bounds = parts.compactMap { $0.bound }
      return bounds.dropFirst().reduce(bounds.first) { $0?.intersection($1) }
    case .any(let parts):
      let bounds = parts.compactMap { $0.bound }
      return bounds.count < parts.count ? nil : bounds.dropFirst().reduce(bounds.first) { $0?.union($1) }
    }
  }

  /// Decides whether the selector holds for a descriptor.
  ///
  /// The result is nil if it depends on a fact that was not read, or that could not be read. The evaluation
  /// follows Kleene's three-valued logic. One part can decide even if other parts are unknown. The negation
  /// of unknown is unknown.
  package func evaluate(_ descriptor: Descriptor) -> Bool? {
    switch self {
    case .leaf(let leaf):
      return leaf.term.evaluate(descriptor).value
    case .not(let part):
      return part.evaluate(descriptor).map { !$0 }
    case .all(let parts):
      return Self.evaluate(parts, descriptor, absorbing: false)
    case .any(let parts):
      return Self.evaluate(parts, descriptor, absorbing: true)
    }
  }

  /// Evaluates the parts of a conjunction or a disjunction.
  ///
  /// One part with the absorbing value gives the result that value. The absorbing value is false for a
  /// conjunction and true for a disjunction.
  private static func evaluate(
    _ parts: [Selector], _ descriptor: Descriptor, absorbing: Bool
  ) -> Bool? {
    var result: Bool? = !absorbing
    for part in parts {
      switch part.evaluate(descriptor) {
      case absorbing: return absorbing
      case nil: result = nil
      default: break
      }
    }
    return result
  }

  /// The facts of a descriptor that the selector needs and that could not be read, each with its error.
  ///
  /// A fact is a phrase for a message, such as "its path". Each pair of fact and error occurs once.
  package func obstacles(for descriptor: Descriptor) -> [(fact: String, reason: Errno)] {
    var obstacles: [(fact: String, reason: Errno)] = []
    for leaf in leaves {
      guard let reason = leaf.term.evaluate(descriptor).error else { continue }
      let isKnown = obstacles.contains { $0.fact == leaf.term.factName && $0.reason == reason }
      if !isKnown { obstacles.append((leaf.term.factName, reason)) }
    }
    return obstacles
  }
}

// MARK: - Text

extension Selector: CustomStringConvertible {
  /// The normal form, which parses to the same tree.
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
