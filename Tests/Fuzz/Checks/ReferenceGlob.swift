/// A pattern, matched by trying every way and keeping in mind which ones failed.
struct ReferenceGlob {
  struct Letter: Equatable {
    let byte: UInt8
    let isEscaped: Bool
  }

  let letters: [Letter]

  /// Throws for an empty one, one that is too long, and a set that is not closed or runs backwards.
  init(_ letters: [Letter]) throws {
    guard (1...4096).contains(letters.count) else { throw Refusal() }
    self.letters = letters
    var position = 0
    while position < letters.count {
      position = isWild("[", position) ? try Self.set(letters, position).end : position + 1
    }
  }

  func matches(_ text: [UInt8]) -> Bool {
    if letters.map(\.byte) == text { return true }
    var failed: Set<Int> = []
    return matches(0, text, 0, &failed)
  }

  private func matches(_ from: Int, _ text: [UInt8], _ at: Int, _ failed: inout Set<Int>) -> Bool {
    guard from < letters.count else { return at == text.count }
    let key = from * (text.count + 1) + at
    if failed.contains(key) { return false }
    if tries(from, text, at, &failed) { return true }
    failed.insert(key)
    return false
  }

  private func tries(_ from: Int, _ text: [UInt8], _ at: Int, _ failed: inout Set<Int>) -> Bool {
    let slash = UInt8(ascii: "/")
    let byte = at < text.count ? text[at] : nil
    if isWild("*", from) {
      var end = from
      while isWild("*", end) { end += 1 }
      if matches(end, text, at, &failed) { return true }
      guard let byte, end - from > 1 || byte != slash else { return false }
      return matches(from, text, at + 1, &failed)
    }
    // Of `/**/` all but a slash may be nothing.
    if letters[from].byte == slash, isWild("*", from + 1), isWild("*", from + 2) {
      var end = from + 1
      while isWild("*", end) { end += 1 }
      if end < letters.count, letters[end].byte == slash, matches(end, text, at, &failed) { return true }
    }
    guard let byte else { return false }
    if isWild("?", from) { return byte != slash && matches(from + 1, text, at + 1, &failed) }
    if isWild("[", from), let set = try? Self.set(letters, from) {
      let isMember = set.members.contains(byte) != set.isNegated
      return byte != slash && isMember && matches(set.end, text, at + 1, &failed)
    }
    return byte == letters[from].byte && matches(from + 1, text, at + 1, &failed)
  }

  private func isWild(_ letter: Unicode.Scalar, _ position: Int) -> Bool {
    position < letters.count && letters[position] == Letter(byte: UInt8(ascii: letter), isEscaped: false)
  }

  /// The members of the set that begins at a bracket, one by one, and where it ends.
  private static func set(
    _ letters: [Letter], _ start: Int
  ) throws -> (members: Set<UInt8>, isNegated: Bool, end: Int) {
    func isPlain(_ letter: Unicode.Scalar, _ position: Int) -> Bool {
      position < letters.count && letters[position] == Letter(byte: UInt8(ascii: letter), isEscaped: false)
    }
    let isNegated = isPlain("!", start + 1) || isPlain("^", start + 1)
    var position = start + (isNegated ? 2 : 1)
    var members: Set<UInt8> = []
    while position < letters.count {
      if isPlain("]", position), !members.isEmpty { return (members, isNegated, position + 1) }
      let first = letters[position].byte
      var last = first
      if isPlain("-", position + 1), position + 2 < letters.count, !isPlain("]", position + 2) {
        last = letters[position + 2].byte
        position += 2
      }
      if first > last { throw Refusal() }
      members.formUnion(first...last)
      position += 1
    }
    throw Refusal()
  }
}

/// That the manual page has no meaning for a text.
struct Refusal: Error {}
