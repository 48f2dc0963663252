package import FDCore

/// A pattern over a path, or over a Unix-domain socket's name.
///
/// `?` and `*` stay within a component of the path, `**` runs across components, `[a-z]`, `[!a-z]` and
/// `[^a-z]` stand for one character of a set, and `\` takes a character as it is. `/**/` also stands for a
/// single slash. A text that is the pattern to the letter matches too: the kernel's `pipe:[7]` need not be
/// escaped. A character is one of UTF-8, or a byte that is part of none.
package struct Glob: Sendable {
  /// The longest pattern, in bytes: no path is longer, see `PATH_MAX` in `include/uapi/linux/limits.h`.
  static let longest = 4096

  /// The pattern as bytes, each with whether it means itself alone.
  private let letters: [GlobCompiler.Letter]
  private let tokens: [GlobCompiler.Token]

  private static let special = "*?[]!^-"

  /// Compiles a pattern.
  ///
  /// Throws where it is empty or too long, and where a set is not closed or has a range that is reversed.
  init(_ value: Value) throws(SelectorError) {
    guard !value.isEmpty else { throw SelectorError(value.snippet, .emptyGlob) }
    guard value.units.count <= Self.longest else {
      throw SelectorError(value[Self.longest..<value.units.count].snippet, .longGlob)
    }
    // Of a byte that means nothing else anyhow, a backslash says nothing; and one alone means itself.
    letters = value.units.map { unit in
      let isEscaped = unit.isEscaped && Self.special.utf8.contains(unit.byte)
      return .init(byte: unit.byte, isLiteral: isEscaped || unit.byte == UInt8(ascii: "\\"))
    }
    var compiler = GlobCompiler(letters, value)
    tokens = try compiler.tokens()
  }

  package init(parsing pattern: String) throws(SelectorError) {
    try self.init(Value(verbatim: ByteString(pattern)))
  }

  /// Whether the whole text matches, in time proportional to its length times the pattern's.
  package func matches(_ text: ByteString) -> Bool {
    if text.bytes.elementsEqual(letters.lazy.map({ $0.byte })) { return true }
    // What stands before the first wildcard decides of nearly every text.
    var literal = 0
    while literal < tokens.count, case .character(let character) = tokens[literal], character < 0x80 {
      guard literal < text.bytes.count, text.bytes[literal] == character else { return false }
      literal += 1
    }
    if literal == tokens.count { return text.bytes.count == literal }
    var states = [Bool](repeating: false, count: tokens.count + 1)
    var next = states
    enter(literal, &states)
    var rest = text.bytes[literal...]
    while let character = GlobCompiler.nextCharacter(of: &rest) {
      for index in next.indices { next[index] = false }
      for index in tokens.indices where states[index] { step(index, character, &next) }
      swap(&states, &next)
    }
    return states[tokens.count]
  }

  /// Marks a state, and those that can be reached from it without a character.
  private func enter(_ index: Int, _ states: inout [Bool]) {
    var index = index
    while true {
      states[index] = true
      guard index < tokens.count else { return }
      switch tokens[index] {
      case .withinComponent, .acrossComponents, .components: index += 1
      case .character, .anyCharacter, .set: return
      }
    }
  }

  private func step(_ index: Int, _ character: UInt32, _ next: inout [Bool]) {
    let slash = UInt32(UInt8(ascii: "/"))
    switch tokens[index] {
    case .character(let wanted):
      if character == wanted { enter(index + 1, &next) }
    case .anyCharacter:
      if character != slash { enter(index + 1, &next) }
    case .set(let ranges, let isNegated):
      let isMember = ranges.contains { $0.contains(character) }
      if character != slash, isMember != isNegated { enter(index + 1, &next) }
    case .withinComponent:
      if character != slash { enter(index, &next) }
    case .acrossComponents:
      enter(index, &next)
    case .components:
      // Left only at a slash: a component is not matched by its end.
      next[index] = true
      if character == slash { enter(index + 1, &next) }
    }
  }
}

extension Glob: Hashable {
  package static func == (one: Glob, other: Glob) -> Bool { one.letters == other.letters }

  package func hash(into hasher: inout Hasher) { hasher.combine(letters) }
}

extension Glob: CustomStringConvertible {
  /// The pattern, with what an expression would take for something else behind backslashes.
  package var description: String {
    var text = ""
    var run: [UInt8] = []
    for letter in letters {
      if letter.isLiteral {
        text += quoted(run) + quoted([letter.byte], escaping: Self.special)
        run = []
      } else {
        run.append(letter.byte)
      }
    }
    return text + quoted(run)
  }
}
