/// Which stopped thread makes the calls of a session.
///
/// It decides by plain values alone, so that every order can be tested. Each value costs system calls while
/// the process is stopped, so values are given one by one: the likeliest thread first, then the others by
/// their IDs.
struct CallerChoice {
  /// What matters of a stopped thread.
  struct Candidate: Equatable {
    let tid: Int32
    /// Whether the descriptors were read through this thread.
    let isTableThread: Bool
    /// Whether its table is known to be the table that was read.
    let hasTable: Bool
    /// Whether it runs code of the program: io_uring and vhost have threads that never leave the kernel.
    let isUserMade: Bool
    /// Whether its stack has room for a signal frame, so that it can restore itself if rangeclose is killed.
    let survives: Bool
    /// Whether it waits with a signal mask of the call's own, and the kernel has saved the thread's.
    ///
    /// The thread then has to enter its call once more before it goes on, see `SyscallSteps.reenterCall`.
    let hasSavedMask: Bool

    /// How well it serves, 0 being best; nil if it cannot make calls.
    fileprivate var rank: Int? {
      guard hasTable, isUserMade else { return nil }
      return (survives ? 0 : 2) + (hasSavedMask ? 1 : 0)
    }

    /// Among equals the thread whose table was read comes first, then the lowest thread ID.
    fileprivate func precedes(_ other: Candidate) -> Bool {
      isTableThread == other.isTableThread ? tid < other.tid : isTableThread
    }
  }

  /// How many threads that can make calls are compared before the best of them is taken.
  static let mostCompared = 64

  /// The best thread so far; nil if none can make calls.
  private(set) var best: Candidate?
  private var compared = 0

  /// Whether no other thread needs to be considered.
  var isDecided: Bool { best?.rank == 0 || compared >= Self.mostCompared }

  /// Compares a thread with the best so far.
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
