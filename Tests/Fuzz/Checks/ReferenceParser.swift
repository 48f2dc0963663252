/// Reads the grammar of the manual page: whether it contains a text, and what the text asks.
///
/// The manual page has no quotes in numbers and relations. The command accepts them, and so does this parser.
struct ReferenceParser {
  private enum Token: Equatable {
    case open, close
    case relation(String)
    case word([UInt8])
  }

  private var tokens: ArraySlice<Token>

  /// Reads a selector; throws `Refusal` for a text that the grammar does not contain.
  static func selector(_ text: [UInt8]) throws(Refusal) -> Reference {
    guard text.count <= 65536 else { throw Refusal() }
    var parser = ReferenceParser(tokens: try tokens(text)[...])
    let selector = try parser.disjunction(0)
    guard parser.tokens.isEmpty else { throw Refusal() }
    return selector
  }

  // MARK: Words

  private static func tokens(_ text: [UInt8]) throws(Refusal) -> [Token] {
    var tokens: [Token] = []
    var position = 0
    while position < text.count {
      let byte = text[position]
      let start = position
      position += 1
      switch byte {
      case 0x20, 0x09...0x0D: continue
      case UInt8(ascii: "("): tokens.append(.open)
      case UInt8(ascii: ")"): tokens.append(.close)
      case _ where isRelation(byte):
        while position < text.count, isRelation(text[position]) { position += 1 }
        tokens.append(.relation(String(decoding: text[start..<position], as: UTF8.self)))
      default:
        position = try endOfWord(text, start)
        tokens.append(.word(Array(text[start..<position])))
      }
    }
    return tokens
  }

  private static func isRelation(_ byte: UInt8) -> Bool { "<=>!".utf8.contains(byte) }

  private static func endOfWord(_ text: [UInt8], _ start: Int) throws(Refusal) -> Int {
    var quote: UInt8?
    var isValue = false
    var position = start
    while position < text.count {
      let byte = text[position]
      let isEnd = Vocabulary.ending.contains(byte) && byte != 0x22 && byte != 0x27
      if quote == nil, isEnd || !isValue && isRelation(byte) { break }
      if byte == UInt8(ascii: "\\") {
        position += 1
        if position == text.count { throw Refusal() }
      } else if byte == quote {
        quote = nil
      } else if quote == nil, byte == 0x22 || byte == 0x27 {
        quote = byte
      } else if quote == nil, byte == UInt8(ascii: ":") {
        isValue = true
      }
      position += 1
    }
    if quote != nil { throw Refusal() }
    return position
  }

  // MARK: Logic

  private mutating func disjunction(_ depth: Int) throws(Refusal) -> Reference {
    var parts = [try conjunction(depth)]
    while take("or") { parts.append(try conjunction(depth)) }
    return .any(parts).alone
  }

  private mutating func conjunction(_ depth: Int) throws(Refusal) -> Reference {
    var parts = [try negation(depth)]
    while take("and") { parts.append(try negation(depth)) }
    return .all(parts).alone
  }

  private mutating func negation(_ depth: Int) throws(Refusal) -> Reference {
    if depth > 100 { throw Refusal() }
    if take("not") { return .not(try negation(depth + 1)) }
    if tokens.first == .open {
      tokens.removeFirst()
      let part = try disjunction(depth + 1)
      guard tokens.popFirst() == .close else { throw Refusal() }
      return part
    }
    return .term(try term())
  }

  private mutating func take(_ word: String) -> Bool {
    guard tokens.first == .word(Array(word.utf8)) else { return false }
    tokens.removeFirst()
    return true
  }

  private mutating func term() throws(Refusal) -> ReferenceTerm {
    guard case .word(let word) = tokens.popFirst(), !isKeyword(word) else { throw Refusal() }
    guard case .relation(let relation) = tokens.first else {
      return try ReferenceTerm(word: joined(word))
    }
    tokens.removeFirst()
    guard case .word(let amount) = tokens.popFirst(), !isKeyword(amount) else { throw Refusal() }
    return try ReferenceTerm(comparing: word, relation, amount)
  }

  /// A list of numbers without the blanks around its dashes and commas; any other word as it is.
  private mutating func joined(_ word: [UInt8]) -> [UInt8] {
    let (joints, starts) = (Array("-,".utf8), Array("0123456789~-,".utf8))
    guard starts.contains(word[0]) else { return word }
    var list = word
    while case .word(let next) = tokens.first, let last = list.last,
      joints.contains(next[0])
        || joints.contains(last) && (starts.contains(next[0]) || next.starts(with: "max".utf8))
    {
      list += next
      tokens.removeFirst()
    }
    return list
  }

  private func isKeyword(_ word: [UInt8]) -> Bool {
    ["and", "or", "not"].contains { word == Array($0.utf8) }
  }
}

extension Reference {
  /// The only part, if there is just one.
  fileprivate var alone: Reference {
    switch self {
    case .all(let parts) where parts.count == 1, .any(let parts) where parts.count == 1: parts[0]
    default: self
    }
  }
}
