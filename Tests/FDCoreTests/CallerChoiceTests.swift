import Testing

@testable import FDCore

/// The order of preference among the threads that can make the calls.
@Suite struct CallerChoiceTests {
  private func candidate(
    _ tid: Int32, isTableThread: Bool = false, hasTable: Bool = true, isUserMade: Bool = true,
    survives: Bool = true, hasSavedMask: Bool = false, mayBeInUnknownSequence: Bool = false
  ) -> CallerChoice.Candidate {
    .init(
      tid: tid, isTableThread: isTableThread, hasTable: hasTable, isUserMade: isUserMade, survives: survives,
      hasSavedMask: hasSavedMask, mayBeInUnknownSequence: mayBeInUnknownSequence)
  }

  private func best(_ candidates: [CallerChoice.Candidate], canSurvive: Bool = true) -> Int32? {
    var choice = CallerChoice(canSurvive: canSurvive)
    for candidate in candidates where !choice.isDecided { choice.consider(candidate) }
    return choice.best?.tid
  }

  /// The list is ordered from the best to the worst, and each pair is compared in both orders.
  @Test func everyPairIsOrdered() {
    let ordered = [
      candidate(9, isTableThread: true), candidate(1), candidate(2),
      candidate(8, isTableThread: true, hasSavedMask: true), candidate(3, hasSavedMask: true),
      candidate(7, isTableThread: true, survives: false), candidate(4, survives: false),
      candidate(6, isTableThread: true, survives: false, hasSavedMask: true),
      candidate(5, survives: false, hasSavedMask: true),
      candidate(11, isTableThread: true, mayBeInUnknownSequence: true),
      candidate(10, mayBeInUnknownSequence: true),
      candidate(12, isTableThread: true, survives: false, mayBeInUnknownSequence: true),
    ]
    for (index, better) in ordered.enumerated() {
      for worse in ordered[(index + 1)...] {
        #expect(best([better, worse]) == better.tid, "\(better) before \(worse)")
        // If the first thread has the best rank, the second is not considered.
        let isFirstPerfect = worse.survives && !worse.hasSavedMask && !worse.mayBeInUnknownSequence
        #expect(
          best([worse, better]) == (isFirstPerfect ? worse.tid : better.tid), "\(better) after \(worse)")
      }
    }
  }

  @Test func threadsThatCannotMakeCallsAreNeverTaken() {
    let unfit = [
      candidate(1, hasTable: false), candidate(2, isUserMade: false),
      candidate(3, isTableThread: true, hasTable: false, isUserMade: false),
    ]
    #expect(best(unfit) == nil && best([]) == nil)
    #expect(best(unfit + [candidate(4, survives: false, hasSavedMask: true)]) == 4)
  }

  /// The choice does not compare thousands of threads while the process is stopped.
  @Test func onlySoManyAreCompared() {
    let poor = (1...100 as ClosedRange<Int32>).map { candidate($0, survives: false) }
    #expect(best(poor + [candidate(200)]) == 1)
    #expect(best(Array(poor.prefix(CallerChoice.mostCompared - 1)) + [candidate(200)]) == 200)
    let unfit = (1...100 as ClosedRange<Int32>).map { candidate($0, hasTable: false) }
    #expect(best(unfit + [candidate(200, survives: false)]) == 200)
  }
}
