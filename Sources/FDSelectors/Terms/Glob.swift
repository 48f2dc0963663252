package import FDCore

/// A pattern over a path, or over a Unix-domain socket's name.
///
/// `?` and `*` stay within a component of the path, `**` runs across components, `[a-z]` and `[!a-z]`
/// stand for one character of a set, and `\` takes a character as it is. `/**/` also stands for a single
/// slash. A text that is the pattern to the letter matches too: the kernel's `pipe:[7]` need not be escaped.
package struct Glob: Sendable {
  /// The longest pattern, in bytes: no path is longer, see `PATH_MAX` in `include/uapi/linux/limits.h`.
  static let longest = 4096

  /// The pattern as bytes, each with whether it means itself alone.
  private let letters: [Letter]
  private let tokens: [Token]

  private struct Letter: Hashable {
    let byte: UInt8
    let isLiteral: Bool
  }

  private enum Token: Hashable {
    case byte(UInt8)
    case anyByte
    case set([ClosedRange<UInt8>], isNegated: Bool)
    /// `*`
    case withinComponent
    /// `**`
    case acrossComponents
    /// The `**/` of `/**/`: nothing, or whole components.
    case components
  }

  private static let special = "*?[]!^-"

  /// Compiles a pattern.
  ///
  /// Throws where it is empty or too long, and where a set is not closed or has a range that is reversed.
  init(_ value: Value) throws(SelectorError) {
    guard !value.isEmpty else { throw SelectorError(value.snippet, .emptyGlob) }
    guard value.units.count <= Self.longest else {
      throw SelectorError(value[Self.longest..<value.units.count].snippet, .longGlob)
    }
    // Of a byte that means nothing else anyhow, a backslash says nothing.
    letters = value.units.map { unit in
      Letter(
        byte: unit.byte, isLiteral: unit.isEscaped && (Self.special + "\\").utf8.contains(unit.byte))
    }
    var compiler = Compiler(letters, value)
    tokens = try compiler.tokens()
  }

  package init(parsing pattern: String) throws(SelectorError) {
    try self.init(Value(verbatim: ByteString(pattern)))
  }

  /// Whether the whole text matches, in time proportional to its length times the pattern's.
  package func matches(_ text: ByteString) -> Bool {
    if text.bytes.elementsEqual(letters.lazy.map(\.byte)) { return true }
    // What stands before the first wildcard decides of nearly every text.
    var literal = 0
    while literal < tokens.count, case .byte(let byte) = tokens[literal] {
      guard literal < text.bytes.count, text.bytes[literal] == byte else { return false }
      literal += 1
    }
    if literal == tokens.count { return text.bytes.count == literal }
    var states = [Bool](repeating: false, count: tokens.count + 1)
    var next = states
    enter(literal, &states)
    for byte in text.bytes[literal...] {
      for index in next.indices { next[index] = false }
      for index in tokens.indices where states[index] { step(index, byte, &next) }
      swap(&states, &next)
    }
    return states[tokens.count]
  }

  /// Marks a state, and those that can be reached from it without a byte.
  private func enter(_ index: Int, _ states: inout [Bool]) {
    var index = index
    while true {
      states[index] = true
      guard index < tokens.count else { return }
      switch tokens[index] {
      case .withinComponent, .acrossComponents, .components: index += 1
      case .byte, .anyByte, .set: return
      }
    }
  }

  private func step(_ index: Int, _ byte: UInt8, _ next: inout [Bool]) {
    let slash = UInt8(ascii: "/")
    switch tokens[index] {
    case .byte(let wanted):
      if byte == wanted { enter(index + 1, &next) }
    case .anyByte:
      if byte != slash { enter(index + 1, &next) }
    case .set(let ranges, let isNegated):
      let isMember = ranges.contains { $0.contains(byte) }
      if byte != slash, isMember != isNegated { enter(index + 1, &next) }
    case .withinComponent:
      if byte != slash { enter(index, &next) }
    case .acrossComponents:
      enter(index, &next)
    case .components:
      // Left only at a slash: a component is not matched by its end.
      next[index] = true
      if byte == slash { enter(index + 1, &next) }
    }
  }

  /// Turns letters into tokens.
  private struct Compiler {
    private let letters: [Letter]
    private let value: Value
    private var position = 0
    private var compiled: [Token] = []

    init(_ letters: [Letter], _ value: Value) {
      (self.letters, self.value) = (letters, value)
    }

    mutating func tokens() throws(SelectorError) -> [Token] {
      while let letter = peek() {
        position += 1
        switch letter.isLiteral ? 0 : letter.byte {
        case UInt8(ascii: "?"): compiled.append(.anyByte)
        case UInt8(ascii: "*"): compiled.append(stars())
        case UInt8(ascii: "["): compiled.append(try set())
        default: compiled.append(.byte(letter.byte))
        }
      }
      return compiled
    }

    private func peek(_ offset: Int = 0) -> Letter? {
      position + offset < letters.count ? letters[position + offset] : nil
    }

    private func isNext(_ byte: Unicode.Scalar, _ offset: Int = 0) -> Bool {
      peek(offset) == Letter(byte: UInt8(ascii: byte), isLiteral: false)
    }

    private mutating func stars() -> Token {
      guard isNext("*") else { return .withinComponent }
      while isNext("*") { position += 1 }
      let isAfterSlash = compiled.last == .byte(UInt8(ascii: "/")) || compiled.last == .components
      guard isAfterSlash && isNext("/") else { return .acrossComponents }
      position += 1
      return .components
    }

    /// The set whose bracket is behind.
    private mutating func set() throws(SelectorError) -> Token {
      let start = position - 1
      let isNegated = isNext("!") || isNext("^")
      if isNegated { position += 1 }
      var ranges: [ClosedRange<UInt8>] = []
      while let letter = peek() {
        // A bracket in the first place is a member.
        if isNext("]"), !ranges.isEmpty {
          position += 1
          return .set(ranges, isNegated: isNegated)
        }
        let from = position
        position += 1
        guard isNext("-"), let last = peek(1), !isNext("]", 1) else {
          ranges.append(letter.byte...letter.byte)
          continue
        }
        position += 2
        guard letter.byte <= last.byte else {
          throw SelectorError(value[from..<position].snippet, .reversedSet)
        }
        ranges.append(letter.byte...last.byte)
      }
      throw SelectorError(value[start..<letters.count].snippet, .unclosedSet)
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
