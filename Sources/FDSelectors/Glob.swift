package import FDCore

/// A pattern over a descriptor's path.
///
/// `?` and `*` stay within a component of the path, `**` runs across components, `[a-z]` and `[!a-z]`
/// stand for one character of a set, and `\` takes a character as it is. `/**/` also stands for a single
/// slash. A text that is the pattern to the letter matches too: the kernel's `pipe:[7]` need not be escaped.
package struct Glob: Hashable, Sendable {
  package let pattern: String
  private let tokens: [Token]

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

  /// Compiles a pattern.
  ///
  /// Only an empty one is wrong: as with `fnmatch(3)`, what is not closed is literal.
  package init(parsing pattern: String) throws(SelectorError) {
    guard !pattern.isEmpty else { throw SelectorError(pattern, .emptyGlob) }
    self.pattern = pattern
    tokens = Self.tokens(Array(pattern.utf8)[...])
  }

  /// Whether the whole text matches, in time proportional to its length times the pattern's.
  package func matches(_ text: ByteString) -> Bool {
    if text.bytes.elementsEqual(pattern.utf8) { return true }
    var states = [Bool](repeating: false, count: tokens.count + 1)
    var next = states
    enter(0, &states)
    for byte in text.bytes {
      for index in next.indices { next[index] = false }
      for index in tokens.indices where states[index] { step(index, byte, &next) }
      swap(&states, &next)
    }
    return states[tokens.count]
  }

  /// Marks a state, and those that can be reached from it without a byte.
  private func enter(_ index: Int, _ states: inout [Bool]) {
    states[index] = true
    guard index < tokens.count else { return }
    switch tokens[index] {
    case .withinComponent, .acrossComponents, .components: enter(index + 1, &states)
    case .byte, .anyByte, .set: break
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

  private static func tokens(_ pattern: ArraySlice<UInt8>) -> [Token] {
    var tokens: [Token] = []
    var rest = pattern
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "?"):
        tokens.append(.anyByte)
      case UInt8(ascii: "*"):
        tokens.append(stars(&rest, after: tokens.last))
      case UInt8(ascii: "["):
        tokens.append(set(&rest) ?? .byte(byte))
      case UInt8(ascii: "\\"):
        tokens.append(.byte(rest.popFirst() ?? byte))
      default:
        tokens.append(.byte(byte))
      }
    }
    return tokens
  }

  private static func stars(_ rest: inout ArraySlice<UInt8>, after previous: Token?) -> Token {
    let slash = UInt8(ascii: "/")
    guard rest.first == UInt8(ascii: "*") else { return .withinComponent }
    while rest.first == UInt8(ascii: "*") { rest.removeFirst() }
    let isWholeComponent = (previous == .byte(slash) || previous == .components) && rest.first == slash
    guard isWholeComponent else { return .acrossComponents }
    rest.removeFirst()
    return .components
  }

  /// The set after `[`; nil, with nothing taken, where no `]` closes it.
  private static func set(_ rest: inout ArraySlice<UInt8>) -> Token? {
    var body = rest
    let isNegated = body.first == UInt8(ascii: "!") || body.first == UInt8(ascii: "^")
    if isNegated { body.removeFirst() }
    var ranges: [ClosedRange<UInt8>] = []
    while let byte = body.popFirst() {
      // A bracket in the first place is a member.
      if byte == UInt8(ascii: "]"), !ranges.isEmpty {
        rest = body
        return .set(ranges, isNegated: isNegated)
      }
      let first = byte == UInt8(ascii: "\\") ? body.popFirst() ?? byte : byte
      guard body.first == UInt8(ascii: "-"), let last = body.dropFirst().first, last != UInt8(ascii: "]")
      else {
        ranges.append(first...first)
        continue
      }
      body.removeFirst(2)
      // A reversed range has no members, but is one.
      ranges.append(first <= last ? first...last : 0...0)
    }
    return nil
  }
}
