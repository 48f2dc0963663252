import TestSupport
import Testing

/// Descriptor tables that several processes share, and tables that only one thread has.
@Suite struct SharingTests {
  private func sharingTarget(_ kind: String) throws -> (target: Target, other: String) {
    let target = try Target(Programs.fixture("shared-tables"), [kind])
    let words = try target.hear(beginning: "ready").split(separator: " ").map(String.init)
    return (target, words[1])
  }

  // MARK: - Another process shares the table

  @Test func anotherProcessWithTheTableIsNamedAndStopped() throws {
    let (target, other) = try sharingTarget("process")
    let dryRun = try rangeclose("-n", "\(target.pid)", "12-")
    let warning =
      "has one descriptor table with \(other) (fixture-shared-), so the same descriptors change there"
    let remedy = "--unshare first gives this process its own table"
    #expect(dryRun.hints == "rangeclose: \(target.shown): \(warning); \(remedy)\n")
    let run = try rangeclose("-v", "\(target.pid)", "12-")
    #expect(run.status == 0 && run.errors.contains(warning), "\(run)")
    #expect(run.output.contains("2 threads stopped"), "\(run.output)")
    #expect(try target.ask("own") == "10-11 " && target.ask("other") == "10-11 ")
    #expect(stoppedThreads(of: target.pid).isEmpty)
    // The same holds for the other process.
    #expect(try rangeclose("-q", other, "10").status == 0)
    #expect(try target.ask("own") == "11 ")
  }

  /// Two threads read `/proc` if it has many processes, and neither may miss one.
  @Test func aSharerIsFoundAmongManyProcesses() throws {
    let (low, lowOther) = try sharingTarget("process")
    let crowd = try Target(
      "python3",
      [
        "-c",
        """
        import ctypes, os, signal
        prctl, SIGKILL = ctypes.CDLL(None).prctl, 9
        PR_SET_PDEATHSIG = 1
        for _ in range(1500):
          if os.fork() == 0:
            prctl(PR_SET_PDEATHSIG, SIGKILL)
            signal.pause()
        print("ready", flush=True)
        signal.pause()
        """,
      ])
    #expect(try crowd.hear() == "ready")
    let (high, highOther) = try sharingTarget("process")
    for (target, other) in [(low, lowOther), (high, highOther)] {
      let run = try rangeclose("-n", "\(target.pid)", "12-")
      #expect(
        run.errors.contains("has one descriptor table with \(other) (fixture-shared-), so the same"), "\(run)"
      )

    }
  }

  @Test(arguments: [[], ["--method=close"], ["--cloexec"]])
  func theTargetGetsItsOwnTableFirst(options: [String]) throws {
    let (target, _) = try sharingTarget("process")
    let run = try rangeclose(["-v", "--unshare", "\(target.pid)", "12-"] + options)
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(run.output.contains(", in a table of its own now, "), "\(run.output)")
    let left = options == ["--cloexec"] ? "10-19 " : "10-11 "
    #expect(try target.ask("own") == left && target.ask("other") == "10-19 ")
    // The target now has its own table. rangeclose has nothing to separate and no other process to name.
    let second = try rangeclose("\(target.pid)", "10")
    #expect(second.status == 0 && second.errors.isEmpty, "\(second)")
    #expect(try target.ask("other") == "10-19 ")
  }

  @Test func nothingIsSeparatedIfNothingMatches() throws {
    let (target, _) = try sharingTarget("process")
    #expect(try rangeclose("-q", "--unshare", "\(target.pid)", "10-", "--deleted").status == 1)
    #expect(try rangeclose("-q", "\(target.pid)", "15").status == 0)
    #expect(try target.ask("other") == "10-14 16-19 ")
  }

  @Test func threadsOfOneProcessAreNotSeparated() throws {
    let target = try holder("leak 3 9", "threads 3")
    let run = try rangeclose("--unshare", "\(target.pid)", "3-")
    #expect(run.status == 3 && run.errors.contains("4 of its threads share the descriptor table"), "\(run)")
    #expect(try target.ask("list") == "0-9")
  }

  @Test func anUnsharedTableNeedsNoSeparation() throws {
    let target = try holder("leak 3 9")
    #expect(try rangeclose("--unshare", "\(target.pid)", "5-").status == 0)
    #expect(try target.ask("list") == "0-4")
  }

  // MARK: - A thread has its own table

  @Test func aThreadWithItsOwnTableIsNamedByItsID() throws {
    let (target, tid) = try sharingTarget("thread")
    let run = try rangeclose("-v", tid, "12-", "--path", "/dev/null")
    #expect(
      run.status == 0 && run.output.contains("\(tid) (fixture-shared-): closed 8 descriptors"), "\(run)")
    #expect(try target.ask("own") == "10-19 " && target.ask("other") == "10-11 ")
    // The process ID means the table of the leader. No other thread has it, so rangeclose may separate it.
    #expect(try rangeclose("\(target.pid)", "10-11", "--unshare").status == 0)
    #expect(try target.ask("own") == "12-19 " && target.ask("other") == "10-11 ")
  }

  /// Another process can share the table of a single thread.
  @Test func aProcessCanShareTheTableOfOneThread() throws {
    let (target, child) = try sharingTarget("nested")
    let run = try rangeclose("-v", child, "15-")
    #expect(run.errors.contains("has one descriptor table with \(target.pid) (fixture-shared-)"), "\(run)")
    #expect(run.status == 0 && run.output.contains("3 threads stopped"), "\(run)")
    #expect(try target.ask("own") == "10-19 " && target.ask("other") == "10-14 ")
  }

  /// A process with an exited leader has only the tables of its threads.
  @Test func anExitedLeaderWithDifferentThreadTablesIsRefused() throws {
    let (target, tid) = try sharingTarget("exited-leader")
    #expect(eventually { processState(target.pid) == "Z" })
    let run = try rangeclose("\(target.pid)", "15-")
    #expect(run.status == 3 && run.errors.contains("its threads have different descriptor tables"), "\(run)")
    #expect(try target.ask("own") == "10-19 " && target.ask("other") == "10-19 ")
    #expect(try rangeclose("-q", tid, "15-").status == 0)
    #expect(try target.ask("own") == "10-19 " && target.ask("other") == "10-14 ")
  }

  // MARK: - The kernel does not say who shares the table

  /// Runs the command under a filter that refuses kcmp(2), as Docker's default profile does.
  private func rangecloseWithoutComparing(_ arguments: String...) throws -> (status: Int32, output: String) {
    let run = try Target(Programs.fixture("filtered"), ["kcmp", Programs.rangeclose] + arguments)
    let output = try run.rest()
    return (run.wait(), output)
  }

  @Test func aTableIsNotSeparatedUnlessTheKernelComparesTables() throws {
    let target = try holder("leak 3 20", "threads 1")
    for threads in ["threads", "process"] {
      let run = try rangecloseWithoutComparing("--unshare", "\(target.pid)", "20")
      #expect(run.status == 3 && run.output.contains("kcmp(2) is refused"), "\(threads): \(run)")
      #expect(try target.ask("list") == "0-20")
    }
  }

  /// rangeclose closes descriptors without kcmp(2), too, after a warning.
  @Test func theCommandWarnsThatTablesCannotBeCompared() throws {
    let target = try holder("leak 3 9", "threads 2")
    let run = try rangecloseWithoutComparing("\(target.pid)", "5-8")
    #expect(run.status == 0, "\(run)")
    #expect(run.output.contains("rangeclose: \(target.shown): kcmp(2) is refused"), "\(run)")
    #expect(try target.ask("list") == "0-4 9")
    let quiet = try rangecloseWithoutComparing("-q", "\(target.pid)", "9")
    #expect(quiet.status == 0 && quiet.output.isEmpty, "\(quiet)")
  }

  /// The thread of another process shares the table.
  ///
  /// rangeclose cannot know this, and must not close the descriptors that the thread opens.
  @Test func whatAnUnseenProcessOpensStaysOpen() throws {
    let (target, _) = try sharingTarget("unseen")
    for _ in 0..<40 {
      let run = try rangecloseWithoutComparing("-q", "\(target.pid)", "type:chr and 10-40")
      #expect(run.status == 0, "\(run)")
      #expect(try target.ask("open") == "ok")
    }
    #expect(try target.ask("lost") == "0")
  }

  /// With kcmp(2), rangeclose finds the thread of a child that shares the table.
  @Test func aThreadOfAChildThatHasTheTableIsFound() throws {
    let (target, other) = try sharingTarget("unseen")
    let run = try rangeclose("\(target.pid)", "type:chr and 10-40")
    #expect(run.status == 0 && run.errors.contains("has one descriptor table with \(other) ("), "\(run)")
    #expect(try target.ask("lost") == "0")
  }

  /// An ordinary user may not compare root's processes.
  ///
  /// Those processes cannot share the table of a process that never had privileges. So rangeclose prints no
  /// warning about them.
  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")))
  func processesOfOtherUsersAreKnownToHaveOtherTables() throws {
    let scratch = Scratch()
    let target = try nobodysHolder(scratch)
    try target.order("leak 3 9")
    let run = try rangeclose(["\(target.pid)", "5-", "--unshare"], asNobody: true)
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(try target.ask("list") == "0-4")
  }
}
