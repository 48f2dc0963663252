import Glibc
import TestSupport
import Testing

/// What a session does to a target, as the target itself reports.
@Suite struct SessionTests {
  // MARK: - Waiting threads

  /// A thread blocked on a closed descriptor releases it: its call returns, and the peer sees the hang-up.
  @Test func blockedThreadsReleaseTheDescriptor() throws {
    let target = try Target(Programs.fixture("hung-readers"))
    try target.expect("ready")
    #expect(eventually { threadStates(target.pid) == ["S": 3] })
    #expect(try target.ask("peer") == "peer -1 EAGAIN")
    let run = try rangeclose("-v", "\(target.pid)", "100-101")
    #expect(run.status == 0 && run.output.contains("closed 2 descriptors"))
    #expect(try Set([target.hear(), target.hear()]) == ["recv -1 EBADF", "read -1 EBADF"])
    #expect(try target.ask("peer") == "peer 0 -")
  }

  // MARK: - Signals

  @Test func aStoppedTargetIsClosedAndStaysStopped() throws {
    let target = try holder("leak 3 9", "threads 3")
    _ = try Target("kill", ["-STOP", "\(target.pid)"]).wait()
    #expect(eventually { processState(target.pid) == "T" })
    #expect(try rangeclose("-q", "\(target.pid)", "5-").status == 0)
    #expect(processState(target.pid) == "T")
    target.say("list")
    #expect(throws: Target.Failure.self) { try target.hear(within: 0.3) }
    _ = try Target("kill", ["-CONT", "\(target.pid)"]).wait()
    try target.expect("0-4")
  }

  /// Another SIGSTOP is pending, and the kernel made it: its si_code is above 0, like that of a fault.
  @Test func aPendingStopThatTheKernelMadeIsNoFault() throws {
    let scratch = Scratch()
    mkfifo(scratch("fifo"), 0o600)
    let target = try holder("flags 3 2 \(scratch("fifo"))", "signal-input 3 \(SIGSTOP)", "leak 4 9")
    kill(target.pid, SIGSTOP)
    #expect(eventually { processState(target.pid) == "T" })
    let fifo = open(scratch("fifo"), O_RDWR | O_CLOEXEC)
    defer { close(fifo) }
    #expect(write(fifo, "x", 1) == 1)
    let run = try rangeclose("\(target.pid)", "5-")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(processState(target.pid) == "T")
    kill(target.pid, SIGCONT)
    #expect(try target.ask("list") == "0-4")
  }

  // MARK: - Threads

  /// With 8,000 threads, the timer that ends waits once left no time for anything else.
  @Test(.timeLimit(.minutes(2)), arguments: [2000, 8000])
  func manyThreadsAreAllStoppedAndAllGoOn(count: Int) throws {
    let target = try holder("leak 3 9", "threads \(count)")
    let run = try rangeclose("-v", "\(target.pid)", "3-", "--timeout=60")
    #expect(run.output.contains("\(count + 1) threads stopped"), "\(run)")
    #expect(try target.ask("list") == "0-2")
    #expect(eventually { threadStates(target.pid) == ["S": count + 1] })
  }

  @Test func anExitedLeaderLeavesTheTableToItsThreads() throws {
    let target = try holder("leak 3 9", "end-leader")
    #expect(eventually { processState(target.pid) == "Z" })
    let run = try rangeclose("\(target.pid)", "5-")
    #expect(run.status == 0 && run.output.contains("closed 5 descriptors"))
    #expect(try target.ask("list") == "0-4")
  }

  /// A leader that exits during the attach becomes a zombie that stays traced.
  ///
  /// rangeclose once asked such a leader to stop for ever.
  @Test(.timeLimit(.minutes(2))) func aLeaderMayExitDuringTheAttach() throws {
    for delay in stride(from: 2000, to: 30_000, by: 1000) {
      let target = try Target(
        Programs.fixture("exiting-leader"), ["\(delay)", Programs.rangeclose, "-q", "--cloexec", "0-2"])
      #expect(["status 0", "status 3"].contains(try target.hear(beginning: "s")), "after \(delay) us")
    }
  }

  @Test func a32BitTargetIsClosed() throws {
    guard try Programs.hasI386() else { return }
    let target = try Target(Programs.fixture("i386"))
    try target.expect("ready")
    let closed = try rangeclose("-v", "\(target.pid)", "4-5,7")
    #expect(closed.output.contains("2 calls of close_range(2)"))
    #expect(try target.ask("") == "0123..6...")
    #expect(try rangeclose("\(target.pid)", "3", "--method=close").status == 0)
    #expect(try target.ask("") == "012...6...")
  }

  // MARK: - The calls

  /// The target redirects its calls to a handler of its own.
  ///
  /// See PR_SET_SYSCALL_USER_DISPATCH in `prctl(2)`.
  @Test func aTargetWithUserDispatchIsClosed() throws {
    let target = try holder("leak 3 9")
    let answer = try target.ask("dispatch")
    if answer == "EINVAL" { try Test.cancel("the kernel has no user dispatch") }
    try #require(answer == "ok")
    let run = try rangeclose("\(target.pid)", "5-")
    let isShown = try Programs.kernelShowsDispatch()
    #expect(run.status == (isShown ? 0 : 3), "\(run.errors)")
    #expect(try target.ask("list") == (isShown ? "0-4" : "0-9"))
    #expect(try target.ask("traps").hasSuffix(" handled"))
  }

  @Test(arguments: ["auto", "close_range", "close"]) func methodsCanBeForced(method: String) throws {
    let target = try holder("leak 3 9")
    let run = try rangeclose("-v", "\(target.pid)", "3-4,6-", "--method", method)
    #expect(run.output.contains(method == "close" ? "6 calls of close(2)" : "2 calls of close_range(2)"))
    #expect(try target.ask("list") == "0-2 5")
  }

  /// The timeout is for each call, not for all calls together.
  @Test func theTimeoutLimitsEachCallAlone() throws {
    let target = try holder("leak 3 4002")
    let run = try rangeclose("\(target.pid)", "3-", "--method=close", "--timeout=0.01")
    #expect(run.status == 0 && run.output.contains("closed 4000 descriptors"), "\(run)")
    #expect(try target.ask("list") == "0-2")
  }

  /// Fault signals that another process sends during the calls arrive as they were sent.
  @Test(.timeLimit(.minutes(2))) func faultSignalsFromOutsideArriveAsTheyWereSent() throws {
    let target = try Target(Programs.fixture("fault-signals"), ["9000"])
    try target.expect("ready")
    let command = try Target(Programs.rangeclose, ["-q", "\(target.pid)", "10-", "--method=close"])
    #expect(eventually { access("/proc/\(target.pid)/fd/20", F_OK) != 0 })
    let signals = [SIGSEGV, SIGFPE, SIGBUS, SIGILL, SIGTRAP]
    for (number, signal) in signals.enumerated() {
      #expect(sigqueue(target.pid, signal, sigval(sival_int: Int32(number))) == 0)
    }
    #expect(access("/proc/\(target.pid)/fd/9000", F_OK) == 0, "the command was over before")
    #expect(command.wait() == 0)
    let answer = try target.ask("")
    #expect(answer == signals.enumerated().map { "\($1) \($0) \(getpid())" }.joined(separator: " "))
  }

  /// rangeclose reports the error of a flush for its descriptor, which is closed nevertheless.
  ///
  /// The session closes the other descriptors as well.
  @Test(
    .enabled(if: Programs.isRoot && Programs.has("setpriv")),
    arguments: [(5, "EIO"), (28, "ENOSPC"), (122, "EDQUOT"), (116, "ESTALE")])
  func aFlushErrorIsReportedForItsDescriptor(number: Int, name: String) throws {
    let scratch = Scratch()
    let server = try Target(Programs.fixture("fuse-server"), [scratch.path, "\(number)"])
    try server.expect("ready")
    defer { server.endInput(); server.wait() }
    let target = try holder("leak 3 4", "open 5 \(scratch("file"))", "leak 6 7", "write 5")
    let run = try rangeclose("\(target.pid)", "3-", "--method=close")
    #expect(run.status == 64)
    #expect(run.output.contains("closed 5 descriptors"))
    #expect(
      run.errors.hasPrefix("rangeclose: \(target.shown): descriptor 5: ")
        && run.errors.contains("(\(name)); it is closed"))
    #expect(try target.ask("list") == "0-2")
  }
}
