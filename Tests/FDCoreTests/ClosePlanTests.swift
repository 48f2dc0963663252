import FDCore
import Testing

@Suite struct ClosePlanTests {
  @Test(
    arguments: [
      ([], [0, 1, 2], []),
      ([3, 4, 5], [0, 1, 2, 3, 4, 5], [3...5]),
      ([3, 5, 9], [0, 3, 5, 9], [3...9]),
      ([3, 5, 9], [0, 3, 5, 7, 9], [3...5, 9...9]),
      ([0, 2, 4], [0, 1, 2, 3, 4], [0...0, 2...2, 4...4]),
      ([4_294_967_294, 4_294_967_295], [4_294_967_294, 4_294_967_295], [4_294_967_294...4_294_967_295]),
      // Picked numbers that are not open any more are still theirs to close.
      ([3, 6], [3, 4, 5], [3...3, 6...6]),
    ] as [([UInt32], [UInt32], [DescriptorRange])])
  func plansTheFewestRanges(picked: [UInt32], open: [UInt32], ranges: [DescriptorRange]) {
    #expect(ClosePlan(picked: picked, open: open).ranges == ranges)
  }

  /// Against the plain way: a new range wherever an open number that is not picked lies between.
  @Test func agreesWithTheNaivePlanOnRandomTables() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let open = (0..<64 as Range<UInt32>).filter { _ in .random(using: &generator) }
      let picked = open.filter { _ in .random(using: &generator) }
      var expected: [DescriptorRange] = []
      for number in picked {
        if let last = expected.last, !open.contains(where: { $0 > last.upperBound && $0 < number }) {
          expected[expected.count - 1] = last.lowerBound...number
        } else {
          expected.append(number...number)
        }
      }
      #expect(ClosePlan(picked: picked, open: open).ranges == expected)
    }
  }
}
