import FDCore
import FDSelectors

/// Endless inputs, each decided by a seed and its number, and the requirements for all of them.
package struct Fuzzer {
  package let seed: UInt64
  private let corpus: [[UInt8]]
  /// The corpus texts that take a thousand times as long to check.
  private let long: [[UInt8]]

  package init(seed: UInt64, corpus: [[UInt8]]) {
    self.seed = seed
    self.corpus = corpus.filter { $0.count < 1024 }
    long = corpus.filter { $0.count >= 1024 }
  }

  /// An input from the grammar, from the corpus or of random bytes; one in three is mutated.
  package func input(_ number: UInt64) -> [UInt8] {
    var random = entropy(number)
    var text: [UInt8]
    switch random.below(8) {
    case 0 where !corpus.isEmpty:
      text = random.pick(corpus)
      if !long.isEmpty, random.once(in: 1000) { text = random.pick(long) }
    case 1: text = (0..<random.below(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    default:
      var generator = TextGenerator(random)
      text = generator.expression()
      random = generator.random
    }
    let other = corpus.isEmpty ? [] : random.pick(corpus)
    if random.once(in: 3) { Mutation.change(&text, with: other, &random) }
    return text
  }

  private func entropy(_ number: UInt64) -> Entropy {
    Entropy(seed: seed &+ number &* 0xD134_2543_DE82_EF95)
  }

  /// Checks all requirements for an input; throws the first fault.
  package static func check(_ text: [UInt8]) throws(Fault) {
    // The text alone decides the samples that are made up for it. They are therefore the same each time and
    // in every process.
    let constant = Sample.withoutOwnPID(text)
    let seed = constant.reduce(5381 as UInt64) { $0 &* 33 ^ UInt64($1) }
    var random = Entropy(seed: seed, given: Array(constant.prefix(64)))
    let first = try checkExpression(text, &random)
    let name = random.pick(TermSyntax.all.map { $0.name } + ["", "paths", "no\u{0}ne"])
    try checkOption(name, text, &random)
    try checkCombining(first, &random)
  }

  typealias Pair = (selector: Selector, reference: Reference)

  private static func checkExpression(_ text: [UInt8], _ random: inout Entropy) throws(Fault) -> Pair? {
    try check(text, &random) { () throws(SelectorError) in
      try Selector(parsing: ByteString(text))
    } reference: { () throws(Refusal) in
      try ReferenceParser.selector(text)
    }
  }

  private static func checkOption(_ name: String, _ value: [UInt8], _ random: inout Entropy) throws(Fault) {
    // The program chooses the name of an option. Only its value can be arbitrary.
    let isKnown = TermSyntax.all.contains { $0.name == name }
    let source = isKnown ? value : Array(name.utf8)
    _ = try check(source, &random) { () throws(SelectorError) in
      try Selector(term: name, value: ByteString(value))
    } reference: { () throws(Refusal) in
      .term(try ReferenceTerm(option: name, value))
    }
  }

  private static func check(
    _ source: [UInt8], _ random: inout Entropy, _ parse: () throws(SelectorError) -> Selector,
    reference: () throws(Refusal) -> Reference
  ) throws(Fault) -> Pair? {
    let expected = try? reference()
    let selector: Selector
    do {
      selector = try parse()
    } catch {
      try ErrorCheck.check(error, of: source)
      try require(expected == nil, "is refused but should be accepted: \(error)")
      return nil
    }
    guard let expected else { throw Fault("is read as '\(selector)' but should be refused") }
    var check = SelectorCheck(
      selector: selector, reference: expected, source: source, random: Entropy(seed: random.next()))
    try check.run(samples: 2)
    return (selector, expected)
  }

  /// Checks that selectors side by side mean what the manual page says.
  private static func checkCombining(_ first: Pair?, _ random: inout Entropy) throws(Fault) {
    var pairs = first.map { [$0] } ?? []
    for _ in 0..<random.below(4) {
      // Another input finds the faults of a single selector.
      if let pair = Self.part(&random) { pairs.append(pair) }
    }
    guard !pairs.isEmpty else { return }
    let selector = Selector(combining: pairs.map { $0.selector })
    let reference = Reference.combining(pairs.map { $0.reference })
    var check = SelectorCheck(
      selector: selector, reference: reference, source: nil, random: Entropy(seed: random.next()))
    try check.run(samples: 2)
  }

  private static func part(_ random: inout Entropy) -> Pair? {
    var generator = TextGenerator(Entropy(seed: random.next()))
    if random.once(in: 2) {
      let text = generator.term()
      guard let selector = try? Selector(parsing: ByteString(text)) else { return nil }
      return (try? ReferenceParser.selector(text)).map { (selector, $0) }
    }
    let (name, value) = generator.namedValue()
    guard let selector = try? Selector(term: name, value: ByteString(value)) else { return nil }
    return (try? ReferenceTerm(option: name, value)).map { (selector, .term($0)) }
  }
}
