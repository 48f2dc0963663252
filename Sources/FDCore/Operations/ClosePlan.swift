/// Descriptor numbers from a first to a last, both included, as `close_range(2)` takes them.
package typealias DescriptorRange = ClosedRange<UInt32>

/// The descriptors that a session closes, and the ranges that close them and no others.
package struct ClosePlan: Equatable, Sendable {
  /// Ascending.
  package let picked: [UInt32]
  /// Disjoint and ascending.
  package let ranges: [DescriptorRange]
  /// Whether `picked` are those that were open when the plan was made, no more and no fewer.
  package let isOfOpenNumbers: Bool

  private init(picked: [UInt32], ranges: [DescriptorRange], isOfOpenNumbers: Bool) {
    self.picked = picked
    self.ranges = ranges
    self.isOfOpenNumbers = isOfOpenNumbers
  }

  /// Plans to close whatever is open in some ranges, disjoint and ascending.
  ///
  /// - Parameter seen: what was open in them at an earlier look, ascending.
  package init(ranges: [DescriptorRange], seen: [UInt32]) {
    self.init(picked: seen, ranges: ranges, isOfOpenNumbers: false)
  }

  /// Plans to close exactly the numbers in `picked`, which are ascending.
  ///
  /// A range ends before a number that is not picked, even if that number is free. A thread that was not
  /// stopped could open something there before the range is closed.
  package init(picked: [UInt32]) {
    let ranges = picked.reduce(into: [DescriptorRange]()) { ranges, number in
      if let last = ranges.last, last.upperBound + 1 == number {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    self.init(picked: picked, ranges: ranges, isOfOpenNumbers: true)
  }

  /// Plans to close whatever is open in some ranges of the user's, of which `picked` are open, both
  /// ascending.
  ///
  /// The ranges are closed as they are. A range in which nothing is open is left out.
  package init(picked: [UInt32], within ranges: [DescriptorRange]) {
    var rest = picked[...]
    let needed = ranges.filter { range in
      rest = rest.drop { $0 < range.lowerBound }
      return rest.first.map(range.contains) ?? false
    }
    self.init(picked: picked, ranges: needed, isOfOpenNumbers: true)
  }
}
