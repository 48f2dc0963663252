package import FDCore

/// A part of the text that a selector was written as, for an error to point at.
package struct Snippet: Hashable, Sendable {
  /// All of what was written in one argument.
  package let source: ByteString
  /// In bytes of the source.
  package let range: Range<Int>

  package init(_ source: ByteString, _ range: Range<Int>? = nil) {
    self.source = source
    self.range = range ?? 0..<source.bytes.count
  }

  package var bytes: ArraySlice<UInt8> { source.bytes[range] }

  /// From the beginning of this one to the end of another of the same source, or else this one.
  func through(_ other: Snippet) -> Snippet {
    guard other.source == source, other.range.upperBound >= range.lowerBound else { return self }
    return Snippet(source, range.lowerBound..<other.range.upperBound)
  }
}
