import FDCore

/// The probable meaning of a text that is no selector.
///
/// A guess only changes the message. Meanings come first: a word of another tool, or a form such as a URL.
/// Only then the spelling decides; see `Spelling`.
struct Guess {
  /// The text from the wrong word to the end of its part of the expression.
  let text: String
  private let snippet: Snippet

  /// The same error, or a better message for it.
  static func improved(_ error: SelectorError) -> SelectorError {
    let source = error.snippet.source
    if source.bytes.contains(UInt8(ascii: ",")), source.bytes.contains(where: { $0.isBlank }),
      let ours = Guess(Snippet(source))?.joiningCommas
    {
      return SelectorError(Snippet(source), .foreign(tool: nil, ours: ours))
    }
    switch error.problem {
    case .notAWord(let kind, _, _):
      let word = String(decoding: error.snippet.bytes, as: UTF8.self)
      return ForeignWord.meaning(of: word, kind).map { SelectorError(error.snippet, $0) } ?? error
    case .missingRelation, .notATime, .notADevice, .notAnAmount:
      guard let guess = Guess(error.snippet), let ours = guess.value(for: error.problem) else { return error }
      return SelectorError(error.snippet, .foreign(tool: nil, ours: ours))
    case .missingFirstNumber:
      // In 3-,-7 the second item is no range.
      let whole = Snippet(error.snippet.source)
      let ours = Guess(whole)?.excludedItem
      return ours.map { SelectorError(whole, .foreign(tool: nil, ours: $0)) } ?? error
    case .expectedConnective(nil):
      // Numbers with blanks between them are refused at the second one, and 10 MB at its unit.
      let whole = Snippet(error.snippet.source)
      let guess = Guess(whole)
      let ours =
        guess?.range ?? guess?.joiningUnit(at: error.snippet) ?? guess?.joiningParts
        ?? guess?.repeatingName(at: error.snippet) ?? guess?.joiningTerms(at: error.snippet)
      return ours.map { SelectorError(whole, .foreign(tool: nil, ours: $0)) } ?? error
    case .notANumber(kind: "a descriptor", largest: _):
      // A number of another process.
      let parts = String(decoding: error.snippet.bytes, as: UTF8.self).split(separator: ":")
      guard parts.count == 2, parts.allSatisfy({ $0.isDecimal }) else { return error }
      let ours =
        "there is no term for a descriptor of another process; inode:N picks its file, with N from"
        + " -n \(parts[0]) -o FD,INODE \(parts[1])"
      return SelectorError(error.snippet, .foreign(tool: nil, ours: ours))
    case .notComparable:
      let whole = Snippet(error.snippet.source)
      let ours = Guess(whole)?.partOfPath ?? Guess(whole)?.valueAfterEquals
      return ours.map { SelectorError(whole, .foreign(tool: nil, ours: $0)) } ?? error
    case .expectedTerm(nil) where error.snippet.bytes.first?.isComparison == true:
      let whole = Snippet(error.snippet.source)
      let ours = Guess(whole)?.repeatingName(at: error.snippet)
      if let ours { return SelectorError(whole, .foreign(tool: nil, ours: ours)) }
      return Guess(around: error.snippet).flatMap { guess in
        guess.problem(isWeakToo: true, error.problem).map { SelectorError(guess.snippet, $0) }
      } ?? error
    case .expectedTerm(nil), .notATerm, .notARange, .missingValue, .missingComparison:
      guard let guess = Guess(around: error.snippet) else { return error }
      var isSpelled = false
      if case .notATerm(.some) = error.problem { isSpelled = true }
      guard let problem = guess.problem(isWeakToo: !isSpelled, error.problem) else { return error }
      return SelectorError(guess.snippet, guess.isWhole ? problem : problem.insideExpression)
    default: return error
    }
  }

  /// Whether the text is all of the argument.
  private var isWhole: Bool { snippet.range == 0..<snippet.source.bytes.count }

  /// Takes a text; nil if it is empty, too long for a guess, or no text that a user types.
  private init?(_ snippet: Snippet) {
    let longest = 200
    // Another program may print each number on a line.
    let bytes = snippet.bytes.map { $0.isBlank ? UInt8(ascii: " ") : $0 }
    guard 1...longest ~= bytes.count, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
    self.snippet = snippet
    text = String(decoding: bytes, as: UTF8.self)
    if text.unicodeScalars.contains("\u{FFFD}") { return nil }
  }

  /// The words between terms, also in C.
  private static let joints: Set<String> = Parser.keywords.union(["&&", "||", "&", "|"])

  /// Takes the text around the place of an error; nil if it is too long for a guess.
  private init?(around place: Snippet) {
    let bytes = place.source.bytes
    let isEnd = { (byte: UInt8) in byte.isBlank || byte == UInt8(ascii: "(") }
    let start = bytes[..<place.range.lowerBound].lastIndex(where: isEnd).map { $0 + 1 } ?? 0
    var end = start
    var isFirst = true
    while end < bytes.count {
      let word = bytes[end...].prefix { !$0.isBlank }
      if !isFirst, Self.joints.contains(String(decoding: word, as: UTF8.self)) { break }
      end = word.endIndex
      isFirst = false
      while end < bytes.count, bytes[end].isBlank { end += 1 }
    }
    let isClosing = { (byte: UInt8) in byte == UInt8(ascii: ")") }
    while end > start {
      let part = bytes[start..<end]
      let isOpen = part.contains(UInt8(ascii: "("))
      guard let last = part.last, last.isBlank || isClosing(last) && !isOpen else { break }
      end -= 1
    }
    self.init(Snippet(place.source, start..<end))
  }

  /// The message, or nil if the text suggests nothing.
  ///
  /// - Parameter isWeakToo: whether a form that many texts have counts, too. It does not if the spelling
  ///   suggests another word.
  private func problem(isWeakToo: Bool, _ error: SelectorError.Problem) -> SelectorError.Problem? {
    if let word = foreignWord(error) { return word }
    if let numbers = redirection { return .foreign(tool: "the shell", ours: numbers) }
    var ours = procfs ?? kernelText ?? descriptor ?? range ?? endWithProtocol ?? protocolAndPort
    ours = ours ?? alternatives ?? partOfPath
    if isWeakToo { ours = ours ?? end ?? path ?? valueAfterBlank }
    return ours.map { .foreign(tool: nil, ours: $0) }
  }

  // MARK: Words

  /// The first word: its name, and what follows after a colon, a blank or a comparison.
  private var firstWord: (name: String, rest: String) {
    let name = text.prefix { !" \t:=<>!(".contains($0) }
    let after = text.dropFirst(name.count)
    let isComparison = after.first { $0 != " " }.map { "<>=!".contains($0) } ?? false
    // One colon separates the name from its value. A second one belongs to the value.
    let rest = after.first == ":" && !isComparison ? after.dropFirst() : after.drop { $0 == " " }
    return (String(name), String(rest))
  }

  /// A word of another tool.
  ///
  /// A word that needs an argument, and stands alone, may be a type; `error` suggests that then.
  private func foreignWord(_ error: SelectorError.Problem) -> SelectorError.Problem? {
    let (name, rest) = firstWord
    for word in [text, name] where !word.isEmpty {
      let argument = word == text ? nil : rest.isEmpty ? nil : rest
      if argument == nil, case .notATerm(let meant?) = error, meant.hasPrefix("type:") { continue }
      if let problem = ForeignWord.problem(word, argument, .operand) { return problem }
    }
    return ForeignWord.call(text).map { .foreign(tool: "C", ours: $0) }
  }

  /// A term, a blank and a value; or a comparison with a colon in place of the sign.
  private var valueAfterBlank: String? {
    let (name, rest) = firstWord
    let sign = text.dropFirst(name.count).first
    guard sign == " " || sign == ":" && Comparison.Quantity.names.contains(name),
      rest.first.map({ !"<>=!".contains($0) }) == true,
      let syntax = TermSyntax.all.first(where: { $0.name == name })
    else { return nil }
    switch syntax.form {
    case .comparison:
      return ForeignWord.comparisons(of: name, rest).flatMap(Selector.corrected).map { "'\($0)'" }
    case .value, .wordOrValue:
      let isEnd = name == "peer" || name == "local"
      if isEnd, let end = Self.portAfterSign(rest) { return "\(name):\(end)" }
      return Selector.corrected("\(name):\(rest)").map(ForeignWord.quoted)
    case .word: return nil
    }
  }
}

extension ForeignWord {
  /// The message for a value of a term, such as `pipe` for a type, or nil.
  fileprivate static func meaning(of word: String, _ kind: String) -> SelectorError.Problem? {
    if let problem = problem(word, nil, .value(kind: kind)) { return problem }
    let folded = Spelling.folded(word)
    let single = folded.hasSuffix("s") ? String(folded.dropLast()) : folded
    for word in [folded, single] {
      if let problem = problem(word, nil, .value(kind: kind)) { return problem }
    }
    let items = folded.split { "|/;+ ".contains($0) }.map(String.init)
    if items.count > 1, let syntax = TermSyntax.all.first(where: { $0.name == termName(of: kind) }),
      items.allSatisfy(syntax.words.contains)
    {
      return .foreign(tool: nil, ours: items.joined(separator: ","))
    }
    if let sign = word.first, "!^".contains(sign), let name = termName(of: kind) {
      return .foreign(tool: nil, ours: "'not \(name):\(word.dropFirst())', as another term")
    }
    if TermSyntax.all.contains(where: { $0.name == word }) {
      return .foreign(tool: nil, ours: "\(word), as another term")
    }
    if let term = TermSyntax.termOfWord(single), !term.name.hasPrefix(kind.dropFirst(2)) {
      return .foreign(tool: nil, ours: "\(term.name):\(term.word), as another term")
    }
    if kind == "a type" {
      if word == "*" { return .foreign(tool: nil, ours: "all in place of the whole term") }
      if TypeTerm.words.contains(single) { return .foreign(tool: nil, ours: single) }
    }
    let prefix = "o-"
    guard kind == "a flag", folded.hasPrefix(prefix) else { return nil }
    let flag = String(folded.dropFirst(prefix.count))
    return FlagsTerm.words.contains(flag) ? .foreign(tool: "C", ours: flag) : nil
  }

  /// The message for a word at some place, or nil.
  fileprivate static func problem(
    _ word: String, _ argument: String?, _ place: Place
  ) -> SelectorError.Problem? {
    var isValue = false
    if case .value = place { isValue = true }
    let isSame = { (entry: ForeignWord) in
      entry.word == word || isValue && Spelling.folded(entry.word) == word
    }
    let entries = all.filter { $0.place == place && isSame($0) }
    guard let argument else {
      let entry = entries.first { $0.example.isEmpty } ?? entries.first
      return entry.map { .foreign(tool: $0.tool, ours: $0.oursAlone) }
    }
    for entry in entries where !entry.example.isEmpty {
      if let ours = entry.ours(for: argument) { return .foreign(tool: entry.tool, ours: ours) }
    }
    return nil
  }
}
