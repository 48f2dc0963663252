package import FDCore

/// The value of a term, without quotes and with each escape replaced by the byte that it stands for.
package struct Value: Sendable {
  /// A byte of the value, and the place in the source that it was read from.
  struct SourceByte: Sendable {
    let byte: UInt8
    /// True if a backslash stood in front, so that the byte has no special meaning.
    let isEscaped: Bool
    /// The offsets of its text in the bytes of the source.
    ///
    /// An escape is two or four bytes long.
    let range: Range<Int>
  }

  /// The text that the value was read from, for errors to point at.
  package let snippet: Snippet
  let sourceBytes: ArraySlice<SourceByte>

  private init(_ snippet: Snippet, _ sourceBytes: ArraySlice<SourceByte>) {
    self.snippet = snippet
    self.sourceBytes = sourceBytes
  }

  /// Reads a value from the text of an expression, in which quotes protect blanks and parentheses.
  ///
  /// Every quote must be closed. The lexer refuses any other text.
  init(quoted snippet: Snippet) {
    var quote: UInt8?
    var kept: [SourceByte] = []
    for next in Self.unescaped(snippet) {
      let isQuote = !next.isEscaped && (next.byte == quote || quote == nil && next.byte.isQuote)
      if isQuote {
        quote = quote == nil ? next.byte : nil
      } else {
        kept.append(next)
      }
    }
    self.init(snippet, kept[...])
  }

  /// Reads the value of an option, in which quotes are ordinary bytes.
  package init(verbatim text: ByteString) {
    let snippet = Snippet(text)
    self.init(snippet, Self.unescaped(snippet)[...])
  }

  /// This value, and the bytes of another value after it, without what stands between them in the source.
  func joined(with other: Value) -> Value {
    Value(snippet.through(other.snippet), sourceBytes + other.sourceBytes)
  }

  var bytes: [UInt8] { sourceBytes.map { $0.byte } }

  /// The bytes as text, with U+FFFD in place of bytes that are not UTF-8.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  var isEmpty: Bool { sourceBytes.isEmpty }

  /// A part of the value, by offsets from the start of the value.
  subscript(part: Range<Int>) -> Value {
    let kept = sourceBytes.dropFirst(part.lowerBound).prefix(part.count)
    let start = kept.first?.range.lowerBound ?? end(before: part.lowerBound)
    return Value(Snippet(snippet.source, start..<(kept.last?.range.upperBound ?? start)), kept)
  }

  /// The offset in the source at which the text in front of a byte of the value ends.
  private func end(before offset: Int) -> Int {
    if offset == 0 { return sourceBytes.first?.range.lowerBound ?? snippet.range.lowerBound }
    return sourceBytes.dropFirst(offset - 1).first?.range.upperBound ?? snippet.range.upperBound
  }

  /// The items of a list, which unescaped commas separate.
  ///
  /// Throws `emptyItem` if an item is empty.
  func items() throws(SelectorError) -> [Value] {
    var items: [Value] = []
    var start = 0
    for (offset, next) in sourceBytes.enumerated() where next.byte == UInt8(ascii: ",") && !next.isEscaped {
      items.append(self[start..<offset])
      start = offset + 1
    }
    items.append(self[start..<sourceBytes.count])
    for item in items where item.isEmpty {
      throw SelectorError(items.count == 1 ? snippet : item.snippet, .emptyItem)
    }
    return items
  }

  /// The value without the bytes at some offsets, but with the same snippet.
  func removing(at offsets: Set<Int>) -> Value {
    let kept = sourceBytes.enumerated().filter { !offsets.contains($0.offset) }.map { $0.element }
    return Value(snippet, kept[...])
  }

  /// The rest of the value after `prefix`, or nil if the value does not start with it.
  func removingPrefix(_ prefix: String) -> Value? {
    guard sourceBytes.lazy.map({ $0.byte }).starts(with: prefix.utf8) else { return nil }
    return self[prefix.utf8.count..<sourceBytes.count]
  }

  /// Reads the escapes of a text.
  ///
  /// They include all escapes that `ByteString.description` writes, so a user can copy text from a listing.
  private static func unescaped(_ snippet: Snippet) -> [SourceByte] {
    var result: [SourceByte] = []
    var rest = snippet.bytes
    while let byte = rest.popFirst() {
      let start = rest.startIndex - 1
      guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
        result.append(SourceByte(byte: byte, isEscaped: false, range: start..<rest.startIndex))
        continue
      }
      var meaning = next
      switch next {
      case UInt8(ascii: "n"): meaning = UInt8(ascii: "\n")
      case UInt8(ascii: "t"): meaning = UInt8(ascii: "\t")
      case UInt8(ascii: "r"): meaning = UInt8(ascii: "\r")
      case UInt8(ascii: "e"): meaning = 0x1B
      default:
        // Three octal digits, at most \377.
        let digits = [next] + rest.prefix(2)
        if digits.count == 3, digits.allSatisfy({ $0.isOctalDigit }), next < UInt8(ascii: "4") {
          meaning = digits.reduce(0) { $0 << 3 | ($1 & 7) }
          rest = rest.dropFirst(2)
        }
      }
      result.append(SourceByte(byte: meaning, isEscaped: true, range: start..<rest.startIndex))
    }
    return result
  }
}
