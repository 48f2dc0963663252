import FDCore

/// Turns a pattern into what a text is held against, character by character.
struct GlobCompiler {
  struct Letter: Hashable, Sendable {
    let byte: UInt8
    /// Whether it means itself, whatever it means elsewhere.
    let isLiteral: Bool
  }

  enum Token: Hashable, Sendable {
    case character(UInt32)
    /// `?`
    case anyCharacter
    case set([ClosedRange<UInt32>], isNegated: Bool)
    /// `*`
    case withinComponent
    /// `**`
    case acrossComponents
    /// The `**/` of `/**/`: nothing, or whole components.
    case components
  }

  private let letters: [Letter]
  private let value: Value
  private var position = 0
  private var compiled: [Token] = []

  /// - Parameter value: what the letters were read from, for errors to point at.
  init(_ letters: [Letter], _ value: Value) {
    (self.letters, self.value) = (letters, value)
  }

  /// A character by its scalar value or, of what is no UTF-8, a byte, above all of those.
  static func nextCharacter(of bytes: inout ArraySlice<UInt8>) -> UInt32? {
    guard let first = bytes.first else { return nil }
    if first >= 0x80, let scalar = ByteString.leadingScalar(of: bytes) {
      bytes = bytes.dropFirst(UTF8.width(scalar))
      return scalar.value
    }
    bytes = bytes.dropFirst()
    return first < 0x80 ? UInt32(first) : 0x11_0000 | UInt32(first)
  }

  /// Throws where a set is not closed, has a range that is reversed, or a class of `regex(7)`.
  mutating func tokens() throws(SelectorError) -> [Token] {
    while let letter = peek() {
      switch letter.isLiteral ? 0 : letter.byte {
      case UInt8(ascii: "?"):
        position += 1
        compiled.append(.anyCharacter)
      case UInt8(ascii: "*"):
        position += 1
        addStars()
      case UInt8(ascii: "["):
        position += 1
        compiled.append(try set())
      default:
        compiled.append(.character(character()))
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

  /// The character that stands here, and is passed over.
  private mutating func character() -> UInt32 {
    var bytes = letters[position...].prefix(4).map { $0.byte }[...]
    let before = bytes.count
    let character = Self.nextCharacter(of: &bytes) ?? 0
    position += before - bytes.count
    return character
  }

  private mutating func addStars() {
    guard isNext("*") else {
      compiled.append(.withinComponent)
      return
    }
    while isNext("*") { position += 1 }
    let isAfterSlash = compiled.last == .character(UInt32(UInt8(ascii: "/"))) || compiled.last == .components
    guard isAfterSlash && isNext("/") else {
      compiled.append(.acrossComponents)
      return
    }
    position += 1
    // Any number of them says no more than one.
    if compiled.last != .components { compiled.append(.components) }
  }

  /// The set whose bracket is behind.
  private mutating func set() throws(SelectorError) -> Token {
    let start = position - 1
    let isNegated = isNext("!") || isNext("^")
    if isNegated { position += 1 }
    var ranges: [ClosedRange<UInt32>] = []
    while peek() != nil {
      // A bracket in the first place is a member.
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
    throw SelectorError(value[start..<letters.count].snippet, .unclosedSet)
  }
}
