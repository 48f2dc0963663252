import CLinux

/// Waiting for a thread to stop.
extension Tracee {
  /// Waits until the thread stops or is gone; nil if neither happened before the deadline.
  ///
  /// The corresponding system call is `waitpid(2)`, which `WaitClock` ends every few milliseconds.
  func wait(until deadline: Deadline?) -> WaitStatus? {
    var status: Int32 = 0
    if deadline?.hasPassed != true, stopsSoon(&status) { return WaitStatus(status) }
    while true {
      // After the deadline the kernel is asked once: there may be thousands of threads that are late.
      let isLate = deadline?.hasPassed ?? false
      let answer = unsafe clinux_wait(tid, &status, !isLate)
      if answer == Int(tid) { return WaitStatus(status) }
      // A leader that exits before its threads is not reported until they are gone; see wait(2).
      let isNothing = answer == 0 || answer == -Int(EINTR)
      if !isNothing || isDead { return .gone }
      if isLate { return nil }
    }
  }

  /// Asks again and again for as long as a stop mostly takes: to sleep and be woken would take longer.
  private func stopsSoon(_ status: inout Int32) -> Bool {
    guard Self.hasProcessorsToSpare else { return false }
    let end = clinux_monotonic_nanoseconds() + 100_000
    repeat {
      if unsafe clinux_wait(tid, &status, false) == Int(tid) { return true }
    } while clinux_monotonic_nanoseconds() < end
    return false
  }

  /// With one processor, the tracee could not run while rangeclose asks.
  private static let hasProcessorsToSpare = clinux_usable_processors() > 1

  /// Whether the thread is known to be dead: only ENOENT and ESRCH prove that it is gone, EMFILE does not.
  private var isDead: Bool {
    do {
      return try !status().isAlive
    } catch {
      return error == .noSuchFile || error == .noSuchProcess
    }
  }
}
