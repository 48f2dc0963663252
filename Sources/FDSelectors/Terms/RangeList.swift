package import FDCore

/// A list of ranges of descriptor numbers: `5`, `3-9`, `3-`, `3-~0`, `0,5,7-9`.
///
/// A number is decimal, or hexadecimal as in C. `~N` is the complement of N in 32 bits, as in C, so `~0` is
/// the largest number.
package final class RangeList: Term {
  /// The ranges, ascending and disjoint, with at least one number between each range and the next.
  package let ranges: [DescriptorRange]
  /// The texts of the complements that stand alone in the list, such as `~7`.
  ///
  /// The user may have meant to leave these numbers out.
  package let complements: [String]

  /// Parses a list.
  ///
  /// Throws if an item is not a number or a range, or if its first number is greater than its last.
  init(_ value: Value) throws(SelectorError) {
    var ranges: [DescriptorRange] = []
    var complements: [String] = []
    for item in try value.items() {
      let range = try Self.range(item)
      ranges.append(range)
      let isComplement = item.bytes.first == UInt8(ascii: "~")
      if isComplement, range.lowerBound == range.upperBound, range.lowerBound != .max {
        complements.append(item.text)
      }
    }
    self.ranges = Self.merged(ranges)
    self.complements = complements
  }

  /// Creates a list of ranges that are ascending and have gaps between them.
  init(_ ranges: [DescriptorRange]) {
    self.ranges = ranges
    complements = []
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

  /// True if a word can go on with the list that the word before it has begun.
  ///
  /// Blanks may stand around a dash and a comma, as in `3 - 9` and `0, 5`.
  static func continues(_ word: ArraySlice<UInt8>, after before: ArraySlice<UInt8>) -> Bool {
    let joints = "-,".utf8
    guard let first = word.first, let last = before.last else { return false }
    if joints.contains(first) { return true }
    return joints.contains(last) && (canStart(with: first) || word.starts(with: largest.utf8))
  }

  /// The word for the largest number, at the end of a range.
  static let largest = "max"

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
