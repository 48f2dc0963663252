import Glibc
import TestSupport

extension SoakCheck {
  /// Job control works as without a session: the last signal decides, and each handler runs.
  ///
  /// The signals arrive at random moments before, during and after a session.
  static let stops = SoakCheck(
    "stops", counting: "sessions with a target that is stopped and continued meanwhile", short: 100
  ) { count in
    var result = SoakResult()
    let targets = try [0, 3].map { try Stoppable(threads: $0, handles: false) }
    let handlers = try [0, 3].map { try Stoppable(threads: $0, handles: true) }
    for round in 0..<max(count / 2, 2) where result.faults.isEmpty {
      try targets[round % 2].beStopped(round, &result)
      try handlers[round % 2].handle(round, &result)
    }
    let all = targets + handlers
    result.note("signals that stop", all.reduce(0) { $0 + $1.stops })
    result.note("signals that continue", all.reduce(0) { $0 + $1.continues })
    result.note("handlers run", handlers.reduce(0) { $0 + $1.handled })
    result.note("sessions that ended with the target stopped", all.reduce(0) { $0 + $1.endedStopped })
    return result
  }
}

/// A process of the `job-control` fixture.
private final class Stoppable {
  private(set) var stops = 0
  private(set) var continues = 0
  private(set) var handled = 0
  private(set) var endedStopped = 0
  private let target: Target
  private let threads: Int
  private let place: String

  init(threads: Int, handles: Bool) throws {
    self.threads = threads
    place = "\(handles ? "handling" : "obeying"), \(threads + 1) threads"
    target = try Target(Programs.fixture("job-control"), ["\(threads)"] + (handles ? ["handle"] : []))
    guard try target.hear() == "ready" else { throw Target.Failure(description: "\(place): not ready") }
  }

  private static let kinds = [["600-999"], ["600-999", "--method=close"]]

  /// Runs a session, and calls `meanwhile` at so many random moments before, during and after it.
  private func hold(
    _ round: Int, signals: Int, _ result: inout SoakResult, meanwhile: () throws -> Void
  ) throws {
    let run = try Target(Programs.rangeclose, ["-q", "\(target.pid)"] + Self.kinds[round / 2 % 2])
    var left = signals
    repeat {
      usleep(.random(in: 0...3000))
      if left > 0 { try meanwhile() }
      left -= 1
    } while run.isRunning
    let complaint = try run.rest()
    let status = run.wait()
    result.expect(status == 0 && complaint.isEmpty, "\(place): exit status \(status), '\(complaint)'")
    result.expect((600..<1000).allSatisfy { !isOpen($0) }, "\(place): not closed")
    result.expect(states["t"] == nil, "\(place): left in a tracing stop: \(states)")
  }

  /// Sends signals that the target obeys, and expects the state that the last signal means.
  func beStopped(_ round: Int, _ result: inout SoakResult) throws {
    let stopping = [SIGSTOP, SIGSTOP, SIGTSTP, SIGTTIN]
    var last = SIGCONT
    var sent: [Int32] = []
    // The last signal decides. It has to arrive during the session in some rounds, too.
    try hold(round, signals: .random(in: 1...8), &result) {
      last = Bool.random() ? SIGCONT : stopping.randomElement() ?? SIGSTOP
      kill(target.pid, last)
      sent.append(last)
      if last == SIGCONT { continues += 1 } else { stops += 1 }
    }
    if last != SIGCONT {
      endedStopped += 1
      let isStopped = eventually { states == ["T": threads + 1] }
      result.expect(isStopped, "\(place): after signals \(sent) in round \(round): \(states)")
      try stayStopped(&result)
      kill(target.pid, SIGCONT)
      continues += 1
    }
    _ = try answer(&result)
    result.expect(states["T"] == nil, "\(place): after SIGCONT: \(states)")
  }

  /// Expects that a session with a stopped process leaves it stopped and is not visible to its parent.
  ///
  /// Another SIGSTOP may be pending. The session delivers it, which changes nothing: SIGCONT discards every
  /// pending signal that stops, see `prepare_signal` in `kernel/signal.c`.
  private func stayStopped(_ result: inout SoakResult) throws {
    while parentSeesStop {}
    if Bool.random() { kill(target.pid, SIGSTOP) }
    if let fault = try session(with: target, ["600-999"]) {
      result.expect(false, "\(place): stopped: \(fault)")
    }
    let isStopped = eventually { states == ["T": threads + 1] }
    result.expect(isStopped, "\(place): a session with it stopped: \(states)")
    result.expect(!parentSeesStop, "\(place): a session with it stopped showed its parent a stop")
  }

  /// Sends signals that the target handles, and waits for each, so that the kernel merges no two of them.
  func handle(_ round: Int, _ result: inout SoakResult) throws {
    var expected = try answer(&result)
    try hold(round, signals: 20, &result) {
      let signal = Bool.random() ? SIGTSTP : SIGCONT
      kill(target.pid, signal)
      if signal == SIGTSTP { expected.tstp += 1 } else { expected.cont += 1 }
      handled += 1
      // Waits without a question to the target, because it opens the closed descriptors before each answer.
      try awaitTaking(of: signal)
    }
    let counted = try answer(&result)
    result.expect(!parentSeesStop, "\(place): its parent saw a stop that was none")
    result.expect(counted == expected, "\(place): counted \(counted), expected \(expected)")
  }

  private func answer(_ result: inout SoakResult) throws -> (tstp: Int, cont: Int) {
    let words = try target.ask("").split(separator: " ").map(String.init)
    guard words.count == 6 else { throw Target.Failure(description: "\(place): \(words)") }
    result.expect(words[5] == "\(threads)", "\(place): not every thread goes on: \(words)")
    return (Int(words[1]) ?? -1, Int(words[3]) ?? -1)
  }

  /// Whether waitid(2) reports a stop or a continuation to the parent, as it would to a shell.
  private var parentSeesStop: Bool {
    var info = siginfo_t()
    let answer = waitid(P_PID, id_t(target.pid), &info, WSTOPPED | WCONTINUED | WNOHANG)
    return answer == 0 && info.si_signo == SIGCHLD
  }

  private func isOpen(_ number: Int) -> Bool {
    var status = stat()
    return lstat("/proc/\(target.pid)/fd/\(number)", &status) == 0
  }

  private func awaitTaking(of signal: Int32) throws {
    for _ in 0..<50_000 {
      if pendingSignals(target.pid) >> UInt64(signal - 1) & 1 == 0 { return }
      usleep(200)
    }
    throw Target.Failure(description: "\(place): signal \(signal) stays pending")
  }

  private var states: [String: Int] { threadStates(target.pid) }
}
