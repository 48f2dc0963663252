import Glibc
import TestSupport
import Testing

/// Runs over a list of processes.
@Suite struct SeveralProcessesTests {
  private let scratch = Scratch()

  private func exited() throws -> Target {
    let target = try holder()
    target.end()
    return target
  }

  @Test func everyProcessOfTheListIsWorkedOn() throws {
    let (one, two) = (try holder("leak 3 9"), try holder("leak 3 5", "open 20 \(scratch("kept"))"))
    let listing = try rangeclose("-n", list(one, two), "3-")
    let rows = listing.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(rows.first?.prefix(3) == ["COMMAND", "PID", "FD"] && rows.count == 13, "\(listing)")
    #expect(rows.dropFirst().prefix(7).allSatisfy { $0[0] == "fixture-holder" && $0[1] == "\(one.pid)" })
    #expect(rows.dropFirst(8).prefix(4).allSatisfy { $0[1] == "\(two.pid)" })
    #expect(try one.ask("list") == "0-9" && two.ask("list") == "0-5 20")
    let run = try rangeclose(list(one, two), "3-9")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(
      run.output
        == "\(one.shown): closed 7 descriptors\n"
        + "\(two.shown): closed 3 descriptors\n"
        + "total: closed 10 descriptors in 2 processes\n"
    )
    #expect(try one.ask("list") == "0-2" && two.ask("list") == "0-2 20")
    #expect(stoppedThreads(of: one.pid).isEmpty && stoppedThreads(of: two.pid).isEmpty)
  }

  @Test func theOrderIsThatOfTheList() throws {
    let (one, two) = (try holder("leak 3 3"), try holder("leak 3 3"))
    for targets in [[one, two], [two, one]] {
      let words = targets.map { "\($0.pid)" }
      let run = try rangeclose("-n", "-r", "--no-headings", "-o", "PID", words.joined(separator: ","), "3")
      #expect(run.output == words.map { $0 + "\n" }.joined())
    }
  }

  /// Every operation of the command works on each process.
  @Test func markingWorksOnEachProcess() throws {
    let (one, two) = (try holder("leak 3 4"), try holder("leak 3 4"))
    let run = try rangeclose("--cloexec", list(one, two), "3-4")
    #expect(run.status == 0, "\(run)")
    #expect(try one.ask("cloexec") == "3-4" && two.ask("cloexec") == "3-4")
  }

  // MARK: - Exit statuses

  /// Status 64: some done, some not.
  @Test func aMissingProcessDoesNotStopTheOthers() throws {
    let (one, gone, two) = (try holder("leak 3 9"), try exited(), try holder("leak 3 9"))
    for mode in [["-n"], []] {
      let run = try rangeclose(mode + [list(one, gone, two), "3-"])
      #expect(run.status == 64, "\(run)")
      #expect(run.errors.hasPrefix("rangeclose: \(gone.pid): no such process"), "\(run.errors)")
      #expect(run.hints.split(separator: "\n").count == 1, "\(run.errors)")
    }
    #expect(try one.ask("list") == "0-2" && two.ask("list") == "0-2")
  }

  /// A process of a list, and what becomes of it.
  enum Kind: String, CaseIterable {
    /// Descriptors match, and are closed.
    case matching
    /// No descriptor has one of the numbers, or is deleted.
    case other
    /// The process has exited.
    case gone
  }

  /// The status that a list leads to: 64 only if something was done, and something was not.
  ///
  /// A range in which nothing is open is passed over, which is status 0. But nothing was done there.
  static let combinations: [(kinds: [Kind], ranges: Int32, deleted: Int32)] = [
    ([.matching, .matching], 0, 0), ([.matching, .other], 0, 0), ([.other, .matching], 0, 0),
    ([.matching, .gone], 64, 64), ([.gone, .matching], 64, 64),
    ([.other, .other], 0, 1), ([.other, .gone], 3, 3), ([.gone, .other], 3, 3),
    ([.gone, .gone], 3, 3), ([.other, .gone, .other], 3, 3), ([.other, .gone, .matching], 64, 64),
  ]

  @Test(arguments: combinations, [[], ["-n"], ["-q"], ["-v"]])
  func theStatusSaysWhetherAnythingWasDone(
    combination: (kinds: [Kind], ranges: Int32, deleted: Int32), mode: [String]
  ) throws {
    for (selector, status) in [("50-59", combination.ranges), ("--deleted", combination.deleted)] {
      let targets = try combination.kinds.map { kind in
        switch kind {
        case .matching:
          let target = try holder("open 50 \(scratch("gone"))")
          unlink(scratch("gone"))
          return target
        case .other: return try holder("leak 3 9")
        case .gone: return try exited()
        }
      }
      let words = targets.map { "\($0.pid)" }.joined(separator: ",")
      let run = try rangeclose(mode + [words, selector])
      #expect(run.status == status, "\(combination.kinds) \(selector): \(run)")
    }
  }

  /// The operation fails in one process, and the other shares its table; nothing was done.
  @Test(.enabled(if: Programs.has("strace"))) func aFailedTableIsNotDoneByItsOtherProcess() throws {
    let target = try Target(Programs.fixture("shared-tables"), ["process"])
    let other = try target.hear(beginning: "ready").split(separator: " ").map(String.init)[1]
    let strace = try Target("strace", ["-o", "/dev/null", "-p", "\(target.pid)"])
    _ = try strace.hear(beginning: "strace: Process")
    let run = try rangeclose("\(target.pid),\(other)", "12-")
    #expect(run.status == 3 && run.errors.contains("already traced"), "\(run)")
    strace.end()
    #expect(try target.ask("own") == "10-19 ")
  }

  /// Status 3: nothing could be done.
  @Test func missingProcessesAlone() throws {
    let run = try rangeclose(list(try exited(), try exited()), "3-")
    #expect(run.status == 3 && run.output.isEmpty, "\(run)")
    #expect(run.errors.split(separator: "\n").count { $0.contains("no such process") } == 2)
  }

  /// Status 3 as well if one process is missing, and nothing matched in the other.
  @Test func aMissingProcessAndNoMatch() throws {
    let run = try rangeclose(list(try holder(), try exited()), "--deleted")
    #expect(run.status == 3 && run.output.isEmpty, "\(run)")
  }

  /// Status 1: nothing matched, anywhere; that is reported once.
  @Test(arguments: [[], ["-n"], ["-v"]]) func noMatchAnywhere(mode: [String]) throws {
    let (one, two) = (try holder("leak 3 9"), try holder())
    let run = try rangeclose(mode + [list(one, two), "--deleted"])
    #expect(run.status == 1 && run.output.isEmpty, "\(run)")
    #expect(run.errors == "rangeclose: no descriptor matches in any process\n")
    #expect(try rangeclose(mode.filter { $0 != "-v" } + ["-q", list(one, two), "--deleted"]).errors.isEmpty)
    #expect(try one.ask("list") == "0-9")
  }

  /// Status 0: each process was done or had no match, and one was done.
  @Test func oneMatchIsEnough() throws {
    let (one, two) = (try holder("leak 3 9"), try holder("open 3 \(scratch("a"))"))
    try two.order("unlink \(scratch("a"))")
    let run = try rangeclose(list(one, two), "--deleted")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(run.output.hasPrefix("\(two.shown): closed 1 descriptor"), "\(run)")
    #expect(try one.ask("list") == "0-9" && two.ask("list") == "0-2")
  }

  /// Numbers that are not open are passed over, whatever process has them; that is done.
  @Test func rangesPassOverWhatIsNotOpen() throws {
    let (one, two) = (try holder("leak 3 9"), try holder())
    #expect(try rangeclose("-q", list(one, two), "5-").status == 0)
    #expect(try rangeclose("-q", list(one, two), "5-").status == 0)
    #expect(try one.ask("list") == "0-4")
  }

  @Test(arguments: [
    "1,,2", ",1", "1,", "1,x", "1,0", "1,4194305", "1 2", "1;2", "1,2:", "1:x", "1:0", "1:-5", ",",
  ])
  func aWrongEntryTouchesNothing(list: String) throws {
    let target = try holder("leak 3 9")
    let run = try rangeclose("\(target.pid),\(list)", "3-")
    #expect(run.status == 2 && run.output.isEmpty, "\(run)")
    #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    #expect(try target.ask("list") == "0-9")
  }

  // MARK: - Each process once

  @Test func anEntryThatComesTwiceIsWorkedOnOnce() throws {
    let (one, two) = (try holder("leak 3 9"), try holder("leak 3 9"))
    let words = "\(one.pid),\(two.pid),\(one.pid),0\(one.pid)"
    #expect(try rangeclose("-n", "-r", "--no-headings", words, "3").output.split(separator: "\n").count == 2)
    let run = try rangeclose("-v", words, "3-")
    #expect(
      run.status == 0
        && run.output.split(separator: "\n").count { $0.contains("\(one.shown): closed ") } == 1,
      "\(run)")
  }

  @Test func processesThatShareATableAreWorkedOnOnce() throws {
    let target = try Target(Programs.fixture("shared-tables"), ["process"])
    let other = try target.hear(beginning: "ready").split(separator: " ").map(String.init)[1]
    let apart = try holder("leak 12 19")
    let words = "\(target.pid),\(apart.pid),\(other)"
    let listing = try rangeclose("-n", "-r", "--no-headings", "-o", "PID,FD", words, "12-")
    let rows = listing.output.split(separator: "\n")
    #expect(listing.status == 0 && rows.count == 16, "\(listing)")
    #expect(rows.allSatisfy { !$0.hasPrefix("\(other) ") }, "\(listing)")
    let run = try rangeclose(words, "12-")
    #expect(run.status == 0, "\(run)")
    #expect(
      run.output
        == "\(target.shown): closed 8 descriptors\n"
        + "\(apart.shown): closed 8 descriptors\n"
        + "total: closed 16 descriptors in 2 processes\n"
    )
    // The other process is named, because it loses the descriptors, too.
    #expect(run.errors.contains("has one descriptor table with \(other) (fixture-shared-)"), "\(run)")
    #expect(try target.ask("own") == "10-11 " && target.ask("other") == "10-11 ")
  }

  // MARK: - Trouble on the way

  @Test(.enabled(if: Programs.has("strace"))) func aTracedProcessIsNamedWhileTheOthersAreDone() throws {
    let (one, traced, two) = (try holder("leak 3 9"), try holder("leak 3 9"), try holder("leak 3 9"))
    let strace = try Target("strace", ["-o", "/dev/null", "-p", "\(traced.pid)"])
    _ = try strace.hear(beginning: "strace: Process")
    let run = try rangeclose(list(one, traced, two), "3-")
    #expect(run.status == 64, "\(run)")
    #expect(
      run.errors == "rangeclose: \(traced.shown): already traced by \(strace.pid) (strace);"
        + " detach that tracer first\n")
    #expect(run.output.split(separator: "\n").count { $0.contains("closed 7 descriptors") } == 2, "\(run)")
    strace.end()
    #expect(try [one, traced, two].map { try $0.ask("list") } == ["0-2", "0-9", "0-2"])
  }

  // MARK: - The output cannot be written

  /// Everything is done, the error is printed once, and the status is 4.
  @Test(arguments: [[], ["-v"], ["--json"], ["--json=lines"], ["--summary"], ["-r", "--no-headings"]])
  func everythingIsDoneWithoutOutput(mode: [String]) throws {
    for (redirection, reason) in [
      ("> /dev/full", "No space left on device (ENOSPC)"), (">&-", "Bad file descriptor (EBADF)"),
    ] {
      let (one, two) = (try holder("leak 3 900"), try holder("leak 3 900"))
      let script = "exec \"$@\" \(redirection)"
      let run = try Target(
        "sh", ["-c", script, "sh", Programs.rangeclose] + mode + [list(one, two), "3-"])
      #expect(try run.rest() == "rangeclose: standard output: \(reason)\n", "\(redirection)")
      #expect(run.wait() == 4, "\(redirection)")
      #expect(try one.ask("list") == "0-2" && two.ask("list") == "0-2")
    }
  }

  @Test(arguments: [[], ["-r"], ["--json"]]) func aLongListingWithoutOutputIsOneError(mode: [String]) throws {
    let (one, two) = (try holder("leak 3 900"), try holder("leak 3 900"))
    for words in [list(one, two), "\(one.pid)"] {
      let run = try Target(
        "sh", ["-c", "exec \"$@\" > /dev/full", "sh", Programs.rangeclose, "-n"] + mode + [words, "3-"])
      #expect(try run.rest() == "rangeclose: standard output: No space left on device (ENOSPC)\n", "\(words)")
      #expect(run.wait() == 4, "\(words)")
    }
  }

  /// An error of the work counts more than that of the output.
  @Test func anErrorOfTheWorkComesBeforeThatOfTheOutput() throws {
    let (one, gone) = (try holder("leak 3 9"), try exited())
    let run = try Target(
      "sh", ["-c", "exec \"$@\" > /dev/full", "sh", Programs.rangeclose, list(one, gone), "3-"])
    let errors = try run.rest()
    #expect(errors.contains("no such process") && errors.contains("ENOSPC"), "\(errors)")
    #expect(run.wait() == 64)
    #expect(try one.ask("list") == "0-2")
  }
}
