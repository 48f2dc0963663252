import Glibc
import TestSupport
import Testing

/// A process of one thread that waits with another signal mask than its own.
@Suite struct MaskTests {
  private static let calls = [
    "ppoll", "ppoll-timed", "pselect", "epoll_pwait", "epoll_pwait2", "io_pgetevents", "sigsuspend",
  ]

  /// A signal that only the call's mask blocks stays pending until the call ends, whatever a session does.
  @Test(arguments: calls, [["--cloexec"], ["--cloexec", "--method=close"], []])
  func aSignalBlockedByTheCallsMaskStaysPending(call: String, options: [String]) throws {
    let target = try Target(Programs.fixture("saved-signal-masks"), ["blocked", call])
    let ready = try target.hear()
    if ready == "ready" { try Test.cancel("the kernel has no \(call)") }
    try #require(ready == "ready \(call)")
    #expect(
      eventually {
        processState(target.pid) == "S" && blockedSignals(target.pid) >> UInt64(SIGUSR1 - 1) & 1 == 1
      })
    kill(target.pid, SIGUSR1)
    for _ in 0..<3 {
      try #require(try rangeclose(["-q", "\(target.pid)", "900-"] + options).status == 0)
      try #require(throws: Target.Failure.self) { try target.hear(within: 0.05) }
    }
    // This ends the call.
    if call == "sigsuspend" { kill(target.pid, SIGUSR2) } else { target.say("") }
    let answer = try target.hear()
    // The handler of SIGUSR2, which ends sigsuspend(2), runs before the handler of the pending SIGUSR1.
    #expect(answer == (call == "sigsuspend" ? "sigsuspend -1 EINTR 21" : "\(call) 1 - 1"))
  }

  /// If rangeclose is killed at any of its ptrace requests, the saved mask stays as it was.
  @Test(.enabled(if: Programs.has("strace")), .timeLimit(.minutes(5)), arguments: ["ppoll", "pselect"])
  func aKillAtAnyRequestLeavesTheSavedMask(call: String) throws {
    var kills = 0
    for step in 1..<200 {
      let target = try Target(Programs.fixture("saved-signal-masks"), ["blocked", call])
      try target.expect("ready \(call)")
      #expect(eventually { processState(target.pid) == "S" && blockedSignals(target.pid) != 0 })
      let strace = try Target(
        "strace",
        ["-f", "-o", "/dev/null", "-e", "trace=ptrace", "-e", "inject=ptrace:signal=KILL:when=\(step)"]
          + [Programs.rangeclose, "-q", "\(target.pid)", "900-"])
      if strace.wait() == 0 { break }
      kills += 1
      try #require(eventually { processState(target.pid) == "S" && tracer(of: target.pid) == 0 })
      kill(target.pid, SIGUSR1)
      target.say("")
      #expect(try target.hear() == "\(call) 1 - 1", "killed at request \(step)")
    }
    #expect(kills > 15)
  }
}
