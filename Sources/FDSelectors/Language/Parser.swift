import FDCore

/// A recursive-descent parser of the grammar in `rangeclose-selectors(7)`.
///
///     selector    = disjunction
///     disjunction = conjunction *( "or" conjunction )
///     conjunction = negation *( "and" negation )
///     negation    = "not" negation / "(" disjunction ")" / term
struct Parser {
  /// The largest length of a text, in bytes.
  static let maximumLength = 1 << 16
  /// The largest nesting depth of `not` and parentheses.
  static let maximumDepth = 100

  private let source: Snippet
  private var lexer: Lexer
  private var token: Lexer.Token?
  private var depth = 0

  /// Reads the first token of a text.
  ///
  /// Throws `tooLong` if the text is longer than `maximumLength`, and the errors of `Lexer.next()`.
  init(_ text: ByteString) throws(SelectorError) {
    source = Snippet(text)
    guard text.bytes.count <= Self.maximumLength else {
      throw SelectorError(Snippet(text, Self.maximumLength..<text.bytes.count), .tooLong)
    }
    lexer = Lexer(source)
    token = try lexer.next()
  }

  /// Parses the whole text.
  ///
  /// Throws if the text is not a selector.
  mutating func selector() throws(SelectorError) -> Selector {
    guard token != nil else { throw SelectorError(source, .empty) }
    let selector = try disjunction()
    guard let token else { return selector }
    throw SelectorError(
      token.snippet, token.kind == .close ? .unmatchedParenthesis : expectedConnective(token))
  }

  private mutating func disjunction() throws(SelectorError) -> Selector {
    var parts = [try conjunction()]
    while try consume("or") { parts.append(try conjunction()) }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  private mutating func conjunction() throws(SelectorError) -> Selector {
    var parts = [try negation()]
    while try consume("and") { parts.append(try negation()) }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private mutating func negation() throws(SelectorError) -> Selector {
    if depth > Self.maximumDepth { throw SelectorError(token?.snippet ?? source, .tooDeep) }
    depth += 1
    defer { depth -= 1 }
    if try consume("not") { return .not(try negation()) }
    if let open = token, open.kind == .open {
      try advance()
      let selector = try disjunction()
      guard token?.kind == .close else {
        if let token { throw SelectorError(token.snippet, expectedConnective(token)) }
        throw SelectorError(open.snippet, .unclosedParenthesis)
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
      if word.snippet.bytes.first.map(RangeList.canStart(with:)) == true { return try rangeList(word) }
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

  /// Parses a range list whose first word has been consumed.
  private mutating func rangeList(_ first: Lexer.Token) throws(SelectorError) -> Selector {
    var last = first.snippet
    var value = Value(quoted: last)
    while let next = token, next.kind == .word, RangeList.continues(next.snippet.bytes, after: last.bytes) {
      last = next.snippet
      value = value.joined(with: Value(quoted: last))
      try advance()
    }
    return .leaf(Leaf(try RangeList(value), at: value.snippet))
  }

  /// The error for a token after a complete expression, which only `and` or `or` could continue.
  private func expectedConnective(_ token: Lexer.Token) -> SelectorError.Problem {
    .expectedConnective(suggestion: token.kind == .word ? Self.keyword(meantBy: token.text) : nil)
  }

  /// The keyword that the user probably meant by another spelling, or nil.
  ///
  /// The other spellings come from C and from `find(1)`. Upper case counts as lower case.
  static func keyword(meantBy word: String) -> String? {
    switch word {
    case "&", "&&", "-a", "-and": "and"
    case "|", "||", "-o", "-or": "or"
    case "!", "-not": "not"
    default: keywords.first { $0 == Spelling.folded(word) }
    }
  }

  static let keywords: Set<String> = ["and", "or", "not"]

  /// Consumes the current token if it is a keyword.
  ///
  /// Returns false, and consumes nothing, for any other token. Throws the errors of `Lexer.next()`.
  private mutating func consume(_ keyword: String) throws(SelectorError) -> Bool {
    guard let token, token.kind == .word, token.text == keyword else { return false }
    try advance()
    return true
  }

  private mutating func advance() throws(SelectorError) {
    token = try lexer.next()
  }

  private var endOfText: Snippet {
    Snippet(source.source, source.range.upperBound..<source.range.upperBound)
  }
}
