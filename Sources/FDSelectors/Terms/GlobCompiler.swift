import FDCore

/// Compiles a glob into the tokens that `Glob.matches(_:)` follows, one character of the text at a time.
struct GlobCompiler {
  /// A byte of a pattern.
  struct PatternByte: Hashable, Sendable {
    let byte: UInt8
    /// True if the byte stands for itself, without the special meaning that it has elsewhere.
    let isLiteral: Bool
  }

  enum Token: Hashable, Sendable {
    /// One character, by its value as in `nextCharacter(of:)`.
    case character(UInt32)
    /// `?`: one character except a slash.
    case anyCharacter
    /// `[...]`: one character inside the ranges, or outside if negated; never a slash.
    case set([ClosedRange<UInt32>], isNegated: Bool)
    /// `*`: any number of characters except slashes.
    case withinComponent
    /// `**`: any number of any characters.
    case acrossComponents
    /// The `**/` of `/**/`, after a fork that can skip it: one or more components, each with a slash at its
    /// end.
    case components
    /// The begin of alternatives, or of a part that can be skipped: goes on at each of these tokens.
    case fork([Int])
    /// The end of an alternative: goes on at the token after the closing brace.
    case jump(Int)
  }

  /// The alternatives of a brace that is not closed yet.
  private struct Group {
    /// The position of the opening brace in the pattern.
    let start: Int
    /// The index of the fork among the tokens.
    let fork: Int
    /// The indices of the jumps among the tokens, one for each comma.
    var jumps: [Int] = []
  }

  private let pattern: [PatternByte]
  private let value: Value
  private var position = 0
  private var compiled: [Token] = []
  private var groups: [Group] = []
  /// The index of the first token that stands in the same alternative as the next token.
  private var boundary = 0

  /// - Parameter value: the value that the pattern was read from, for errors to point at.
  init(_ pattern: [PatternByte], _ value: Value) {
    (self.pattern, self.value) = (pattern, value)
  }

  /// Removes the first character from some bytes, and returns its value; nil if there are no bytes.
  ///
  /// The value of a UTF-8 character is its Unicode scalar. A byte that is not part of a UTF-8 character
  /// counts as a character. Its value is the byte plus 0x110000, which is greater than every scalar.
  static func nextCharacter(of bytes: inout ArraySlice<UInt8>) -> UInt32? {
    guard let first = bytes.first else { return nil }
    if first >= 0x80, let scalar = ByteString.leadingScalar(of: bytes) {
      bytes = bytes.dropFirst(UTF8.width(scalar))
      return scalar.value
    }
    bytes = bytes.dropFirst()
    return first < 0x80 ? UInt32(first) : 0x11_0000 | UInt32(first)
  }

  /// Compiles the whole pattern.
  ///
  /// Throws `unclosedSet`, `reversedSet` for a set with a reversed range, and `classInSet` for a character
  /// class of `regex(7)`. Throws `unclosedBrace`, and `sequenceInBraces` for a sequence of `bash(1)`.
  mutating func tokens() throws(SelectorError) -> [Token] {
    while let next = peek() {
      switch next.isLiteral ? 0 : next.byte {
      case UInt8(ascii: "?"):
        position += 1
        compiled.append(.anyCharacter)
      case UInt8(ascii: "*"):
        position += 1
        addStars()
      case UInt8(ascii: "["):
        position += 1
        compiled.append(try set())
      case UInt8(ascii: "{"):
        open()
      case UInt8(ascii: ",") where !groups.isEmpty:
        separate()
      case UInt8(ascii: "}") where !groups.isEmpty:
        try close()
      default:
        compiled.append(.character(character()))
      }
    }
    if let group = groups.last {
      throw SelectorError(value[group.start..<pattern.count].snippet, .unclosedBrace)
    }
    return compiled
  }

  private func peek(_ offset: Int = 0) -> PatternByte? {
    position + offset < pattern.count ? pattern[position + offset] : nil
  }

  /// True if the byte at an offset from the position is this one, with its special meaning.
  private func isNext(_ byte: Unicode.Scalar, _ offset: Int = 0) -> Bool {
    peek(offset) == PatternByte(byte: UInt8(ascii: byte), isLiteral: false)
  }

  /// Consumes one character.
  private mutating func character() -> UInt32 {
    var bytes = pattern[position...].prefix(4).map { $0.byte }[...]
    let before = bytes.count
    let character = Self.nextCharacter(of: &bytes) ?? 0
    position += before - bytes.count
    return character
  }

  /// Adds the token for one or more stars, after the caller has consumed the first star.
  private mutating func addStars() {
    guard isNext("*") else {
      compiled.append(.withinComponent)
      return
    }
    while isNext("*") { position += 1 }
    let last = compiled.count > boundary ? compiled.last : nil
    let isAfterSlash = last == .character(UInt32(UInt8(ascii: "/"))) || last == .components
    guard isAfterSlash && isNext("/") else {
      compiled.append(.acrossComponents)
      return
    }
    position += 1
    // `/**/**/` matches the same texts as `/**/`.
    if last == .components { return }
    let fork = compiled.count
    compiled += [.fork([fork + 1, fork + 2]), .components]
  }

  /// Parses a set, after the caller has consumed the opening bracket.
  private mutating func set() throws(SelectorError) -> Token {
    let start = position - 1
    let isNegated = isNext("!") || isNext("^")
    if isNegated { position += 1 }
    var ranges: [ClosedRange<UInt32>] = []
    while peek() != nil {
      // A closing bracket in the first place is a member.
      if isNext("]"), !ranges.isEmpty {
        position += 1
        return .set(ranges, isNegated: isNegated)
      }
      let from = position
      if isNext("["), isNext(":", 1) || isNext(".", 1) || isNext("=", 1) {
        throw SelectorError(value[from..<from + 2].snippet, .classInSet)
      }
      let first = character()
      var last = first
      if isNext("-"), peek(1) != nil, !isNext("]", 1) {
        position += 1
        last = character()
      }
      guard first <= last else { throw SelectorError(value[from..<position].snippet, .reversedSet) }
      ranges.append(first...last)
    }
    throw SelectorError(value[start..<pattern.count].snippet, .unclosedSet)
  }
}

// MARK: - Braces

extension GlobCompiler {
  /// Begins alternatives.
  private mutating func open() {
    groups.append(Group(start: position, fork: compiled.count))
    compiled.append(.fork([]))
    boundary = compiled.count
    position += 1
  }

  /// Ends an alternative at a comma; the end of the jump is not known yet.
  private mutating func separate() {
    groups[groups.count - 1].jumps.append(compiled.count)
    compiled.append(.jump(0))
    boundary = compiled.count
    position += 1
  }

  /// Ends the innermost alternatives at a brace.
  ///
  /// As in `bash(1)`, braces without a comma stand for themselves. A sequence such as `{1..9}` is an error,
  /// because it would otherwise match nothing.
  private mutating func close() throws(SelectorError) {
    let group = groups.removeLast()
    position += 1
    guard !group.jumps.isEmpty else {
      if isSequence(pattern[group.start + 1..<position - 1]) {
        throw SelectorError(value[group.start..<position].snippet, .sequenceInBraces)
      }
      compiled[group.fork] = .character(UInt32(UInt8(ascii: "{")))
      compiled.append(.character(UInt32(UInt8(ascii: "}"))))
      return
    }
    compiled[group.fork] = .fork([group.fork + 1] + group.jumps.map { $0 + 1 })
    for jump in group.jumps { compiled[jump] = .jump(compiled.count) }
    boundary = compiled.count
  }

  /// True for letters, digits and minus signs on both sides of `..`.
  private func isSequence(_ part: ArraySlice<PatternByte>) -> Bool {
    let dot = UInt8(ascii: ".")
    let bytes = part.map { $0.byte }
    guard bytes.allSatisfy({ $0.isLetterOrDigit || $0 == UInt8(ascii: "-") || $0 == dot }),
      let first = bytes.first, let last = bytes.last, first != dot, last != dot
    else { return false }
    return zip(bytes, bytes.dropFirst()).contains { $0 == dot && $1 == dot }
  }
}
