/// A pattern, matched by trying every way and remembering which ways failed.
struct ReferenceGlob {
  struct Letter: Equatable {
    let byte: UInt8
    let isEscaped: Bool
  }

  let letters: [Letter]
  private let signs: [Sign]
  /// The sets, by the position of their opening brackets.
  private let sets: [Int: MemberSet]
  /// The positions where the alternatives begin, by the position of the brace that opens them.
  private let ways: [Int: [Int]]
  /// The position after the alternatives, by the position of each comma and of the brace that closes them.
  private let exits: [Int: Int]

  /// A character, and whether it was escaped.
  private struct Sign {
    let character: UInt32
    let isEscaped: Bool

    func isPlain(_ scalar: Unicode.Scalar) -> Bool { character == scalar.value && !isEscaped }
  }

  private struct MemberSet {
    var members: [(first: UInt32, last: UInt32)] = []
    var isNegated = false
    /// The position after the set.
    var end = 0

    func contains(_ character: UInt32) -> Bool {
      members.contains { $0.first <= character && character <= $0.last } != isNegated
    }
  }

  private static let slash = UInt32(0x2F)

  /// Reads a pattern; throws for an empty or too long pattern, and for a malformed set or brace.
  ///
  /// A set is malformed if it is not closed, if a range in it is reversed, or if it contains a character
  /// class of other languages. A brace is malformed if it is not closed, or if it contains a sequence.
  init(_ letters: [Letter]) throws(Refusal) {
    guard (1...4096).contains(letters.count) else { throw Refusal() }
    self.letters = letters
    var signs: [Sign] = []
    var place = 0
    for (character, length) in Self.characters(letters.map({ $0.byte })) {
      signs.append(Sign(character: character, isEscaped: letters[place].isEscaped))
      place += length
    }
    var sets: [Int: MemberSet] = [:]
    var position = 0
    while position < signs.count {
      if signs[position].isPlain("[") {
        let set = try Self.set(signs, position)
        sets[position] = set
        position = set.end
      } else {
        position += 1
      }
    }
    (self.signs, self.sets) = (signs, sets)
    (ways, exits) = try Self.alternatives(signs, sets)
  }

  /// Finds the end of each brace by counting, from its begin on.
  private static func alternatives(
    _ signs: [Sign], _ sets: [Int: MemberSet]
  ) throws(Refusal) -> (ways: [Int: [Int]], exits: [Int: Int]) {
    var (ways, exits): ([Int: [Int]], [Int: Int]) = ([:], [:])
    var start = 0
    while start < signs.count {
      defer { start = sets[start]?.end ?? start + 1 }
      guard signs[start].isPlain("{"), sets[start] == nil else { continue }
      var (depth, position, commas) = (0, start, [Int]())
      repeat {
        guard position < signs.count else { throw Refusal() }
        if sets[position] == nil {
          if signs[position].isPlain("{") { depth += 1 }
          if signs[position].isPlain("}") { depth -= 1 }
          if signs[position].isPlain(","), depth == 1 { commas.append(position) }
        }
        position = sets[position]?.end ?? position + 1
      } while depth > 0
      if commas.isEmpty {
        if isSequence(signs[start + 1..<position - 1]) { throw Refusal() }
        continue
      }
      ways[start] = [start + 1] + commas.map { $0 + 1 }
      for end in commas + [position - 1] { exits[end] = position }
    }
    return (ways, exits)
  }

  /// Whether a part is a sequence of the shell, such as `1..9`.
  private static func isSequence(_ part: ArraySlice<Sign>) -> Bool {
    let (text, dot) = (part.map { $0.character }, UInt32(0x2E))
    let isPlain = text.allSatisfy { $0 < 0x80 && (UInt8($0).isNameByte || $0 == 0x2D || $0 == dot) }
    let pieces = text.split(separator: dot, omittingEmptySubsequences: false)
    return isPlain && text.first != dot && text.last != dot && pieces.contains { $0.isEmpty } && !text.isEmpty
  }

  // MARK: Characters

  /// The characters of UTF-8 with their lengths.
  ///
  /// A byte that is part of no character counts as a character after all others.
  private static func characters(_ text: [UInt8]) -> [(character: UInt32, length: Int)] {
    var characters: [(character: UInt32, length: Int)] = []
    var place = 0
    while place < text.count {
      let length = length(text[place...])
      let lead = UInt32(text[place])
      var character = length > 0 ? lead : 0x20_0000 + lead
      if length > 1 {
        character = text[place..<place + length].dropFirst().reduce(lead & 0x7F >> UInt32(length)) {
          $0 * 64 + UInt32($1 & 0x3F)
        }
      }
      characters.append((character, max(length, 1)))
      place += max(length, 1)
    }
    return characters
  }

  /// The number of bytes of the first character, by table 3-7 of the Unicode standard.
  ///
  /// It is 0 if no character begins there.
  private static func length(_ text: ArraySlice<UInt8>) -> Int {
    let bytes = Array(text.prefix(4)) + [0, 0, 0, 0]
    let second: ClosedRange<UInt8>
    let length: Int
    switch bytes[0] {
    case 0...0x7F: return 1
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return 0
    }
    let isWhole = second.contains(bytes[1]) && bytes[2..<length].allSatisfy { (0x80...0xBF).contains($0) }
    return isWhole ? length : 0
  }

  // MARK: Matching

  func matches(_ text: [UInt8]) -> Bool {
    if letters.map({ $0.byte }) == text { return true }
    let text = Self.characters(text).map { $0.character }
    var failed: Set<Int> = []
    return matches(0, text, 0, &failed)
  }

  private func matches(_ from: Int, _ text: [UInt32], _ at: Int, _ failed: inout Set<Int>) -> Bool {
    var (from, at) = (from, at)
    // A sign that stands for itself can match in only one way. The slash before a `*` is an exception,
    // because of `/**/`.
    while from < signs.count, !isBranch(from) {
      if let exit = exits[from] {
        from = exit
        continue
      }
      guard at < text.count, isOne(from, text[at]) else { return false }
      (from, at) = (sets[from]?.end ?? from + 1, at + 1)
    }
    guard from < signs.count else { return at == text.count }
    let key = from * (text.count + 1) + at
    if failed.contains(key) { return false }
    if tries(from, text, at, &failed) { return true }
    failed.insert(key)
    return false
  }

  private func isBranch(_ from: Int) -> Bool {
    ways[from] != nil || isWild("*", from) || signs[from].character == Self.slash && isWild("*", from + 1)
  }

  /// Whether a character is the one that a set, a question mark or a plain character asks for.
  private func isOne(_ from: Int, _ character: UInt32) -> Bool {
    if let set = sets[from] { return character != Self.slash && set.contains(character) }
    return isWild("?", from) ? character != Self.slash : character == signs[from].character
  }

  private func tries(_ from: Int, _ text: [UInt32], _ at: Int, _ failed: inout Set<Int>) -> Bool {
    if let ways = ways[from] {
      for way in ways where matches(way, text, at, &failed) { return true }
      return false
    }
    let character = at < text.count ? text[at] : nil
    if isWild("*", from) {
      let end = endOfStars(from)
      if matches(end, text, at, &failed) { return true }
      guard let character, end - from > 1 || character != Self.slash else { return false }
      return matches(from, text, at + 1, &failed)
    }
    // In `/**/`, everything but one slash may match nothing.
    if isWild("*", from + 2) {
      let end = endOfStars(from + 1)
      let isClosed = end < signs.count && signs[end].character == Self.slash
      if isClosed, matches(end, text, at, &failed) { return true }
    }
    return character == Self.slash && matches(from + 1, text, at + 1, &failed)
  }

  private func endOfStars(_ start: Int) -> Int {
    var end = start
    while isWild("*", end) { end += 1 }
    return end
  }

  private func isWild(_ scalar: Unicode.Scalar, _ position: Int) -> Bool {
    position < signs.count && signs[position].isPlain(scalar)
  }

  // MARK: Sets

  /// Reads the set that begins at a bracket.
  private static func set(_ signs: [Sign], _ start: Int) throws(Refusal) -> MemberSet {
    func isPlain(_ scalar: Unicode.Scalar, _ position: Int) -> Bool {
      position < signs.count && signs[position].isPlain(scalar)
    }
    var set = MemberSet()
    set.isNegated = isPlain("!", start + 1) || isPlain("^", start + 1)
    var position = start + (set.isNegated ? 2 : 1)
    while position < signs.count {
      if isPlain("]", position), !set.members.isEmpty {
        set.end = position + 1
        return set
      }
      // A backslash changes nothing for a colon, a dot or an equals sign, which have no other meaning.
      let next = position + 1 < signs.count ? signs[position + 1].character : 0
      if isPlain("[", position), [0x3A, 0x2E, 0x3D].contains(next) { throw Refusal() }
      let first = signs[position].character
      var last = first
      if isPlain("-", position + 1), position + 2 < signs.count, !isPlain("]", position + 2) {
        last = signs[position + 2].character
        position += 2
      }
      if first > last { throw Refusal() }
      set.members.append((first, last))
      position += 1
    }
    throw Refusal()
  }
}

/// An error for a text to which the manual page gives no meaning.
struct Refusal: Error {}
