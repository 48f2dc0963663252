package import FDCore

/// Something that a selector says of a descriptor.
///
/// Each kind of term is a type of its own: what it reads, for which types of descriptor it can hold, and
/// when it does. Two terms are the same where their text is.
package protocol Term: AnyObject, Sendable {
  /// Its text in the normal form, from which it can be parsed.
  var description: String { get }

  /// The word before its value, by which terms side by side are of one kind; see `TermSyntax`.
  var name: String { get }

  /// What could not be read where it is unknown, in words.
  var subject: String { get }

  /// The facts that it may look at.
  var facts: FactSet { get }

  /// The types of descriptor for which it can hold.
  var domain: TypeSet { get }

  /// The types for which its negation can hold.
  var negatedDomain: TypeSet { get }

  /// The numbers that it means; nil where they are not all that it speaks of.
  var numbers: RangeList? { get }

  /// It, where it compares.
  var comparison: Comparison? { get }

  /// Other descriptors that it compares with.
  var comparedNumbers: [UInt32] { get }

  /// Whether it holds; not read, where a fact that decides it was not yet.
  func evaluate(_ descriptor: Descriptor) -> Fact<Bool>

  /// The same term with what it names looked up; `snippet` is where it stands.
  func resolved(at snippet: Snippet) throws(SelectorError) -> any Term
}

extension Term {
  package var negatedDomain: TypeSet { .all }
  package var numbers: RangeList? { nil }
  package var comparison: Comparison? { nil }
  package var comparedNumbers: [UInt32] { [] }
  package func resolved(at snippet: Snippet) throws(SelectorError) -> any Term { self }
}

/// A term that is made from the value after its name.
protocol ValueTerm: Term {
  /// The words that the value may be made of; none where that is no list of words.
  static var words: [String] { get }

  /// Throws for a value that it cannot be made from; an empty one is never asked for.
  init(_ value: Value) throws(SelectorError)
}

extension ValueTerm {
  static var words: [String] { [] }
}

/// A term where it stands in a selector.
package struct Leaf: Sendable {
  package let term: any Term
  /// Where it was written; of no meaning for equality.
  package let snippet: Snippet

  init(_ term: any Term, at snippet: Snippet) {
    self.term = term
    self.snippet = snippet
  }

  func resolved() throws(SelectorError) -> Leaf {
    Leaf(try term.resolved(at: snippet), at: snippet)
  }
}

extension Leaf: Equatable {
  package static func == (one: Leaf, other: Leaf) -> Bool { one.term.description == other.term.description }
}

// MARK: - Parsing

extension Leaf {
  /// Reads a term that is one word: ranges, a bare word, or a name, a colon and a value.
  init(word snippet: Snippet) throws(SelectorError) {
    if snippet.bytes.first.map(RangeList.mayBegin) == true {
      self.init(try RangeList(Value(quoted: snippet)), at: snippet)
      return
    }
    guard let colon = snippet.bytes.firstIndex(of: UInt8(ascii: ":")) else {
      try self.init(bareWord: snippet)
      return
    }
    let name = Snippet(snippet.source, snippet.range.lowerBound..<colon)
    let value = Value(quoted: Snippet(snippet.source, colon + 1..<snippet.range.upperBound))
    let syntax = try TermSyntax.named(name)
    switch syntax.form {
    case .value(let make), .wordOrValue(_, let make):
      guard !value.isEmpty else { throw SelectorError(snippet, .missingValue(syntax)) }
      self.init(try make(value), at: snippet)
    case .word:
      throw SelectorError(value.snippet, .noValue(syntax))
    case .comparison:
      throw SelectorError(snippet, .missingComparison(syntax))
    }
  }

  /// Reads a term by its name and an option's value.
  init(name: String, _ value: Value) throws(SelectorError) {
    let syntax = try TermSyntax.named(Snippet(ByteString(name)))
    switch syntax.form {
    case .word(let term): self.init(term, at: Snippet(ByteString(name)))
    case .value(let make), .wordOrValue(_, let make):
      guard !value.isEmpty else { throw SelectorError(value.snippet, .missingValue(syntax)) }
      self.init(try make(value), at: value.snippet)
    case .comparison: throw SelectorError(value.snippet, .missingComparison(syntax))
    }
  }

  /// Reads a term that compares: its name, the comparison and the amount.
  init(comparing word: Snippet, _ comparison: Snippet, with amount: Value) throws(SelectorError) {
    let syntax = try TermSyntax.named(word)
    guard case .comparison(let quantity) = syntax.form else {
      throw SelectorError(comparison, .notCompared(syntax))
    }
    let term = try Comparison(quantity, comparison, amount, in: word.through(amount.snippet))
    self.init(term, at: word.through(amount.snippet))
  }

  private init(bareWord snippet: Snippet) throws(SelectorError) {
    let syntax = try TermSyntax.named(snippet)
    switch syntax.form {
    case .word(let term), .wordOrValue(let term, _): self.init(term, at: snippet)
    case .value: throw SelectorError(snippet, .missingValue(syntax))
    case .comparison: throw SelectorError(snippet, .missingComparison(syntax))
    }
  }
}
