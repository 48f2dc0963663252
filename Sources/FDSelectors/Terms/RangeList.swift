package import FDCore

/// A list of ranges of descriptor numbers: `5`, `3-9`, `3-`, `3-~0`, `0,5,7-9`.
///
/// A number is decimal. `~N` is the complement of N in 32 bits, as in C, so `~0` is the largest number.
package final class RangeList: Term {
  /// The ranges, ascending and disjoint, with at least one number between each range and the next.
  package let ranges: [DescriptorRange]

  /// Parses a list.
  ///
  /// Throws if an item is not a number or a range, or if its first number is greater than its last.
  init(_ value: Value) throws(SelectorError) {
    var ranges: [DescriptorRange] = []
    for item in try value.items() { ranges.append(try Self.range(item)) }
    self.ranges = Self.merged(ranges)
  }

  /// Creates a list of ranges that are ascending and have gaps between them.
  init(_ ranges: [DescriptorRange]) {
    self.ranges = ranges
  }

  /// Parses a list from text without quotes.
  ///
  /// Throws as the initializer from a value does.
  package convenience init(parsing text: String) throws(SelectorError) {
    try self.init(Value(verbatim: ByteString(text)))
  }

  /// True for the first byte of a word that is parsed as a range list.
  ///
  /// No list starts with a minus sign or a comma. The parser of lists has the better error message for them.
  static func canStart(with byte: UInt8) -> Bool {
    "0123456789~-,".utf8.contains(byte)
  }

  /// True if one of the ranges contains the number, in time logarithmic in the count of ranges.
  package func contains(_ number: UInt32) -> Bool {
    // The first range that ends at or after the number is the only range that can contain it.
    let index = ranges.partitioningIndex { number <= $0.upperBound }
    return index < ranges.endIndex && ranges[index].lowerBound <= number
  }

  /// The numbers in the list, ascending; nil if there are more than `count` of them.
  package func numbers(atMost count: Int) -> [UInt32]? {
    let total = ranges.reduce(UInt64(0)) { $0 + UInt64($1.upperBound - $1.lowerBound) + 1 }
    return total > UInt64(count) ? nil : ranges.flatMap { $0.lowerBound...$0.upperBound }
  }

  /// Empty, because a range list has no name in front.
  package var name: String { "" }
  /// The phrase for a message.
  package var factName: String { "its number" }
  /// Empty, because the number of a descriptor is always known.
  package var facts: FactSet { [] }
  /// Every type.
  package var domain: TypeSet { .all }
  /// The list itself.
  package var numbers: RangeList? { self }

  /// Known for every descriptor: true if the list contains its number.
  package func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    .known(contains(descriptor.number))
  }

  /// Parses one item of a list.
  private static func range(_ item: Value) throws(SelectorError) -> DescriptorRange {
    var rest = 0..<item.sourceBytes.count
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

  /// Parses a number at the start of the unread part of an item.
  ///
  /// - Parameter rest: the offsets of the unread part; the offsets of the number are removed from it.
  private static func number(_ item: Value, _ rest: inout Range<Int>) throws(SelectorError) -> UInt32 {
    let start = rest.lowerBound
    let isComplement = item[rest].bytes.first == UInt8(ascii: "~")
    if isComplement { rest.removeFirst() }
    let digits = String(decoding: item[rest].bytes.prefix { $0.isDigit }, as: UTF8.self)
    guard !digits.isEmpty else {
      if isComplement { throw SelectorError(item[start..<start + 1].snippet, .missingNumber) }
      let isMinus = start == 0 && item[rest].bytes.first == UInt8(ascii: "-")
      throw SelectorError(item[rest].snippet, isMinus ? .missingFirstNumber : .notARange)
    }
    rest = rest.dropFirst(digits.utf8.count)
    guard let value = UInt32(digits) else {
      throw SelectorError(item[start..<rest.lowerBound].snippet, .descriptorTooLarge)
    }
    return isComplement ? ~value : value
  }

  /// The ranges in ascending order, after a merge of the ranges that overlap or are adjacent.
  private static func merged(_ ranges: [DescriptorRange]) -> [DescriptorRange] {
    var merged: [DescriptorRange] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      // The addition cannot overflow, because the first condition excludes the largest number.
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
  /// The list in the shortest form that parses to the same list.
  package var description: String {
    ranges.map { range in
      if range.lowerBound == range.upperBound { return "\(range.lowerBound)" }
      return range.upperBound == .max ? "\(range.lowerBound)-" : "\(range.lowerBound)-\(range.upperBound)"
    }.joined(separator: ",")
  }
}

// MARK: - Sets

extension RangeList {
  /// The numbers that are in both lists, in time linear in the count of ranges of both.
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

  /// The numbers that are in at least one of the lists.
  func union(_ other: RangeList) -> RangeList {
    RangeList(Self.merged(ranges + other.ranges))
  }

  /// All descriptor numbers that are not in the list.
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
