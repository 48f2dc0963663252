import FDCore

/// Reads the grammar of `rangeclose-selectors(7)`.
///
///     selector    = disjunction
///     disjunction = conjunction *( "or" conjunction )
///     conjunction = negation *( "and" negation )
///     negation    = "not" negation / "(" disjunction ")" / term
struct Parser {
  /// The longest text, in bytes.
  static let longest = 1 << 16
  /// How deep `not` and parentheses may nest.
  static let deepest = 100

  private let whole: Snippet
  private var lexer: Lexer
  private var token: Lexer.Token?
  private var depth = 0

  /// Throws where the text is too long, or its first token is none.
  init(_ text: ByteString) throws(SelectorError) {
    whole = Snippet(text)
    guard text.bytes.count <= Self.longest else {
      throw SelectorError(Snippet(text, Self.longest..<text.bytes.count), .tooLong)
    }
    lexer = Lexer(whole)
    token = try lexer.next()
  }

  /// The selector that the whole text is.
  ///
  /// Throws where it is none.
  mutating func selector() throws(SelectorError) -> Selector {
    guard token != nil else { throw SelectorError(whole, .empty) }
    let selector = try disjunction()
    guard let token else { return selector }
    throw SelectorError(token.snippet, token.kind == .close ? .unopened : expectedWord(token))
  }

  private mutating func disjunction() throws(SelectorError) -> Selector {
    var parts = [try conjunction()]
    while try take("or") { parts.append(try conjunction()) }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  private mutating func conjunction() throws(SelectorError) -> Selector {
    var parts = [try negation()]
    while try take("and") { parts.append(try negation()) }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private mutating func negation() throws(SelectorError) -> Selector {
    if depth > Self.deepest { throw SelectorError(token?.snippet ?? whole, .tooDeep) }
    depth += 1
    defer { depth -= 1 }
    if try take("not") { return .not(try negation()) }
    if let open = token, open.kind == .open {
      try advance()
      let selector = try disjunction()
      guard token?.kind == .close else {
        if let token { throw SelectorError(token.snippet, expectedWord(token)) }
        throw SelectorError(open.snippet, .unclosed)
      }
      try advance()
      return selector
    }
    return try term()
  }

  private mutating func term() throws(SelectorError) -> Selector {
    guard let word = token else { throw SelectorError(endOfText, .expectedTerm(suggestion: nil)) }
    guard word.kind == .word, !Self.keywords.contains(word.text) else {
      let suggestion = word.kind == .comparison ? Self.keyword(meantBy: word.text) : nil
      throw SelectorError(word.snippet, .expectedTerm(suggestion: suggestion))
    }
    try advance()
    guard let comparison = token, comparison.kind == .comparison else {
      return .leaf(try Leaf(word: word.snippet))
    }
    try advance()
    guard let amount = token, amount.kind == .word, !Self.keywords.contains(amount.text) else {
      throw SelectorError(token?.snippet ?? comparison.snippet, .expectedAmount)
    }
    try advance()
    return .leaf(
      try Leaf(comparing: word.snippet, comparison.snippet, with: Value(quoted: amount.snippet)))
  }

  /// What is wrong with a token that stands where the expression might be at its end.
  private func expectedWord(_ token: Lexer.Token) -> SelectorError.Problem {
    .expectedWord(suggestion: token.kind == .word ? Self.keyword(meantBy: token.text) : nil)
  }

  /// The keyword that somebody may have meant by what other languages write for it.
  static func keyword(meantBy word: String) -> String? {
    switch word {
    case "&", "&&", "-a", "-and": "and"
    case "|", "||", "-o", "-or": "or"
    case "!", "-not": "not"
    default: keywords.first { $0 == Spelling.folded(word) }
    }
  }

  static let keywords: Set<String> = ["and", "or", "not"]

  private mutating func take(_ keyword: String) throws(SelectorError) -> Bool {
    guard let token, token.kind == .word, token.text == keyword else { return false }
    try advance()
    return true
  }

  private mutating func advance() throws(SelectorError) {
    token = try lexer.next()
  }

  private var endOfText: Snippet {
    Snippet(whole.source, whole.range.upperBound..<whole.range.upperBound)
  }
}
