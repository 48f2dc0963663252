import FDCore

/// Cuts a selector's text into words, comparisons and parentheses.
struct Lexer {
  struct Token {
    enum Kind {
      case word, comparison, open, close
    }

    let kind: Kind
    let snippet: Snippet

    /// The text, where it is ASCII, as that of every keyword is.
    var text: String { String(decoding: snippet.bytes, as: UTF8.self) }
  }

  private let snippet: Snippet
  private var position: Int
  private var bytes: [UInt8] { snippet.source.bytes }

  init(_ snippet: Snippet) {
    self.snippet = snippet
    position = snippet.range.lowerBound
  }

  /// The next token, or nil at the end.
  ///
  /// Throws where a quote is not closed, or a backslash stands last.
  mutating func next() throws(SelectorError) -> Token? {
    while let byte = peek, byte.isBlank { position += 1 }
    guard let byte = peek else { return nil }
    let start = position
    switch byte {
    case UInt8(ascii: "("):
      position += 1
      return token(.open, from: start)
    case UInt8(ascii: ")"):
      position += 1
      return token(.close, from: start)
    case _ where byte.isComparison:
      while let byte = peek, byte.isComparison { position += 1 }
      return token(.comparison, from: start)
    default:
      try skipWord()
      return token(.word, from: start)
    }
  }

  /// A word ends at a blank or parenthesis, and up to its colon also at a comparison.
  private mutating func skipWord() throws(SelectorError) {
    var isValue = false
    while let byte = peek {
      if byte.isBlank || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")") { return }
      if byte.isComparison && !isValue { return }
      if byte == UInt8(ascii: ":") { isValue = true }
      if byte.isQuote {
        try skipQuoted(byte)
      } else {
        try skipOne()
      }
    }
  }

  private mutating func skipQuoted(_ quote: UInt8) throws(SelectorError) {
    let start = position
    position += 1
    while let byte = peek, byte != quote { try skipOne() }
    guard peek == quote else { throw SelectorError(piece(from: start), .unclosedQuote) }
    position += 1
  }

  /// A byte, and the one that a backslash takes with it.
  private mutating func skipOne() throws(SelectorError) {
    let start = position
    position += peek == UInt8(ascii: "\\") ? 2 : 1
    if position > snippet.range.upperBound {
      position = snippet.range.upperBound
      throw SelectorError(piece(from: start), .nothingEscaped)
    }
  }

  private var peek: UInt8? { position < snippet.range.upperBound ? bytes[position] : nil }

  private func piece(from start: Int) -> Snippet { Snippet(snippet.source, start..<position) }

  private func token(_ kind: Token.Kind, from start: Int) -> Token {
    Token(kind: kind, snippet: piece(from: start))
  }
}
