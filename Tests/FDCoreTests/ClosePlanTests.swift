import FDCore
import Testing

/// A plan closes exactly the picked numbers.
@Suite struct ClosePlanTests {
  /// A free number between two picked numbers ends a range, because a thread that is not stopped could open a
  /// descriptor there.
  @Test(
    arguments: [
      ([], []),
      ([3, 4, 5], [3...5]),
      ([3, 5, 9], [3...3, 5...5, 9...9]),
      ([0, 1, 4, 5, 7], [0...1, 4...5, 7...7]),
      ([4_294_967_294, 4_294_967_295], [4_294_967_294...4_294_967_295]),
    ] as [([UInt32], [DescriptorRange])])
  func noRangeRunsOverANumberThatWasNotPicked(picked: [UInt32], ranges: [DescriptorRange]) {
    let plan = ClosePlan(picked: picked)
    #expect(plan.ranges == ranges && plan.picked == picked && plan.isOfOpenNumbers)
  }

  /// On random tables the ranges contain the picked numbers and no others, and no two ranges touch.
  @Test func rangesHoldThePickedNumbersAndNoOthers() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let picked = (0..<64 as Range<UInt32>).filter { _ in .random(using: &generator) }
      let ranges = ClosePlan(picked: picked).ranges
      #expect(ranges.flatMap { Array($0) } == picked)
      #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound + 1 < $1.lowerBound })
    }
  }

  /// The user's own ranges pick every descriptor that is open in them, so they are closed as a whole.
  @Test(
    arguments: [
      ([], [3...9], []),
      ([3, 9], [3...9, 20 ... .max], [3...9]),
      ([5, 30], [3...9, 12...14, 20 ... .max], [3...9, 20 ... .max]),
    ] as [([UInt32], [DescriptorRange], [DescriptorRange])])
  func rangesOfTheUserStayWhole(picked: [UInt32], given: [DescriptorRange], ranges: [DescriptorRange]) {
    #expect(ClosePlan(picked: picked, within: given).ranges == ranges)
  }
}
