import TestSupport
import Testing

/// A process whose threads get signals of timers all the time.
@Suite struct TimerTests {
  /// Each thread stops at once, though a timer's signal can take the place of the stop that was asked for.
  ///
  /// The kernel lets go of its lock to start the timer anew, `posixtimer_rearm` from `dequeue_signal`; a
  /// PTRACE_INTERRUPT that comes then is forgotten when the thread stops for the signal, `ptrace_stop`.
  @Test func aSignalInTheMomentOfTheStop() throws {
    let target = try Target(Programs.fixture("timer-signals"))
    try target.expect("ready")
    for _ in 0..<100 {
      let run = try rangeclose("-q", "\(target.pid)", "900-")
      try #require(run.status == 0, "\(run.errors)")
    }
  }
}
