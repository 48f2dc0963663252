import Testing

@testable import FDCore

/// The process IDs that two threads divide between them.
@Suite struct ProcessSharesTests {
  /// Reads the process IDs of a crowd as two threads do, in an order of turns; returns what each one claimed.
  ///
  /// A read returns a few IDs, and may exceed the part.
  private func claims(
    of crowd: [UInt32], from first: UInt32, turn: (Int) -> ProcessShares.Part
  ) -> (own: [UInt32], beside: [UInt32]) {
    let shares = ProcessShares(from: first)
    var positions: [UInt32?] = [nil, nil]
    var found: [[UInt32]] = [[], []]
    var isEnded = [false, false]
    var step = 0
    while isEnded != [true, true], step < 1_000_000 {
      let part = isEnded[0] ? .beside : isEnded[1] ? .own : turn(step)
      let index = part == .own ? 0 : 1
      step += 1
      guard let start = positions[index] ?? shares.next(for: part) else {
        isEnded[index] = true
        continue
      }
      let read = Array(crowd.drop { $0 < start }.prefix(3))
      guard let last = read.last else {
        shares.finish(part)
        positions[index] = nil
        continue
      }
      let claim = shares.claim(read, for: part)
      found[index] += claim.numbers
      positions[index] = claim.hasMore ? last + 1 : nil
    }
    return (found[0], found[1])
  }

  private static let crowds: [[UInt32]] = [
    [], [1000], Array(1000..<1100), Array(3_000_000..<3_000_300), [1000, 4_194_303],
    Array(1000..<1010) + Array(2_097_000..<2_097_400) + [4_000_000],
  ]

  @Test(arguments: crowds) func eachProcessIsClaimedOnce(crowd: [UInt32]) {
    let turns: [(Int) -> ProcessShares.Part] = [
      { _ in .own }, { _ in .beside }, { $0 % 2 == 0 ? .own : .beside }, { $0 % 7 == 0 ? .own : .beside },
      { $0 % 5 == 4 ? .beside : .own },
    ]
    for turn in turns {
      let (own, beside) = claims(of: crowd, from: 1000, turn: turn)
      #expect((own + beside).sorted() == crowd)
    }
  }

  /// A crowd with adjacent IDs is a small part of all IDs, but both threads get some of it.
  @Test func bothThreadsHaveWork() {
    let crowd: [UInt32] = Array(500_000..<500_600)
    let (own, beside) = claims(of: crowd, from: 1000) { $0 % 2 == 0 ? .own : .beside }
    #expect(own.count > 100 && beside.count > 100, "\(own.count) and \(beside.count)")
  }

  /// Reads may begin before the part, if a process exited while the position was learnt.
  @Test func processesBeforeThePartAreNotClaimed() {
    let shares = ProcessShares(from: 1000)
    let claim = shares.claim([990, 999, 1000, 1001], for: .own)
    #expect(claim.numbers == [1000, 1001] && claim.hasMore)
  }
}
