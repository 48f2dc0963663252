package import FDCore

/// A pattern for a path, or for the name of a Unix-domain socket.
///
/// `?` and `*` match within one component of a path, and `**` matches across components. `/**/` also matches
/// a single slash. `[a-z]` matches one character of a set; `[!a-z]` and `[^a-z]` match one character outside
/// it. `{a,b}` matches what one of the patterns between the commas matches. `\` removes the special meaning
/// of the next character. A text that is equal to the pattern also matches, so the kernel's `pipe:[7]` needs
/// no escapes. A character is a UTF-8 character, or a byte that is not part of one.
package struct Glob: Sendable {
  /// The largest length of a pattern, in bytes.
  ///
  /// No path is longer; see `PATH_MAX` in `include/uapi/linux/limits.h`.
  static let maximumLength = 4096

  /// The bytes of the pattern, each literal or not.
  private let pattern: [GlobCompiler.PatternByte]
  private let tokens: [GlobCompiler.Token]

  /// The bytes that lose a special meaning after a backslash.
  private static let special = "*?[]!^-{},"

  /// Compiles a pattern.
  ///
  /// Throws `emptyGlob`, `globTooLong`, and the errors of `GlobCompiler.tokens()`.
  init(_ value: Value) throws(SelectorError) {
    guard !value.isEmpty else { throw SelectorError(value.snippet, .emptyGlob) }
    let length = value.sourceBytes.count
    guard length <= Self.maximumLength else {
      throw SelectorError(value[Self.maximumLength..<length].snippet, .globTooLong)
    }
    // A backslash in front of any other byte changes nothing. A backslash that is left is always literal.
    pattern = value.sourceBytes.map { next in
      let isEscaped = next.isEscaped && Self.special.utf8.contains(next.byte)
      return .init(byte: next.byte, isLiteral: isEscaped || next.byte == UInt8(ascii: "\\"))
    }
    var compiler = GlobCompiler(pattern, value)
    tokens = try compiler.tokens()
  }

  /// Compiles a pattern from text without quotes.
  ///
  /// Throws as the initializer from a value does.
  package init(parsing pattern: String) throws(SelectorError) {
    try self.init(Value(verbatim: ByteString(pattern)))
  }

  /// The text that the pattern matches, if it has no wildcard; nil otherwise.
  package var literal: ByteString? {
    let isPlain = tokens.allSatisfy { if case .character = $0 { true } else { false } }
    return isPlain ? ByteString(pattern.map { $0.byte }) : nil
  }

  /// True if the whole text matches.
  ///
  /// This is Thompson's simulation of a nondeterministic automaton, with one state per token and an accepting
  /// state at the end. The time is proportional to the product of the lengths of the text and the pattern,
  /// however many alternatives the pattern has.
  package func matches(_ text: ByteString) -> Bool {
    if text.bytes.elementsEqual(pattern.lazy.map({ $0.byte })) { return true }
    // The literal prefix in front of the first wildcard decides for nearly every text.
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

  /// Marks a state and its epsilon closure, the states that it reaches without a character.
  ///
  /// A state that is marked has its closure marked, too.
  private func enter(_ index: Int, _ states: inout [Bool]) {
    var index = index
    while !states[index] {
      states[index] = true
      guard index < tokens.count else { return }
      switch tokens[index] {
      case .withinComponent, .acrossComponents: index += 1
      case .fork(let ways):
        for way in ways.dropFirst() { enter(way, &states) }
        index = ways[0]
      case .jump(let end): index = end
      case .character, .anyCharacter, .set, .components: return
      }
    }
  }

  /// Marks the states that one state reaches with a character.
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
      // The automaton leaves this state only at a slash. So the state consumes whole components.
      next[index] = true
      if character == slash { enter(index + 1, &next) }
    case .fork, .jump: break
    }
  }
}

extension Glob: Hashable {
  /// True if the patterns have the same bytes, and the same bytes are literal in both.
  package static func == (one: Glob, other: Glob) -> Bool { one.pattern == other.pattern }

  /// Hashes the bytes of the pattern.
  package func hash(into hasher: inout Hasher) { hasher.combine(pattern) }
}

extension Glob: CustomStringConvertible {
  /// The pattern as an expression writes it, with a backslash in front of each literal special character.
  package var description: String {
    var text = ""
    var run: [UInt8] = []
    for next in pattern {
      if next.isLiteral {
        text += quoted(run) + quoted([next.byte], escaping: Self.special)
        run = []
      } else {
        run.append(next.byte)
      }
    }
    return text + quoted(run)
  }
}
