import Glibc
import TestSupport
import Testing

/// Targets under a seccomp(2) filter, and a rangeclose that is itself under a filter.
@Suite struct FilterTests {
  @Test(arguments: ["enosys", "eperm", "kill"])
  func filteredTargetsAreClosed(kind: String) throws {
    let target = try holder("leak 3 9", "filter \(kind)")
    let run = try rangeclose("-v", "\(target.pid)", "5-8")
    #expect(run.status == 0 && run.hints.isEmpty == Programs.isRoot, "\(run.errors)")
    #expect(!Programs.isRoot || run.output.contains("1 call of close_range(2)"), "\(run.output)")
    #expect(try target.ask("list") == "0-4 9")
    let marked = try rangeclose("\(target.pid)", "3,9", "--cloexec")
    #expect(marked.status == 0, "\(marked.errors)")
    #expect(try target.ask("cloexec") == "3 9")
    // The filter was suspended only for the call.
    guard kind != "kill" else { return }
    #expect(try target.ask("close-range 3 3") == kind.uppercased())
  }

  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")), arguments: ["enosys", "eperm", "kill"])
  func anUnprivilegedSessionUsesCallsThatTheFilterAllows(kind: String) throws {
    let scratch = Scratch()
    let target = try nobodysHolder(scratch)
    try target.order("leak 3 9", "filter \(kind)")
    let run = try rangeclose(["-v", "\(target.pid)", "5-8"], asNobody: true)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("4 calls of close(2)"))
    #expect(try target.ask("list") == "0-4 9")
    let marked = try rangeclose(["-v", "\(target.pid)", "3,9", "--cloexec"], asNobody: true)
    #expect(marked.output.contains("2 calls of fcntl(2)"))
    #expect(try target.ask("cloexec") == "3 9")
    guard kind != "kill" else { return }
    let forced = try rangeclose(["\(target.pid)", "3", "--method=close_range"], asNobody: true)
    #expect(forced.status == 3 && forced.errors.contains(kind == "eperm" ? "(EPERM)" : "(ENOSYS)"))
    #expect(try target.ask("list") == "0-4 9")
  }

  /// A filter that traps sends SIGSYS instead of returning a result.
  ///
  /// The session reports an error, and the target's handler stays installed.
  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")))
  func aTrappingFilterMakesTheCallFail() throws {
    let scratch = Scratch()
    let target = try nobodysHolder(scratch)
    try target.order("leak 3 9", "filter trap")
    let run = try rangeclose(["\(target.pid)", "3", "--method=close_range"], asNobody: true)
    #expect(run.status == 3 && run.errors.contains("stopped by signal 31"), "\(run)")
    #expect(try target.ask("traps") == "0 handled")
    #expect(try target.ask("list") == "0-9")
    #expect(try rangeclose(["\(target.pid)", "3"], asNobody: true).status == 0)
    #expect(try target.ask("list") == "0-2 4-9")
  }

  /// The kernel resets the handler of a SIGSYS that it forces on a thread which blocks it.
  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")))
  func aBlockedTrapKeepsItsHandler() throws {
    let target = try nobodysHolder(Scratch())
    try target.order("leak 3 9", "filter trap", "block-traps")
    let run = try rangeclose(["\(target.pid)", "3", "--method=close_range"], asNobody: true)
    #expect(run.status == 3 && run.errors.contains("stopped by signal 31"), "\(run)")
    #expect(try target.ask("traps") == "0 handled")
    #expect(try target.ask("list") == "0-9")
  }

  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")))
  func strictModeIsRefusedOrSuspended() throws {
    let scratch = Scratch()
    let target = try nobodysHolder(scratch)
    try target.order("leak 3 9", "strict")
    let refused = try rangeclose(["\(target.pid)", "3-"], asNobody: true)
    #expect(refused.status == 3 && refused.errors.contains("strict mode"))
    #expect(try target.ask("") == "alive")
    #expect(try rangeclose("\(target.pid)", "3-").status == 0)
    #expect(try rangeclose("\(target.pid)", "3-").output.contains("closed 0 descriptors"))
    #expect(try target.ask("") == "alive")
  }

  // MARK: - Other actions of filters

  /// With CAP_SYS_ADMIN the session suspends the filters; afterwards they act as before.
  @Test(
    .enabled(if: Programs.isRoot),
    arguments: ["log", "kill-thread", "continue", "error", "silent", "unsupervised"])
  func suspendedFiltersActAgainAfterwards(kind: String) throws {
    let target = try filteredHolder(kind)
    try target.order("leak 3 9", "threads 2")
    let run = try rangeclose("-v", "\(target.pid)", "5-8")
    #expect(run.status == 0 && run.hints.isEmpty, "\(run)")
    #expect(run.output.contains("1 call of close_range(2)"), "\(run.output)")
    #expect(try target.ask("list") == "0-4 9")
    #expect(stoppedThreads(of: target.pid) == [])
    switch kind {
    case "log", "continue": #expect(try target.ask("close-range 3 3") == "ok")
    case "error": #expect(try target.ask("close-range 3 3") == "EIO")
    case "unsupervised": #expect(try target.ask("close-range 3 3") == "ENOSYS")
    default:
      // The call does not return, or the filter kills the thread that could answer.
      target.say("close-range 3 3")
      #expect(throws: Target.Failure.self) { try target.hear(within: 0.3) }
    }
  }

  /// The status file of a process with many groups has several pages.
  ///
  /// The kernel reports the filter at the end of the file.
  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")))
  func theSessionSeesAFilterBehindManyGroups() throws {
    let groups = (1000..<2500).map(String.init).joined(separator: ",")
    let command = [
      "--groups", groups, Programs.fixture("filtered"), "kill-thread", Programs.fixture("holder"),
    ]
    let target = try Target("setpriv", command)
    try target.expect("ready")
    try target.order("leak 3 99")
    #expect(try rangeclose("\(target.pid)", "5-8").status == 0)
    // The session also gives the thread no ROP chain, because the filter could be back at any time.
    let many = stride(from: 10, to: 99, by: 2).map(String.init).joined(separator: ",")
    #expect(try rangeclose("-v", "\(target.pid)", many).output.contains("45 calls of close_range(2)"))
    #expect(try target.ask("list").hasPrefix("0-4 9 11 13"))
  }

  /// Without CAP_SYS_ADMIN the session closes the descriptors by a call that the filter allows.
  @Test(
    .enabled(if: Programs.isRoot && Programs.has("setpriv")),
    arguments: ["log", "kill-thread", "continue", "error", "silent", "unsupervised"])
  func theSessionWarnsOfFiltersThatItCannotSuspend(kind: String) throws {
    let scratch = Scratch()
    let target = try filteredHolder(kind, as: scratch)
    try target.order("leak 3 9", "threads 2")
    let run = try rangeclose(["-v", "\(target.pid)", "5-8"], asNobody: true)
    #expect(run.status == 0 && run.output.contains("4 calls of close(2)"), "\(run)")
    #expect(warns(run.errors, target), "\(run.errors)")
    #expect(try target.ask("list") == "0-4 9")
    let quiet = try rangeclose(["-q", "\(target.pid)", "9"], asNobody: true)
    #expect(quiet.status == 0 && quiet.errors.isEmpty, "\(quiet)")
    #expect(try target.ask("list") == "0-4")
    #expect(stoppedThreads(of: target.pid) == [])
    #expect(eventually { threadStates(target.pid) == ["S": 3] })
  }

  /// If the user insists on close_range(2), the session takes the result that the filter gives.
  ///
  /// The answer of a supervisor decides.
  @Test(
    .enabled(if: Programs.isRoot && Programs.has("setpriv")), .timeLimit(.minutes(2)),
    arguments: [("continue", ""), ("error", "(EIO)"), ("silent", "(EINTR)"), ("unsupervised", "(ENOSYS)")])
  func aSupervisorDecidesAboutAForcedCall(kind: String, error: String) throws {
    let scratch = Scratch()
    let target = try filteredHolder(kind, as: scratch)
    try target.order("leak 3 9", "threads 2")
    let arguments = ["\(target.pid)", "5-8", "--method=close_range", "--timeout=0.5"]
    let run = try rangeclose(arguments, asNobody: true)
    #expect(run.status == (error.isEmpty ? 0 : 3), "\(run)")
    #expect(run.errors.contains(error), "\(run.errors)")
    #expect(try target.ask("list") == (error.isEmpty ? "0-4 9" : "0-9"))
    #expect(stoppedThreads(of: target.pid) == [])
    // A later session works as usual.
    #expect(try rangeclose(["\(target.pid)", "3-"], asNobody: true).status == 0)
    #expect(try target.ask("list") == "0-2")
  }

  /// The filter kills the calling thread; rangeclose reports that, and the other threads go on.
  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")), .timeLimit(.minutes(2)))
  func aFilterKillsTheThreadOfAForcedCall() throws {
    let scratch = Scratch()
    let target = try filteredHolder("kill-thread", as: scratch)
    try target.order("leak 3 9", "threads 3")
    let run = try rangeclose(["\(target.pid)", "3-", "--method=close_range"], asNobody: true)
    #expect(run.status == 3, "\(run)")
    #expect(warns(run.errors, target), "\(run.errors)")
    #expect(eventually { threadStates(target.pid) == ["S": 3, "Z": 1] }, "\(threadStates(target.pid))")
  }

  /// The session cannot know whether a filter also kills for close(2).
  ///
  /// It therefore prints a warning before the call.
  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")), .timeLimit(.minutes(2)))
  func rangecloseWarnsBeforeAFilterKillsTheProcess() throws {
    let scratch = Scratch()
    let target = try nobodysHolder(scratch)
    try target.order("leak 3 9", "filter kill-close")
    let run = try rangeclose(["\(target.pid)", "3-"], asNobody: true)
    #expect(run.status == 3, "\(run)")
    let lines = run.errors.split(separator: "\n").map(String.init)
    #expect(lines.count == 2 && warns(lines.first ?? "", target), "\(lines)")
    #expect(target.wait() == -SIGSYS)
  }

  /// The strictest of several filters decides.
  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")))
  func theStrictestOfStackedFiltersDecides() throws {
    let scratch = Scratch()
    let target = try filteredHolder("log", as: scratch)
    try target.order("leak 3 9", "filter eperm", "filter enosys", "filter kill")
    let run = try rangeclose(["-v", "\(target.pid)", "8-9"], asNobody: true)
    #expect(run.status == 0 && run.output.contains("2 calls of close(2)"), "\(run)")
    #expect(try target.ask("list") == "0-7")
    let byRoot = try rangeclose("-v", "\(target.pid)", "5-")
    #expect(byRoot.status == 0 && byRoot.output.contains("1 call of close_range(2)"), "\(byRoot)")
    #expect(try target.ask("list") == "0-4")
  }

  // MARK: - A filter on rangeclose itself

  @Test func aFilterOnRangecloseThatForbidsPtraceIsReported() throws {
    let target = try holder("leak 3 9")
    let run = try filteredRangeclose("ptrace", "\(target.pid)", "3-")
    #expect(run.status == 3, "\(run)")
    #expect(run.output.contains("a seccomp filter on rangeclose itself forbids it"), "\(run)")
    #expect(try target.ask("list") == "0-9")
    // A scan needs no ptrace(2).
    #expect(try filteredRangeclose("ptrace", "-n", "\(target.pid)", "3-").status == 0)
  }

  @Test func aHarmlessFilterOnRangecloseChangesNothing() throws {
    let target = try holder("leak 3 9")
    let run = try filteredRangeclose("harmless", "-v", "\(target.pid)", "3-")
    #expect(run.status == 0 && run.output.contains("1 call of close_range(2)"), "\(run)")
    #expect(try target.ask("list") == "0-2")
  }

  /// The kernel lets no tracer suspend filters if the tracer has a filter itself.
  ///
  /// Root then works without suspension, and rangeclose prints the reason.
  @Test(.enabled(if: Programs.isRoot), arguments: ["kill", "enosys"])
  func aFilterOnRangecloseKeepsItFromSuspendingFilters(kind: String) throws {
    let target = try holder("leak 3 9", "filter \(kind)")
    let run = try filteredRangeclose("harmless", "-v", "\(target.pid)", "5-8")
    #expect(run.status == 0 && run.output.contains("4 calls of close(2)"), "\(run)")
    #expect(
      run.output.contains("rangeclose: \(target.shown): has a seccomp filter that cannot be suspended"),
      "\(run)")
    #expect(run.output.contains("rangeclose itself"), "\(run)")
    #expect(!run.output.contains("without CAP_SYS_ADMIN"), "\(run)")
    #expect(try target.ask("list") == "0-4 9")
  }

  // MARK: - Helpers

  /// Starts a holder that runs under a filter from its beginning.
  ///
  /// It runs as nobody if there is a directory for a copy.
  private func filteredHolder(_ kind: String, as nobody: Scratch? = nil) throws -> Target {
    let command =
      if let nobody {
        asNobodyPrefix + [
          try nobody.copy(of: Programs.fixture("filtered"), "filtered"), kind,
          try nobody.copy(of: Programs.fixture("holder"), "holder"),
        ]
      } else {
        [Programs.fixture("filtered"), kind, Programs.fixture("holder")]
      }
    let target = try Target(command[0], Array(command.dropFirst()))
    guard try target.hear() == "ready" else {
      throw Target.Failure(description: "the holder did not start")
    }
    return target
  }

  /// Runs the command under a filter; the output includes what it prints to standard error.
  private func filteredRangeclose(_ arguments: String...) throws -> (status: Int32, output: String) {
    let run = try Target(
      Programs.fixture("filtered"), [arguments[0], Programs.rangeclose] + arguments.dropFirst())
    let output = try run.rest()
    return (run.wait(), output)
  }

  private func warns(_ errors: String, _ target: Target) -> Bool {
    errors.hasPrefix(
      "rangeclose: \(target.shown): has a seccomp filter that cannot be suspended without CAP_SYS_ADMIN; ")
  }
}
