import CLinux

/// Waiting for a thread to stop.
extension Tracee {
  /// Waits until the thread stops or is gone; nil if neither happens before the deadline.
  ///
  /// The corresponding system call is `waitpid(2)`. `WaitClock` interrupts it every few milliseconds.
  func wait(until deadline: Deadline?) -> WaitStatus? {
    var status: Int32 = 0
    if deadline?.hasPassed != true, stopsSoon(&status) { return WaitStatus(status) }
    while true {
      // After the deadline rangeclose asks the kernel only once, because thousands of threads may be late.
      let isLate = deadline?.hasPassed ?? false
      let answer = unsafe clinux_wait(tid, &status, !isLate)
      if answer == Int(tid) { return WaitStatus(status) }
      // waitpid(2) reports a leader that exits before its threads only when they are gone; see wait(2).
      let isNothing = answer == 0 || answer == -Int(EINTR)
      if !isNothing || isDead { return .gone }
      if isLate { return nil }
    }
  }

  /// Polls for the stop for 100 microseconds; false if there was none.
  ///
  /// Most stops take less time. A sleep of rangeclose and its wake-up would take longer.
  private func stopsSoon(_ status: inout Int32) -> Bool {
    guard Self.hasProcessorsToSpare else { return false }
    let end = clinux_monotonic_nanoseconds() + 100_000
    repeat {
      if unsafe clinux_wait(tid, &status, false) == Int(tid) { return true }
    } while clinux_monotonic_nanoseconds() < end
    return false
  }

  /// Whether rangeclose may use more than one processor.
  ///
  /// With one processor the tracee could not run while rangeclose polls.
  private static let hasProcessorsToSpare = clinux_usable_processors() > 1

  /// Whether the thread is known to be dead.
  ///
  /// Only ENOENT and ESRCH prove that it is gone. EMFILE does not.
  private var isDead: Bool {
    do {
      return try !status().isAlive
    } catch {
      return error == .noSuchFile || error == .noSuchProcess
    }
  }
}
