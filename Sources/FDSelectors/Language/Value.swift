package import FDCore

/// What a term is told, taken apart: bytes without the quotes around them, and escapes as what they stand
/// for.
package struct Value: Sendable {
  /// A byte and where it was written.
  struct Unit: Sendable {
    let byte: UInt8
    /// Whether a backslash took its meaning.
    let isEscaped: Bool
    let range: Range<Int>
  }

  package let snippet: Snippet
  let units: ArraySlice<Unit>

  private init(_ snippet: Snippet, _ units: ArraySlice<Unit>) {
    self.snippet = snippet
    self.units = units
  }

  /// Reads a value from the text of an expression, in which quotes keep blanks and parentheses together.
  ///
  /// The lexer has seen to it that quotes are closed.
  init(quoted snippet: Snippet) {
    var quote: UInt8?
    var units: [Unit] = []
    for unit in Self.units(snippet) {
      let isQuote = !unit.isEscaped && (unit.byte == quote || quote == nil && unit.byte.isQuote)
      if isQuote {
        quote = quote == nil ? unit.byte : nil
      } else {
        units.append(unit)
      }
    }
    self.init(snippet, units[...])
  }

  /// Reads the value of an option: all of it, quotes too.
  package init(verbatim text: ByteString) {
    let snippet = Snippet(text)
    self.init(snippet, Self.units(snippet)[...])
  }

  var bytes: [UInt8] { units.map { $0.byte } }

  /// The bytes as text; what is no UTF-8 is not kept.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  var isEmpty: Bool { units.isEmpty }

  /// A part of the value, by offsets from its own beginning.
  subscript(part: Range<Int>) -> Value {
    let units = units.dropFirst(part.lowerBound).prefix(part.count)
    let start = units.first?.range.lowerBound ?? end(at: part.lowerBound)
    return Value(Snippet(snippet.source, start..<(units.last?.range.upperBound ?? start)), units)
  }

  /// Where something before the unit at an offset ends.
  private func end(at offset: Int) -> Int {
    if offset == 0 { return units.first?.range.lowerBound ?? snippet.range.lowerBound }
    return units.dropFirst(offset - 1).first?.range.upperBound ?? snippet.range.upperBound
  }

  /// The items of a list, between commas that no backslash stands before; each has to be there.
  func items() throws(SelectorError) -> [Value] {
    var items: [Value] = []
    var start = 0
    for (offset, unit) in units.enumerated() where unit.byte == UInt8(ascii: ",") && !unit.isEscaped {
      items.append(self[start..<offset])
      start = offset + 1
    }
    items.append(self[start..<units.count])
    for item in items where item.isEmpty {
      throw SelectorError(items.count == 1 ? snippet : item.snippet, .emptyItem)
    }
    return items
  }

  /// The value without the bytes at some offsets; an error still points to all of it.
  func removing(at offsets: Set<Int>) -> Value {
    Value(snippet, units.enumerated().filter { !offsets.contains($0.offset) }.map { $0.element }[...])
  }

  /// What follows `prefix`, or nil where the value does not begin so.
  func removingPrefix(_ prefix: String) -> Value? {
    guard units.lazy.map({ $0.byte }).starts(with: prefix.utf8) else { return nil }
    return self[prefix.utf8.count..<units.count]
  }

  /// Escapes are those that `ByteString` describes with, so that what a listing shows can be given back.
  private static func units(_ snippet: Snippet) -> [Unit] {
    var units: [Unit] = []
    var rest = snippet.bytes
    while let byte = rest.popFirst() {
      let start = rest.startIndex - 1
      guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
        units.append(Unit(byte: byte, isEscaped: false, range: start..<rest.startIndex))
        continue
      }
      var meaning = next
      switch next {
      case UInt8(ascii: "n"): meaning = UInt8(ascii: "\n")
      case UInt8(ascii: "t"): meaning = UInt8(ascii: "\t")
      case UInt8(ascii: "r"): meaning = UInt8(ascii: "\r")
      case UInt8(ascii: "e"): meaning = 0x1B
      default:
        let digits = [next] + rest.prefix(2)
        if digits.count == 3, digits.allSatisfy({ $0.isOctalDigit }), next < UInt8(ascii: "4") {
          meaning = digits.reduce(0) { $0 << 3 | ($1 & 7) }
          rest = rest.dropFirst(2)
        }
      }
      units.append(Unit(byte: meaning, isEscaped: true, range: start..<rest.startIndex))
    }
    return units
  }
}
