import FDCore

/// A term at its place in the text of a selector.
package struct Leaf: Sendable {
  /// The term.
  package let term: any Term
  /// The text of the term, for errors to point at.
  ///
  /// Equality ignores it.
  package let snippet: Snippet

  init(_ term: any Term, at snippet: Snippet) {
    self.term = term
    self.snippet = snippet
  }

  /// The same leaf after a lookup of the names in its term.
  func resolved() throws(SelectorError) -> Leaf {
    Leaf(try term.resolved(at: snippet), at: snippet)
  }

  /// The same leaf after a lookup of the paths in its term.
  func located(in namespace: MountNamespace) throws(SelectorError) -> Leaf {
    Leaf(try term.located(in: namespace, at: snippet), at: snippet)
  }
}

extension Leaf: Equatable {
  /// True if the two terms have the same normal form.
  package static func == (one: Leaf, other: Leaf) -> Bool { one.term.description == other.term.description }
}

// MARK: - Parsing

extension Leaf {
  /// Parses a term of one word that is no range list: a bare word, or a name, a colon and a value.
  ///
  /// Throws if the word is not a term.
  init(word snippet: Snippet) throws(SelectorError) {
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
      throw SelectorError(value.snippet, .unexpectedValue(syntax))
    case .comparison:
      throw SelectorError(snippet, .missingComparison(syntax))
    }
  }

  /// Creates a term from its name and the value of an option, or nil for an option without a value.
  ///
  /// Throws if the name or the value is wrong. A bare word, such as `deleted`, ignores the value.
  init(name: String, _ value: Value?) throws(SelectorError) {
    let source = Snippet(ByteString(name))
    let syntax = try TermSyntax.named(source)
    switch syntax.form {
    case .word(let term): self.init(term, at: source)
    case .wordOrValue(let term, _) where value == nil: self.init(term, at: source)
    case .value, .wordOrValue, .comparison:
      guard let value, !value.isEmpty else {
        throw SelectorError(value?.snippet ?? source, .missingValue(syntax))
      }
      self.init(try syntax.term(with: value), at: value.snippet)
    }
  }

  /// Parses a comparison from the name of a quantity, the comparison sign and the amount.
  ///
  /// Throws `notComparable` if the name does not name a quantity, and the errors of `Comparison`.
  init(comparing word: Snippet, _ comparison: Snippet, with amount: Value) throws(SelectorError) {
    let syntax = try TermSyntax.named(word)
    guard case .comparison(let quantity) = syntax.form else {
      throw SelectorError(comparison, .notComparable(syntax))
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
