import FDCore

/// Suggestions that the language takes.
extension Selector {
  /// The text itself if it is a selector, or the text with meanings in place of wrong words.
  ///
  /// The result is nil if that is no selector, either.
  package static func corrected(_ text: String) -> String? {
    var text = text
    let mostWords = 4
    for _ in 0..<mostWords {
      do throws(SelectorError) {
        try Selector(guessing: ByteString(text)).checkSense()
        return text
      } catch {
        guard let next = replaced(error, in: text), next != text else { return nil }
        text = next
      }
    }
    return nil
  }

  /// The same error, or an error for the whole text if more than one of its words is wrong.
  static func whole(_ error: SelectorError) -> SelectorError {
    let source = error.snippet.source
    let text = source.description
    guard error.problem.hasMeaning, error.snippet.range != 0..<source.bytes.count,
      let first = replaced(error, in: text), (try? Selector(guessing: ByteString(first))) == nil,
      let corrected = corrected(text)
    else { return error }
    return SelectorError(Snippet(source), .foreign(tool: nil, ours: "'\(corrected)'"))
  }

  /// The text with the meaning of the wrong word in its place; nil if the error has none.
  private static func replaced(_ error: SelectorError, in text: String) -> String? {
    var ours: String
    switch error.problem.insideExpression {
    case .foreign(_, let meaning): ours = meaning
    case .expectedConnective(let keyword?): ours = keyword
    case .notATerm(let term?) where term.contains(":"): ours = term
    default: return nil
    }
    let isWhole = error.snippet.range == 0..<error.snippet.source.bytes.count
    if isWhole, ours.hasPrefix("("), ours.hasSuffix(")") { ours = String(ours.dropFirst().dropLast()) }
    let wholeTerm = " in place of the whole term"
    if ours.hasSuffix(wholeTerm) { return text.contains(" ") ? nil : String(ours.dropLast(wholeTerm.count)) }
    let bytes = error.snippet.source.bytes
    let range = error.snippet.range
    return String(
      decoding: bytes[..<range.lowerBound] + ours.utf8 + bytes[range.upperBound...], as: UTF8.self)
  }
}

extension SelectorError.Problem {
  /// Whether the wrong word has a meaning that can stand in its place, and not only a similar spelling.
  fileprivate var hasMeaning: Bool {
    switch self {
    case .foreign: true
    case .notATerm(let term?): term.contains(":") && !term.hasPrefix("path:")
    default: false
    }
  }

  /// The same problem of a part of an expression: options become terms, and parentheses replace quotes.
  var insideExpression: SelectorError.Problem {
    guard case .foreign(let tool, let ours) = self else { return self }
    if ours.hasPrefix("--") {
      let words = ours.dropFirst(2).split(separator: " ", maxSplits: 1).map(String.init)
      let value = words.count > 1 ? ForeignWord.unquoted(words[1]) : ""
      if words[0] == "except" { return .foreign(tool: tool, ours: "not \(value)") }
      guard let syntax = TermSyntax.all.first(where: { $0.name == words[0] }), !value.contains(" ") else {
        return self
      }
      return .foreign(tool: tool, ours: syntax.text(with: value))
    }
    guard ours.hasPrefix("'"), ours.hasSuffix("'"), ours.utf8.count > 2 else { return self }
    let inner = ours.dropFirst().dropLast()
    guard !inner.contains("'") else { return self }
    return .foreign(tool: tool, ours: inner.contains(" ") ? "(\(inner))" : String(inner))
  }
}
