import TestSupport
import Testing

/// A process whose threads receive timer signals all the time.
@Suite struct TimerTests {
  /// Each thread stops at once, although a timer's signal can replace the requested stop.
  ///
  /// The kernel releases its lock to restart the timer (`posixtimer_rearm`, called from `dequeue_signal`). A
  /// PTRACE_INTERRUPT that arrives at that moment is lost when the thread stops for the signal
  /// (`ptrace_stop`).
  @Test func everyThreadStopsDespiteTimerSignals() throws {
    let target = try Target(Programs.fixture("timer-signals"))
    try target.expect("ready")
    for _ in 0..<100 {
      let run = try rangeclose("-q", "\(target.pid)", "900-")
      try #require(run.status == 0, "\(run.errors)")
    }
  }
}
