package import FDCore

/// Descriptor numbers as a list of ranges: `5`, `3-9`, `3-`, `3-~0`, `0,5,7-9`.
///
/// A number is decimal; `~N` is as in C on 32 bits, so that `~0` is the largest.
package struct RangeList: Hashable, Sendable {
  /// Ascending, disjoint, and with a gap between each and the next.
  package let ranges: [DescriptorRange]

  /// Parses a list.
  ///
  /// Throws for what is no number or range, and for a first number above the last.
  package init(parsing text: String) throws(SelectorError) {
    var ranges: [DescriptorRange] = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard !item.isEmpty else { throw SelectorError(text, .emptyItem) }
      ranges.append(try Self.range(String(item)))
    }
    self.ranges = Self.merged(ranges)
  }

  /// Whether a list of ranges can begin so.
  ///
  /// A minus sign can not, but is better explained than denied.
  static func mayBegin(_ byte: UInt8) -> Bool {
    "0123456789~-,".utf8.contains(byte)
  }

  package func contains(_ number: UInt32) -> Bool {
    ranges.contains { $0.contains(number) }
  }

  private static func range(_ item: String) throws(SelectorError) -> DescriptorRange {
    var rest = Substring(item)
    let first = try number(&rest, of: item)
    if rest.isEmpty { return first...first }
    guard rest.first == "-" else { throw SelectorError(item, .unexpected(String(rest))) }
    rest.removeFirst()
    let last = rest.isEmpty ? .max : try number(&rest, of: item)
    guard rest.isEmpty else { throw SelectorError(item, .unexpected(String(rest))) }
    guard first <= last else { throw SelectorError(item, .reversed(first: first, last: last)) }
    return first...last
  }

  private static func number(_ rest: inout Substring, of item: String) throws(SelectorError) -> UInt32 {
    let isComplement = rest.first == "~"
    if isComplement { rest.removeFirst() }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty else {
      if isComplement { throw SelectorError(item, .missingNumber) }
      throw SelectorError(
        item,
        rest.first == "-" && rest.startIndex == item.startIndex
          ? .missingFirst : .unexpected(String(rest)))
    }
    rest = rest.dropFirst(digits.count)
    guard let value = UInt32(digits) else { throw SelectorError(item, .tooLarge(String(digits))) }
    return isComplement ? ~value : value
  }

  private static func merged(_ ranges: [DescriptorRange]) -> [DescriptorRange] {
    var merged: [DescriptorRange] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      // Neighbours are one range too; the addition cannot overflow where there is a range above.
      if let last = merged.last, last.upperBound == .max || range.lowerBound <= last.upperBound + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    return merged
  }
}

extension RangeList: CustomStringConvertible {
  /// The list in the shortest form that parses to it.
  package var description: String {
    ranges.map { range in
      if range.lowerBound == range.upperBound { return "\(range.lowerBound)" }
      return range.upperBound == .max ? "\(range.lowerBound)-" : "\(range.lowerBound)-\(range.upperBound)"
    }.joined(separator: ",")
  }
}
