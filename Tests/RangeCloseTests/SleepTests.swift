import Glibc
import TestSupport
import Testing

/// Targets that sleep in the kernel, where nothing can stop them.
@Suite(.enabled(if: Programs.isRoot && access("/dev/fuse", R_OK | W_OK) == 0))
struct SleepTests {
  /// The reason why a thread sleeps.
  enum Cause: String, CaseIterable {
    /// The thread waits for its child of vfork(2).
    case vfork
    /// The thread waits for a file server that does not answer.
    ///
    /// The sleep is interruptible until the thread is asked to stop.
    case server
  }

  // MARK: - A thread that does not stop

  /// The session makes its calls through the other threads and names the thread that did not stop.
  @Test(.timeLimit(.minutes(2)), arguments: Cause.allCases)
  func theOtherThreadsCloseWhatWasAskedFor(cause: Cause) throws {
    let (server, target) = (try SlowServer(), try sleeper("spin"))
    defer { server.end(); target.end() }
    try target.order("leak 50 59")
    let worker = try target.ask(cause == .vfork ? "vfork 8000" : "stat \(server.slowFile)")
    if cause == .server { #expect(try server.hear() == "held") }
    #expect(eventually { cause == .server || state(of: worker, in: target) == "D" })
    _ = try target.ask("turns")

    let (run, seconds) = try timed { try rangeclose("\(target.pid)", "52-") }
    #expect(run.status == 0, "\(run)")
    #expect(run.output.contains("closed 8 descriptors"), "\(run)")
    let place = cause == .vfork ? "waits in vfork(2) for child " : "sleeps in "
    #expect(reportsSleep(run.errors, target, worker, place: place), "\(run.errors)")
    #expect(seconds < 4, "it took \(seconds) s")
    #expect(try target.ask("list") == "50 51 ")
    let gap = try gap(target)
    #expect(gap < 2500, "the other threads were stopped for \(gap) ms")
    #expect(stoppedThreads(of: target.pid) == [])
    // The thread still sleeps and has not noticed.
    #expect(state(of: worker, in: target) == "D")
    server.say("answer")
    #expect(try target.hear() == (cause == .vfork ? "vfork 7" : "stat 0 -"))
    try expectLeaderGoesOn(target)

    let again = try rangeclose("\(target.pid)", "51")
    #expect(again.status == 0 && again.errors.isEmpty, "\(again)")
    #expect(try target.ask("list") == "50 ")
    try expectLeaderGoesOn(target)
  }

  /// The session detaches a sleeping thread at once, even if nobody reads the output.
  ///
  /// The thread could wake during the output, and would then stay stopped.
  @Test(.enabled(if: Programs.has("perl")), .timeLimit(.minutes(2)))
  func aSleepingThreadIsDetachedBeforeTheOutput() throws {
    let target = try sleeper("spin")
    defer { target.end() }
    try target.order("leak 50 59")
    let worker = try target.ask("vfork 8000")
    #expect(eventually { state(of: worker, in: target) == "D" })
    let script = """
      use Fcntl; pipe(R, W); fcntl(W, F_SETFL, O_NONBLOCK);
      for my $size (65536, 1) { 1 while syswrite(W, "x" x $size) }
      fcntl(W, F_SETFL, 0); $| = 1;
      my $child = fork; if (!$child) { open STDOUT, ">&W"; exec @ARGV } print "$child\n"; sleep 60
      """
    let reader = try Target(
      "perl", ["-e", script, Programs.rangeclose, "\(target.pid)", "52-"], joinsErrors: false)
    defer { reader.end() }
    let command = try #require(pid_t(reader.hear()))
    defer { kill(command, SIGKILL) }
    #expect(eventually { (try? target.ask("list")) == "50 51 " })
    let tid = try #require(pid_t(worker))
    #expect(eventually { tracer(of: tid) == 0 })
    #expect(state(of: worker, in: target) == "D")
    // rangeclose is still in write(2).
    #expect(eventually { threadStates(command)["S"] == 1 }, "\(threadStates(command))")
    try target.expect("vfork 7")
    try expectLeaderGoesOn(target)
  }

  /// The leader has no precedence: any thread that stopped can make the calls.
  @Test(.timeLimit(.minutes(2)), arguments: ["auto", "close"])
  func aSleepingLeaderLeavesTheCallsToAnotherThread(method: String) throws {
    let server = try SlowServer()
    let target = try sleeper("stat", server.slowFile)
    defer { server.end(); target.end() }
    #expect(try server.hear() == "held")
    try target.order("leak 50 59")
    let run = try rangeclose("\(target.pid)", "52-", "--method", method)
    #expect(run.status == 0, "\(run)")
    #expect(reportsSleep(run.errors, target, "\(target.pid)", "fixture-uninter"), "\(run.errors)")
    #expect(try target.ask("list") == "50 51 ")
    #expect(stoppedThreads(of: target.pid) == [])
    server.say("answer")
    try target.expect("stat 0 -")
    #expect(try rangeclose("\(target.pid)", "51").errors == "")
    #expect(try target.ask("list") == "50 ")
  }

  /// rangeclose names every sleeping thread.
  @Test(.timeLimit(.minutes(2))) func everySleepingThreadIsNamed() throws {
    let (server, target) = (try SlowServer(), try sleeper("spin"))
    defer { server.end(); target.end() }
    try target.order("leak 50 59")
    let workers = try [
      target.ask("stat \(server.slowFile)"), target.ask("vfork 8000"), target.ask("vfork 8000"),
    ]
    #expect(try server.hear() == "held")
    #expect(eventually { workers.dropFirst().allSatisfy { state(of: $0, in: target) == "D" } })
    let (run, seconds) = try timed { try rangeclose("\(target.pid)", "50-", "--timeout=60") }
    #expect(run.status == 0 && seconds < 20, "\(run), \(seconds) s")
    #expect(reportsSleep(run.errors, target, workers[0]), "\(run.errors)")
    // Each of the two children is named with its own thread.
    let children = try workers.dropFirst().map { worker in
      try Target("cat", ["/proc/\(target.pid)/task/\(worker)/children"]).rest().filter { $0 != " " }
    }
    for (worker, child) in zip(workers.dropFirst(), children) {
      let place = "waits in vfork(2) for child \(child) (worker) and was "
      #expect(reportsSleep(run.errors, target, worker, place: place), "\(run.errors)")
    }
    #expect(try target.ask("list") == "")
    #expect(stoppedThreads(of: target.pid) == [])
    server.say("answer")
    #expect(
      try [target.hear(), target.hear(), target.hear()].sorted() == ["stat 0 -", "vfork 7", "vfork 7"])
    try expectLeaderGoesOn(target)
  }

  /// If there is no thread to make the calls, nothing is changed.
  @Test(.timeLimit(.minutes(2))) func nothingChangesIfNoThreadStops() throws {
    let server = try SlowServer()
    let target = try Target(Programs.fixture("uninterruptible-sleep"), ["alone", server.slowFile])
    defer { server.end(); target.end() }
    #expect(try server.hear() == "held")
    let run = try rangeclose("\(target.pid)", "50-", "--timeout=1")
    #expect(run.status == 3 && run.output.isEmpty, "\(run)")
    let place = "thread \(target.pid) (fixture-uninter) sleeps in "
    #expect(
      run.errors.hasPrefix("rangeclose: \(target.shown): ") && run.errors.contains(place), "\(run.errors)")
    #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    #expect(stoppedThreads(of: target.pid) == [])
    server.say("answer")
    #expect(try target.hear(beginning: "stat") == "stat 0 -")
    _ = try target.hear(beginning: "leader")
    #expect(try target.ask("list") == "50 ")
  }

  /// A signal ends the wait for a stop before the timeout, and the target does not notice.
  @Test(.timeLimit(.minutes(2)), arguments: [SIGINT, SIGTERM, SIGHUP])
  func aSignalEndsTheWaitForAStop(signal: Int32) throws {
    let server = try SlowServer()
    let target = try Target(Programs.fixture("uninterruptible-sleep"), ["alone", server.slowFile])
    defer { server.end(); target.end() }
    #expect(try server.hear() == "held")
    let command = try Target(Programs.rangeclose, ["\(target.pid)", "50-", "--timeout=60"])
    #expect(eventually { tracer(of: target.pid) != 0 })
    kill(command.pid, signal)
    #expect(eventually { !command.isRunning } && command.wait() == -signal)
    #expect(tracer(of: target.pid) == 0 && processState(target.pid) == "D")
    server.say("answer")
    #expect(try target.hear(beginning: "stat") == "stat 0 -")
    _ = try target.hear(beginning: "leader")
    #expect(try target.ask("list") == "50 ")
  }

  /// An ignored signal does not end the wait, as under nohup(1).
  @Test(.timeLimit(.minutes(2))) func anIgnoredSignalDoesNotEndTheWait() throws {
    let server = try SlowServer()
    let target = try Target(Programs.fixture("uninterruptible-sleep"), ["alone", server.slowFile])
    defer { server.end(); target.end() }
    #expect(try server.hear() == "held")
    let script = "trap '' HUP; exec \"$@\""
    let command = try Target(
      "sh", ["-c", script, "sh", Programs.rangeclose, "\(target.pid)", "50-", "--timeout=60"])
    #expect(eventually { tracer(of: target.pid) != 0 })
    kill(command.pid, SIGHUP)
    usleep(100_000)
    #expect(command.isRunning)
    server.say("answer")
    #expect(eventually { !command.isRunning } && command.wait() == 0)
    _ = try target.hear(beginning: "leader")
    #expect(try target.ask("list") == "")
  }

  /// An attach waits for an execve(2) that has begun, which waits for its program.
  ///
  /// The timeout limits that wait.
  @Test(.timeLimit(.minutes(2))) func theTimeoutLimitsTheWaitForAnExecve() throws {
    let (server, target) = (try SlowServer(), try sleeper("read"))
    defer { server.end(); target.end() }
    let worker = try target.ask("exec \(server.file)")
    #expect(try server.hear() == "held")
    let run = try rangeclose("\(target.pid)", "50-", "--timeout=1")
    #expect(run.status == 3 && run.errors.contains("did not stop in time: thread "), "\(run)")
    #expect(stoppedThreads(of: target.pid) == [] && tracer(of: target.pid) == 0)
    // SIGINT ends the wait at once.
    let command = try Target(Programs.rangeclose, ["\(target.pid)", "50-", "--timeout=60"])
    usleep(300_000)
    kill(command.pid, SIGINT)
    #expect(eventually { !command.isRunning } && command.wait() == -SIGINT)
    server.say("answer")
    #expect(try target.hear(beginning: "exec") == "exec EIO", "worker \(worker)")
    #expect(try rangeclose("\(target.pid)", "50-").status == 0)
    #expect(try target.ask("list") == "")
  }

  // MARK: - A close that does not return

  /// The command returns, the other threads go on at once, and the closing thread restores itself.
  @Test(
    .timeLimit(.minutes(2)),
    arguments: ["spin", "read"], ["answered", "aborted"])
  func aHangingCloseHoldsUpNoOtherThread(leader: String, end: String) throws {
    for method in ["auto", "close"] {
      let (server, target) = (try SlowServer(), try sleeper(leader))
      defer { server.end(); target.end() }
      try target.order("open 50 \(server.file)", "leak 60 69")
      usleep(100_000)
      let run = try command("\(target.pid)", "50,60-69", "--timeout=0.5", "--method", method)
      #expect(try server.hear() == "held")
      #expect([3, 64].contains(run.status), "\(run)")
      #expect(run.errors.contains("has not returned in time"), "\(run.errors)")
      #expect(run.errors.contains("restore"), "\(run.errors)")
      #expect(run.errors.contains("not done"), "\(run.errors)")
      // The closing thread is still in its call, and no other thread has to wait for it.
      #expect(["D", "S"].contains(state(of: "\(target.pid)", in: target)))
      #expect(stoppedThreads(of: target.pid) == [])
      let meanwhile = try target.ask("list")
      #expect(!meanwhile.contains("50"), "\(meanwhile)")

      if end == "answered" { server.say("answer") } else { server.end() }
      #expect(eventually { ["R", "S"].contains(state(of: "\(target.pid)", in: target)) })
      if leader == "read" {
        target.say("give")
        #expect(try Set([target.hear(), target.hear()]) == ["ok", "read 1 -"])
      } else {
        try expectLeaderGoesOn(target)
      }
      #expect(stoppedThreads(of: target.pid) == [])
      // A later session on the target works as usual.
      server.end()
      #expect(try rangeclose("\(target.pid)", "60-69").status == 0)
      #expect(try target.ask("list") == "")
      if leader == "spin" { try expectLeaderGoesOn(target) }
    }
  }

  // MARK: - Helpers

  private func sleeper(_ arguments: String...) throws -> Target {
    let target = try Target(Programs.fixture("uninterruptible-sleep"), arguments)
    _ = try target.hear(beginning: "leader")
    return target
  }

  /// True if a line names this thread and the place where it sleeps.
  private func reportsSleep(
    _ errors: String, _ target: Target, _ tid: String, _ name: String = "worker",
    place: String = "sleeps in "
  ) -> Bool {
    errors.split(separator: "\n").contains { line in
      line.hasPrefix("rangeclose: \(target.shown): ")
        && line.contains("thread \(tid) (\(name)) \(place)") && line.contains("not stopped; ")
    }
  }

  private func state(of tid: String, in target: Target) -> String {
    threadState(tid, of: target.pid)
  }

  /// The longest pause of the leader, in milliseconds, since the last query.
  private func gap(_ target: Target) throws -> Int {
    Int(try target.ask("turns").split(separator: " ").last ?? "") ?? .max
  }

  /// Expects that the leader goes on with the values that it had.
  private func expectLeaderGoesOn(_ target: Target) throws {
    let words = try [target.ask("turns"), target.ask("turns")].map {
      $0.split(separator: " ").map(String.init)
    }
    #expect(words.allSatisfy { $0.count == 6 && $0[3] == "0" }, "\(words)")
    let begun = Int(words[1][1]) ?? .max
    let goesOn = eventually {
      let turns = (try? target.ask("turns"))?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
      return turns.map { $0 > begun + 2 } == true
    }
    #expect(goesOn, "the leader does not turn")
    #expect(try target.ask("turns").contains("faults 0"))
  }

  private func timed<Result>(_ body: () throws -> Result) rethrows -> (Result, seconds: Int) {
    let begun = time(nil)
    return (try body(), time(nil) - begun)
  }

  /// Runs the command; throws if it has not returned after 15 seconds, which is long for it.
  private func command(_ arguments: String...) throws -> (status: Int32, errors: String) {
    let run = try Target(Programs.rangeclose, arguments)
    defer { run.end() }
    let errors = try run.rest(within: 15)
    return (run.wait(), errors)
  }
}

/// A mounted file system that leaves some requests unanswered.
///
/// It must end before the processes that wait for it, because they cannot be killed.
final class SlowServer {
  private let scratch = Scratch()
  private let server: Target

  var file: String { scratch("mount/file") }
  /// The name of a file whose requests get no answer.
  var slowFile: String { scratch("mount/slow") }

  init() throws {
    mkdir(scratch("mount"), 0o755)
    server = try Target(Programs.fixture("fuse-server"), [scratch("mount"), "0", "hold"])
    guard try server.hear() == "ready" else { throw Target.Failure(description: "cannot mount") }
  }

  deinit { end() }

  func hear() throws -> String { try server.hear() }
  func say(_ line: String) { server.say(line) }

  /// Ends the connection, so that every waiting request fails.
  func end() {
    server.end()
    umount2(scratch("mount"), Int32(MNT_DETACH))
  }
}
