/// Descriptor numbers from a first to a last, both included, as `close_range(2)` takes them.
package typealias DescriptorRange = ClosedRange<UInt32>

/// Which descriptors are to be closed, and the fewest ranges that close them and no others.
package struct ClosePlan: Equatable, Sendable {
  /// Ascending.
  package let picked: [UInt32]
  /// Disjoint and ascending.
  package let ranges: [DescriptorRange]
  /// Whether `picked` are those that were open when the plan was made, no more and no fewer.
  ///
  /// Then each range begins and ends at a picked number.
  package let isOfOpenNumbers: Bool

  /// The same plan with ranges over what was open and picked alone.
  package var withoutFreeNumbers: ClosePlan {
    let ranges = picked.reduce(into: [DescriptorRange]()) { ranges, number in
      if let last = ranges.last, last.upperBound + 1 == number {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ClosePlan(picked: picked, ranges: ranges, isOfOpenNumbers: true)
  }

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

  /// Plans to close `picked` among the numbers that are `open`; both ascending.
  ///
  /// A range runs on over numbers that are not open and ends before one that is open and not picked.
  package init(picked: [UInt32], open: [UInt32]) {
    var ranges: [DescriptorRange] = []
    var unpicked = open.makeIterator()
    var rest = picked[...]
    var obstacle = unpicked.next()
    while let first = rest.popFirst() {
      // Those below `first`, and the picked ones themselves, are in nobody's way.
      while let number = obstacle, number <= first { obstacle = unpicked.next() }
      var last = first
      while let next = rest.first, obstacle == next {
        rest.removeFirst()
        last = next
        obstacle = unpicked.next()
      }
      ranges.append(first...last)
    }
    self.init(picked: picked, ranges: ranges, isOfOpenNumbers: true)
  }
}
