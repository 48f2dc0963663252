import Glibc
import TestSupport
import Testing

/// A process of one thread that waits with another signal mask than its own.
@Suite struct MaskTests {
  private static let calls = [
    "ppoll", "ppoll-timed", "pselect", "epoll_pwait", "epoll_pwait2", "io_pgetevents", "sigsuspend",
  ]

  /// A signal that only the call's mask blocks waits until the call ends, whatever a session does.
  @Test(arguments: calls, [["--cloexec"], ["--cloexec", "--method=close"], []])
  func aSignalThatTheCallsMaskBlocksWaitsForItsEnd(call: String, options: [String]) throws {
    let target = try Target(Programs.fixture("masks"), ["blocked", call])
    #expect(try target.hear() == "ready \(call)")
    #expect(eventually { processState(target.pid) == "S" && blocks(SIGUSR1, target.pid) })
    kill(target.pid, SIGUSR1)
    for _ in 0..<3 {
      try #require(try rangeclose(["-q", "\(target.pid)", "900-"] + options).status == 0)
      try #require(throws: Target.Failure.self) { try target.hear(within: 0.05) }
    }
    // What the call waits for.
    if call == "sigsuspend" { kill(target.pid, SIGUSR2) } else { target.say("") }
    let answer = try target.hear()
    // The handler that ended the call, where one had to, and then the one that had to wait.
    #expect(answer == (call == "sigsuspend" ? "sigsuspend -1 EINTR 21" : "\(call) 1 - 1"))
  }

  /// Whether a process blocks a signal now, by its own `/proc/PID/status`.
  private func blocks(_ signal: Int32, _ pid: pid_t) -> Bool {
    guard let file = fopen("/proc/\(pid)/status", "r") else { return false }
    defer { fclose(file) }
    var text = [UInt8](repeating: 0, count: 8192)
    let count = fread(&text, 1, text.count, file)
    let lines = String(decoding: text[..<count], as: UTF8.self).split(separator: "\n")
    guard let line = lines.first(where: { $0.hasPrefix("SigBlk:") }),
      let mask = UInt64(line.dropFirst(7).drop { $0 == "\t" }, radix: 16)
    else { return false }
    return mask >> UInt64(signal - 1) & 1 == 1
  }
}
