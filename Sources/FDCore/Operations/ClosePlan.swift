/// The descriptor numbers from a first to a last, both included, as in `close_range(2)`.
package typealias DescriptorRange = ClosedRange<UInt32>

/// The descriptors that a session closes or marks, and the ranges of its calls.
package struct ClosePlan: Equatable, Sendable {
  /// The numbers that the user picked, ascending.
  package let picked: [UInt32]
  /// The ranges of the calls, disjoint and ascending.
  package let ranges: [DescriptorRange]
  /// Whether `picked` are exactly the numbers that were open in `ranges` when the plan was made.
  package let isOfOpenNumbers: Bool
  /// The files that the numbers in `picked` have to refer to, in the same order; nil if any file is meant, or
  /// if the numbers cannot change.
  package let files: [Descriptor.Identity]?

  private init(
    picked: [UInt32], ranges: [DescriptorRange], isOfOpenNumbers: Bool, files: [Descriptor.Identity]? = nil
  ) {
    self.picked = picked
    self.ranges = ranges
    self.isOfOpenNumbers = isOfOpenNumbers
    self.files = files
  }

  /// Plans to close every descriptor that is open in `ranges`, which are disjoint and ascending.
  ///
  /// - Parameter seen: the numbers that were open in the ranges at the scan, ascending.
  package init(ranges: [DescriptorRange], seen: [UInt32]) {
    self.init(picked: seen, ranges: ranges, isOfOpenNumbers: false)
  }

  /// Plans to close exactly the numbers in `picked`, which are ascending.
  ///
  /// A range ends before a number that is not picked, even if that number is free. A thread that is not
  /// stopped could open a descriptor there before the range is closed.
  ///
  /// - Parameter files: a file for each number, if threads that are not stopped may change the descriptors. A
  ///   number that refers to another file is left alone.
  package init(picked: [UInt32], files: [Descriptor.Identity]? = nil) {
    let ranges = picked.reduce(into: [DescriptorRange]()) { ranges, number in
      if let last = ranges.last, last.upperBound + 1 == number {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    self.init(picked: picked, ranges: ranges, isOfOpenNumbers: true, files: files)
  }

  /// Plans to close the numbers in `picked`, which are the open numbers in the user's ranges.
  ///
  /// The numbers and the ranges are ascending. The ranges are closed as a whole. A range without an open
  /// number is left out.
  package init(picked: [UInt32], within ranges: [DescriptorRange]) {
    var rest = picked[...]
    let needed = ranges.filter { range in
      rest = rest.drop { $0 < range.lowerBound }
      return rest.first.map(range.contains) ?? false
    }
    self.init(picked: picked, ranges: needed, isOfOpenNumbers: true)
  }

  /// The indices in `picked` of the numbers in a range.
  func indices(of range: DescriptorRange) -> Range<Int> {
    picked.partitioningIndex { $0 >= range.lowerBound }..<picked.partitioningIndex { $0 > range.upperBound }
  }

  /// Whether a number was done, by the outcomes of the picked numbers.
  ///
  /// If a number lies in a range but was not known to be open, it counts as done: nothing is open there now.
  func didFinish(_ number: UInt32, _ outcomes: [Outcome]) -> Bool {
    let range = ranges.partitioningIndex { $0.upperBound >= number }
    guard range < ranges.endIndex, ranges[range].contains(number) else { return false }
    let index = picked.partitioningIndex { $0 >= number }
    return index == picked.endIndex || picked[index] != number || outcomes[index].isDone
  }
}
