import CLinux

/// The process IDs that two threads still have to read, as a part for each of them.
///
/// A thread whose part is empty takes the upper half of what the other thread has left. So both have work
/// until nearly everything is read, wherever the processes lie among the IDs.
final class ProcessShares {
  /// The IDs that a thread still has to read.
  private var parts: (own: Range<UInt32>, beside: Range<UInt32>)

  /// One more than the largest process ID that any kernel gives; see `PID_MAX_LIMIT` in
  /// include/linux/threads.h.
  private static let limit: UInt32 = 1 << 22
  /// A part with fewer IDs is not divided.
  private static let few = 64

  /// - Parameter first: the first ID that is not read yet. The calling thread gets all IDs from there.
  init(from first: UInt32) {
    parts = (first..<max(first, Self.limit), 0..<0)
  }

  /// The two threads of a scan.
  enum Part { case own, beside }

  private func locked<Result>(_ body: () -> Result) -> Result {
    clinux_lock()
    defer { clinux_unlock() }
    return body()
  }

  private subscript(part: Part) -> Range<UInt32> {
    get { part == .own ? parts.own : parts.beside }
    set { if part == .own { parts.own = newValue } else { parts.beside = newValue } }
  }

  /// The first ID that a thread has to read next; nil if nothing is left for it.
  func next(for part: Part) -> UInt32? {
    locked {
      let other: Part = part == .own ? .beside : .own
      if self[part].isEmpty, self[other].count >= Self.few {
        let whole = self[other]
        let middle = whole.lowerBound + UInt32(whole.count / 2)
        self[other] = whole.lowerBound..<middle
        self[part] = middle..<whole.upperBound
      }
      return self[part].first
    }
  }

  /// Takes the IDs that a thread has read out of its part.
  ///
  /// Returns those IDs that were in its part, and whether the part has more. A read may return IDs beyond the
  /// part, which are left to the other thread.
  ///
  /// - Parameter numbers: the result of a read from `next(for:)` or after the last claim, ascending.
  func claim(_ numbers: [UInt32], for part: Part) -> (numbers: [UInt32], hasMore: Bool) {
    locked {
      let whole = self[part]
      let next = (numbers.last ?? 0) + 1
      self[part] = min(max(next, whole.lowerBound), whole.upperBound)..<whole.upperBound
      return (numbers.filter(whole.contains), !self[part].isEmpty)
    }
  }

  /// Notes that no process has an ID in the rest of a thread's part.
  func finish(_ part: Part) {
    locked { self[part] = 0..<0 }
  }
}
