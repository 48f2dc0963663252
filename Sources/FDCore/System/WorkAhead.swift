import CLinux

/// Pieces of work in an order, which a second thread does before their results are needed.
///
/// Both threads take the next piece that no thread has taken. So neither waits while there is work.
package final class WorkAhead<Value> {
  private let count: Int
  private let most: Int
  private let work: (Int) -> Value

  // The lock guards all of these.
  private var next = 0
  private var needed = 0
  private var results: [Int: Value] = [:]
  private var isAnyWaiting = false

  /// Starts the second thread.
  ///
  /// If no thread can be created, `take(_:)` does all of the work. The corresponding function is
  /// `pthread_create(3)`.
  ///
  /// - Parameters:
  ///   - count: the number of pieces.
  ///   - most: how many results may exist that were not taken yet.
  ///   - work: does a piece, in either thread.
  package init(_ count: Int, atMost most: Int, _ work: @escaping (Int) -> Value) {
    (self.count, self.most, self.work) = (count, most, work)
    // The thread may outlive the last use of this object.
    let body = unsafe Unmanaged.passRetained(ThreadBody { self.help() })
    unsafe clinux_start_thread(ThreadBody.run, body.toOpaque())
  }

  /// The result of a piece, which is done now if no thread has done it.
  ///
  /// - Parameter index: larger than at the call before. The pieces between the two are left out.
  package func take(_ index: Int) -> Value {
    clinux_lock()
    defer { clinux_unlock() }
    for passed in needed..<index { results[passed] = nil }
    needed = index
    next = max(next, index)
    // With fewer wake-ups than results, the other thread does several pieces each time.
    if next <= needed + most / 2 { wakeOther() }
    while true {
      if let result = results.removeValue(forKey: index) {
        needed = index + 1
        return result
      }
      if let piece = nextPiece() { doWork(piece) } else { waitForOther() }
    }
  }

  /// Does pieces until there are no more; this is the second thread.
  private func help() {
    clinux_lock()
    defer { clinux_unlock() }
    while next < count {
      if let piece = nextPiece() { doWork(piece) } else { waitForOther() }
    }
  }

  /// Takes the next piece; nil if there are enough results.
  private func nextPiece() -> Int? {
    guard next < min(count, needed + most) else { return nil }
    next += 1
    return next - 1
  }

  private func doWork(_ piece: Int) {
    clinux_unlock()
    let result = work(piece)
    clinux_lock()
    if piece >= needed { results[piece] = result }
    wakeOther()
  }

  private func waitForOther() {
    isAnyWaiting = true
    clinux_wait_for_wake()
  }

  private func wakeOther() {
    if isAnyWaiting { clinux_wake_waiting() }
    isAnyWaiting = false
  }
}
