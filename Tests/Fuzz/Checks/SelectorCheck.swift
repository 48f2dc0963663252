import FDCore
import FDSelectors

/// What an accepted selector has to be like.
struct SelectorCheck {
  let selector: Selector
  let reference: Reference
  /// What it was written as; nil for several put together.
  let source: [UInt8]?
  var random: Entropy

  /// Throws the first fault.
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
          "\(selector) reads back as what says otherwise of \(sample)")
      }
      if !isSensible { try require(verdict != true, "refused as senseless, and true of \(sample)") }
      try checkStages(view.selector, whole, verdict)
      try checkParts(view.selector, whole, verdict)
      try checkDomains(view.selector, whole)
    }
  }

  /// What is printed reads back as the same; nil where it is too long, for a byte may take four to print.
  private func printed() throws(Fault) -> Selector? {
    let text = ByteString(selector.description)
    guard text.bytes.count <= 1 << 16 else { return nil }
    try require(!text.bytes.contains { $0 < 0x20 || $0 == 0x7F }, "prints control characters: \(text)")
    let again: Selector
    do {
      again = try Selector(parsing: text)
    } catch {
      throw Fault("what is printed is refused: \(selector): \(error)")
    }
    try require(again == selector, "reads back as another: \(selector), \(again)")
    try require(again.description == selector.description, "prints otherwise: \(selector), \(again)")
    return again
  }

  /// Looks names up, if no one else has to be asked for them.
  private func resolved() throws(Fault) -> (selector: Selector, isResolved: Bool) {
    guard reference.terms.allSatisfy({ $0.isOfThisMachine }) else { return (selector, false) }
    let isKnown = reference.terms.allSatisfy { $0.isKnownHere }
    Sample.holdEnds()
    let resolved: Selector
    do {
      resolved = try selector.resolved()
    } catch {
      if let source { try ErrorCheck.check(error, of: source) }
      try require(!isKnown, "what it names is not found: \(error)")
      return (selector, false)
    }
    try require(resolved.description == selector.description, "looked up, prints otherwise: \(resolved)")
    return isKnown ? (resolved, true) : (selector, false)
  }

  /// Whether it is not refused for what it means; only one that is a plain conjunction is judged by that.
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

  /// Whatever is not read yet or cannot be: a verdict is never another one than that of who knows all.
  private mutating func checkParts(_ selector: Selector, _ whole: View, _ verdict: Bool?) throws(Fault) {
    for _ in 0..<3 {
      var view = whole
      view.read = whole.read.filter { _ in random.once(in: 2) }
      view.unreadable = random.once(in: 2) ? [] : whole.read.filter { _ in random.once(in: 3) }
      let known = try compare(selector, view)
      try require(
        known == nil || known == verdict, "\(selector) changes with what is read of \(whole.sample)")
    }
  }

  /// Read in the order of cost, and no more than is asked for, everything is decided at the end.
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
    // There is what the kernel itself does not tell.
    if verdict == nil { return }
    throw Fault("\(selector) asks for too few facts to decide about \(whole.sample)")
  }

  /// A term is true only of what it says it can be, and so is its negation.
  private func checkDomains(_ selector: Selector, _ whole: View) throws(Fault) {
    let descriptor = whole.descriptor
    guard let type = descriptor.type.value else { return }
    for leaf in selector.leaves {
      guard let holds = leaf.term.evaluate(descriptor).value else { continue }
      let domain = holds ? leaf.term.domain : leaf.term.negatedDomain
      try require(
        domain.contains(TypeSet(type)),
        "\(leaf.term.description) is \(holds), which it cannot be, of \(whole.sample)")
    }
  }

  private static func word(_ verdict: Bool?) -> String { verdict.map { "\($0)" } ?? "unknown" }
}

extension View.Fact {
  fileprivate var factSet: FactSet {
    switch self {
    case .status: .status
    case .target: .target
    // Comes with the two.
    case .oddity: [.status, .target]
    case .path: .path
    case .info: .info
    case .sharing: .sharing
    case .socketType: .socketType
    case .sockets: .sockets
    case .unixSockets: .unixSockets
    }
  }
}

extension ReferenceTerm {
  /// Whether nobody else is asked for what it names: no name server, and no other process.
  fileprivate var isOfThisMachine: Bool {
    if case .mount(let path) = self { return !path.starts(with: "/dev".utf8) }
    return isKnownHere
  }

  /// Whether all that it names can be looked up without asking anybody else.
  fileprivate var isKnownHere: Bool {
    switch self {
    case .mount(let path): Sample.mounts[path] != nil
    // What is looked for has to be there before it is looked for.
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
