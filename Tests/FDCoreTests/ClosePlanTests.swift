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
      // The plan still closes picked numbers that are no longer open.
      ([3, 6], [3, 4, 5], [3...3, 6...6]),
    ] as [([UInt32], [UInt32], [DescriptorRange])])
  func thePlanUsesTheFewestRanges(picked: [UInt32], open: [UInt32], ranges: [DescriptorRange]) {
    #expect(ClosePlan(picked: picked, open: open).ranges == ranges)
  }

  /// Compares with a naive plan, which begins a new range whenever an open, unpicked number lies between.
  @Test func thePlanAgreesWithANaivePlanOnRandomTables() {
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
