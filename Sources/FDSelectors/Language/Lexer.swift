import FDCore

/// Splits the text of a selector into words, comparisons and parentheses.
struct Lexer {
  struct Token {
    enum Kind {
      case word, comparison, open, close
    }

    let kind: Kind
    let snippet: Snippet

    /// The text of the token, with U+FFFD in place of bytes that are not UTF-8.
    ///
    /// Every keyword is ASCII, so a comparison with keywords is exact.
    var text: String { String(decoding: snippet.bytes, as: UTF8.self) }
  }

  private let source: Snippet
  private var position: Int
  private var bytes: [UInt8] { source.source.bytes }

  init(_ source: Snippet) {
    self.source = source
    position = source.range.lowerBound
  }

  /// The next token, or nil at the end of the text.
  ///
  /// Throws `unclosedQuote` if a quote is not closed, and `danglingBackslash` if the text ends in a
  /// backslash.
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

  /// Skips a word, which ends at a blank or a parenthesis, and also at a comparison if no colon comes first.
  private mutating func skipWord() throws(SelectorError) {
    var isInValue = false
    while let byte = peek {
      if byte.isBlank || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")") { return }
      if byte.isComparison && !isInValue { return }
      if byte == UInt8(ascii: ":") { isInValue = true }
      if byte.isQuote {
        try skipQuoted(byte)
      } else {
        try skipByteOrEscape()
      }
    }
  }

  private mutating func skipQuoted(_ quote: UInt8) throws(SelectorError) {
    let start = position
    position += 1
    while let byte = peek, byte != quote { try skipByteOrEscape() }
    guard peek == quote else { throw SelectorError(snippet(from: start), .unclosedQuote) }
    position += 1
  }

  /// Skips one byte, or a backslash and the byte after it.
  private mutating func skipByteOrEscape() throws(SelectorError) {
    let start = position
    position += peek == UInt8(ascii: "\\") ? 2 : 1
    if position > source.range.upperBound {
      position = source.range.upperBound
      throw SelectorError(snippet(from: start), .danglingBackslash)
    }
  }

  private var peek: UInt8? { position < source.range.upperBound ? bytes[position] : nil }

  private func snippet(from start: Int) -> Snippet { Snippet(source.source, start..<position) }

  private func token(_ kind: Token.Kind, from start: Int) -> Token {
    Token(kind: kind, snippet: snippet(from: start))
  }
}
