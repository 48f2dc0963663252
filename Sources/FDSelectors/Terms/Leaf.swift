import FDCore

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
