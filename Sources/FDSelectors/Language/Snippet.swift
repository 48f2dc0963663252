package import FDCore

/// A part of the text that the user wrote for a selector, for an error to point at.
package struct Snippet: Hashable, Sendable {
  /// The whole text of one argument.
  package let source: ByteString
  /// The part, as offsets into the bytes of `source`.
  package let range: Range<Int>

  /// Creates a part of a text.
  ///
  /// - Parameter range: offsets into the bytes of `source`, or nil for all of it.
  package init(_ source: ByteString, _ range: Range<Int>? = nil) {
    self.source = source
    self.range = range ?? 0..<source.bytes.count
  }

  /// The bytes of the part, with the indices of `source`.
  package var bytes: ArraySlice<UInt8> { source.bytes[range] }

  /// The text from the start of this part to the end of another part of the same source.
  ///
  /// The result is this part alone if the other part has another source or ends before this one starts.
  func through(_ other: Snippet) -> Snippet {
    guard other.source == source, other.range.upperBound >= range.lowerBound else { return self }
    return Snippet(source, range.lowerBound..<other.range.upperBound)
  }
}
