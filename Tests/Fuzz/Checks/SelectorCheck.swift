import FDCore
import FDSelectors

/// Checks the requirements for an accepted selector.
struct SelectorCheck {
  let selector: Selector
  let reference: Reference
  /// The text that it was written as; nil for several selectors that were combined.
  let source: [UInt8]?
  var random: Entropy

  /// Runs all checks on some samples; throws the first fault.
  mutating func run(samples: Int) throws(Fault) {
    let again = try printed()
    let view = try resolved()
    let isSensible = try sense()
    for _ in 0..<samples {
      var generator = SampleGenerator(Entropy(seed: random.next()), for: reference)
      let sample = generator.sample()
      let whole = View(sample: sample, read: Set(View.Fact.allCases), isResolved: view.isResolved)
      let verdict = try compare(view.selector, whole)
      if let again {
        try require(
          again.evaluate(whole.descriptor) == selector.evaluate(whole.descriptor),
          "\(selector) reads back as a selector with another verdict on \(sample)")
      }
      if !isSensible { try require(verdict != true, "refused as senseless but true for \(sample)") }
      try checkStages(view.selector, whole, verdict)
      try checkParts(view.selector, whole, verdict)
      try checkDomains(view.selector, whole)
    }
  }

  /// Checks that the printed selector reads back as the same selector.
  ///
  /// The result is nil if the printed text is too long, because one byte may take four to print.
  private func printed() throws(Fault) -> Selector? {
    let text = ByteString(selector.description)
    guard text.bytes.count <= 1 << 16 else { return nil }
    try require(!text.bytes.contains { $0 < 0x20 || $0 == 0x7F }, "prints control characters: \(text)")
    let again: Selector
    do {
      again = try Selector(parsing: text)
    } catch {
      throw Fault("the printed selector is refused: \(selector): \(error)")
    }
    try require(again == selector, "reads back as another: \(selector), \(again)")
    try require(again.description == selector.description, "prints another text: \(selector), \(again)")
    return again
  }

  /// Looks names up, if that needs no other process and no name server.
  private func resolved() throws(Fault) -> (selector: Selector, isResolved: Bool) {
    guard reference.terms.allSatisfy({ $0.isLookedUpLocally }) else { return (selector, false) }
    let isKnown = reference.terms.allSatisfy { $0.isKnownHere }
    Sample.holdEnds()
    guard let namespace = try? MountNamespace.own() else { return (selector, false) }
    let resolved: Selector
    do {
      resolved = try selector.resolved().located(in: namespace)
    } catch {
      if let source { try ErrorCheck.check(error, of: source) }
      try require(!isKnown, "a known name is not found: \(error)")
      return (selector, false)
    }
    try require(resolved.description == selector.description, "prints another text, looked up: \(resolved)")
    return isKnown ? (resolved, true) : (selector, false)
  }

  /// Whether the selector is not refused for its meaning.
  ///
  /// Only a plain conjunction is judged by that.
  private func sense() throws(Fault) -> Bool {
    do {
      try selector.checkSense()
      return true
    } catch {
      if let source { try ErrorCheck.check(error, of: source) }
      guard case .all(let parts) = reference else { return true }
      if case .exhaustiveComparisons = error.problem { return true }
      return !parts.allSatisfy { if case .term = $0 { true } else { false } }
    }
  }

  private func compare(_ selector: Selector, _ view: View) throws(Fault) -> Bool? {
    let verdict = selector.evaluate(view.descriptor)
    let expected = reference.holds(for: view)
    try require(
      verdict == expected,
      "\(selector) is \(Self.word(verdict)), should be \(Self.word(expected)), having read \(view.read), "
        + "but not \(view.unreadable), of \(view.sample)")
    return verdict
  }

  /// Checks that missing facts leave a verdict unknown or as it is with all facts.
  private mutating func checkParts(_ selector: Selector, _ whole: View, _ verdict: Bool?) throws(Fault) {
    for _ in 0..<3 {
      var view = whole
      view.read = whole.read.filter { _ in random.once(in: 2) }
      view.unreadable = random.once(in: 2) ? [] : whole.read.filter { _ in random.once(in: 3) }
      let known = try compare(selector, view)
      try require(
        known == nil || known == verdict, "\(selector) changes with the facts read of \(whole.sample)")
    }
  }

  /// Checks that the facts that the selector asks for decide everything.
  ///
  /// The facts are read in the order of their cost.
  private func checkStages(_ selector: Selector, _ whole: View, _ verdict: Bool?) throws(Fault) {
    var view = whole
    var facts = FactSet()
    for stage in [FactSet()] + FactSet.stages where selector.facts.isSuperset(of: stage) {
      facts.formUnion(stage)
      view.read = Set(View.Fact.allCases.filter { facts.isSuperset(of: $0.factSet) })
      if let known = try compare(selector, view) {
        try require(known == verdict, "\(selector) changes at a later stage for \(whole.sample)")
        return
      }
    }
    // The kernel itself does not report some facts.
    if verdict == nil { return }
    throw Fault("\(selector) asks for too few facts to decide about \(whole.sample)")
  }

  /// Checks that a term, and its negation, is true only for the types that it declares.
  private func checkDomains(_ selector: Selector, _ whole: View) throws(Fault) {
    let descriptor = whole.descriptor
    guard let type = descriptor.type.value else { return }
    for leaf in selector.leaves {
      guard let holds = leaf.term.evaluate(descriptor).value else { continue }
      let domain = holds ? leaf.term.domain : leaf.term.negatedDomain
      try require(
        domain.contains(TypeSet(type)),
        "\(leaf.term.description) is \(holds) outside its domain for \(whole.sample)")
    }
  }

  private static func word(_ verdict: Bool?) -> String { verdict.map { "\($0)" } ?? "unknown" }
}

extension View.Fact {
  fileprivate var factSet: FactSet {
    switch self {
    case .status: .status
    case .target: .target
    // The reader reads it together with these two facts.
    case .specialInode: [.status, .target]
    case .path: .path
    case .info: .info
    case .sharing: .sharing
    case .socketType: .socketType
    case .sockets: .sockets
    case .unixSockets: .unixSockets
    case .mirrors: .mirrors
    case .activity: .activity
    }
  }
}

extension ReferenceTerm {
  /// Whether the names that it uses can be looked up without a name server or another process.
  fileprivate var isLookedUpLocally: Bool {
    switch self {
    case .mount(let path), .fileSystem(let path), .terminal(let path): return !path.starts(with: "/dev".utf8)
    default: return isKnownHere
    }
  }

  /// Whether everything that it names is sure to be found without asking others.
  fileprivate var isKnownHere: Bool {
    switch self {
    case .mount(let path), .fileSystem(let path): Sample.mounts[path] != nil
    case .terminal: false
    // The pipe and the sockets must exist before they are looked for.
    case .owner(let pids):
      pids.allSatisfy { "\($0)" == Sample.ownPID } && Sample.ownPipe.inode > 0 && !Sample.ownSockets.isEmpty
    case .end(_, let ends): ends.allSatisfy { $0.isKnownHere }
    default: true
    }
  }
}

extension ReferenceEnd {
  fileprivate var isKnownHere: Bool {
    guard case .internet(let hosts, let ports, true) = self else { return true }
    return hosts?.isEmpty != true && !ports.isEmpty
  }
}
