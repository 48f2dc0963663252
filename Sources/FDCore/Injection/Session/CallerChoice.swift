/// Chooses the calling thread of a session among the stopped threads.
///
/// The choice depends on plain values only, so that every order can be tested. Each candidate costs system
/// calls while the process is stopped. So rangeclose considers one candidate at a time: first the likeliest
/// thread, then the others in the order of their IDs.
struct CallerChoice {
  /// The facts about a stopped thread that matter for the choice.
  struct Candidate: Equatable {
    /// The thread's ID.
    let tid: Int32
    /// Whether the descriptors were read through this thread.
    let isTableThread: Bool
    /// Whether the thread is known to have the table that was read.
    let hasTable: Bool
    /// Whether the thread runs code of the program.
    ///
    /// Threads of io_uring and vhost never leave the kernel.
    let isUserMade: Bool
    /// Whether the thread's stack has room for a signal frame.
    ///
    /// With a frame, the thread can restore itself if rangeclose is killed.
    let survives: Bool
    /// Whether the thread is in a call that set another signal mask, so that the kernel has a saved mask.
    ///
    /// The thread must enter this call again before it is detached, see `SyscallSteps.reenterCall`.
    let hasSavedMask: Bool
    /// Whether the thread may be in a restartable sequence that the kernel does not report.
    ///
    /// rangeclose then has to search the thread's memory, see `SequenceSearch`.
    let mayBeInUnknownSequence: Bool

    /// The rank of the thread, from 0 for the best to 7; nil if it cannot make calls.
    fileprivate var rank: Int? {
      guard hasTable, isUserMade else { return nil }
      return (mayBeInUnknownSequence ? 4 : 0) + (survives ? 0 : 2) + (hasSavedMask ? 1 : 0)
    }

    /// Among threads of one rank, the thread whose table was read comes first, then the lowest ID.
    fileprivate func precedes(_ other: Candidate) -> Bool {
      isTableThread == other.isTableThread ? tid < other.tid : isTableThread
    }
  }

  /// The number of threads that can make calls after which the choice ends.
  static let mostCompared = 64

  /// The best thread so far; nil if none can make calls.
  private(set) var best: Candidate?
  private var compared = 0
  private let bestRank: Int

  /// - Parameter canSurvive: whether any thread of the process may have a signal frame.
  init(canSurvive: Bool) {
    bestRank = canSurvive ? 0 : 2
  }

  /// Whether the choice is final, and no other thread needs to be considered.
  var isDecided: Bool { best?.rank == bestRank || compared >= Self.mostCompared }

  /// Compares a thread with the best thread so far.
  mutating func consider(_ candidate: Candidate) {
    guard let rank = candidate.rank else { return }
    compared += 1
    guard let best, let bestRank = best.rank else {
      best = candidate
      return
    }
    if rank < bestRank || rank == bestRank && candidate.precedes(best) { self.best = candidate }
  }
}
