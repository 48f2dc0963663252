package import FDCore

/// Descriptor numbers as a list of ranges: `5`, `3-9`, `3-`, `3-~0`, `0,5,7-9`.
///
/// A number is decimal; `~N` is as in C on 32 bits, so that `~0` is the largest.
package final class RangeList: Term {
  /// Ascending, disjoint, and with a gap between each and the next.
  package let ranges: [DescriptorRange]

  /// Parses a list.
  ///
  /// Throws for what is no number or range, and for a first number above the last.
  init(_ value: Value) throws(SelectorError) {
    var ranges: [DescriptorRange] = []
    for item in try value.items() { ranges.append(try Self.range(item)) }
    self.ranges = Self.merged(ranges)
  }

  /// Takes over ranges that are ascending and have gaps between them.
  init(_ ranges: [DescriptorRange]) {
    self.ranges = ranges
  }

  package convenience init(parsing text: String) throws(SelectorError) {
    try self.init(Value(verbatim: ByteString(text)))
  }

  /// Whether a list of ranges can begin so.
  ///
  /// A minus sign can not, but is better explained than denied.
  static func mayBegin(_ byte: UInt8) -> Bool {
    "0123456789~-,".utf8.contains(byte)
  }

  package func contains(_ number: UInt32) -> Bool {
    // The first range that ends at or after the number is the only range that can contain it.
    let index = ranges.partitioningIndex { number <= $0.upperBound }
    return index < ranges.endIndex && ranges[index].lowerBound <= number
  }

  package var name: String { "" }
  package var subject: String { "its number" }
  package var facts: FactSet { [] }
  package var domain: TypeSet { .all }
  package var numbers: RangeList? { self }

  package func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    .known(contains(descriptor.number))
  }

  private static func range(_ item: Value) throws(SelectorError) -> DescriptorRange {
    var rest = 0..<item.units.count
    let first = try number(item, &rest)
    if rest.isEmpty { return first...first }
    guard item[rest].bytes.first == UInt8(ascii: "-") else {
      throw SelectorError(item[rest].snippet, .notARange)
    }
    rest.removeFirst()
    let last = rest.isEmpty ? .max : try number(item, &rest)
    guard rest.isEmpty else { throw SelectorError(item[rest].snippet, .notARange) }
    guard first <= last else {
      throw SelectorError(item.snippet, .reversed(first: first, last: last))
    }
    return first...last
  }

  private static func number(_ item: Value, _ rest: inout Range<Int>) throws(SelectorError) -> UInt32 {
    let start = rest.lowerBound
    let isComplement = item[rest].bytes.first == UInt8(ascii: "~")
    if isComplement { rest.removeFirst() }
    let digits = String(decoding: item[rest].bytes.prefix { $0.isDigit }, as: UTF8.self)
    guard !digits.isEmpty else {
      if isComplement { throw SelectorError(item[start..<start + 1].snippet, .missingNumber) }
      let isMinus = start == 0 && item[rest].bytes.first == UInt8(ascii: "-")
      throw SelectorError(item[rest].snippet, isMinus ? .missingFirst : .notARange)
    }
    rest = rest.dropFirst(digits.utf8.count)
    guard let value = UInt32(digits) else {
      throw SelectorError(item[start..<rest.lowerBound].snippet, .largeDescriptor)
    }
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

extension RangeList {
  /// The list in the shortest form that parses to it.
  package var description: String {
    ranges.map { range in
      if range.lowerBound == range.upperBound { return "\(range.lowerBound)" }
      return range.upperBound == .max ? "\(range.lowerBound)-" : "\(range.lowerBound)-\(range.upperBound)"
    }.joined(separator: ",")
  }
}

// MARK: - Sets

extension RangeList {
  /// The numbers that are in both, in time proportional to the ranges of both.
  func intersection(_ other: RangeList) -> RangeList {
    var both: [DescriptorRange] = []
    var (mine, theirs) = (0, 0)
    while mine < ranges.count, theirs < other.ranges.count {
      let (one, two) = (ranges[mine], other.ranges[theirs])
      if one.overlaps(two) { both.append(one.clamped(to: two)) }
      if one.upperBound < two.upperBound { mine += 1 } else { theirs += 1 }
    }
    return RangeList(both)
  }

  func union(_ other: RangeList) -> RangeList {
    RangeList(Self.merged(ranges + other.ranges))
  }

  /// All other numbers.
  var complement: RangeList {
    var others: [DescriptorRange] = []
    var next: UInt32? = 0
    for range in ranges {
      if let first = next, first < range.lowerBound { others.append(first...range.lowerBound - 1) }
      next = range.upperBound == .max ? nil : range.upperBound + 1
    }
    if let first = next { others.append(first ... .max) }
    return RangeList(others)
  }
}
