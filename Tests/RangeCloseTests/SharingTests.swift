import TestSupport
import Testing

/// Descriptor tables that are not one to a process.
@Suite struct SharingTests {
  private func sharer(_ kind: String) throws -> (target: Target, other: String) {
    let target = try Target(Programs.fixture("shared-tables"), [kind])
    let words = try target.hear(beginning: "ready").split(separator: " ").map(String.init)
    return (target, words[1])
  }

  // MARK: - Another process has the table

  @Test func anotherProcessWithTheTableIsNamedAndStopped() throws {
    let (target, other) = try sharer("process")
    let looked = try rangeclose("-n", "\(target.pid)", "12-")
    let warning =
      "has one descriptor table with \(other) (fixture-shared-), for which all of this holds as well"
    #expect(looked.errors == "rangeclose: \(target.pid): \(warning); --unshare separates it\n")
    let run = try rangeclose("-v", "\(target.pid)", "12-")
    #expect(run.status == 0 && run.errors.contains(warning), "\(run)")
    #expect(run.output.contains("2 threads stopped"), "\(run.output)")
    #expect(try target.ask("own") == "10-11 " && target.ask("other") == "10-11 ")
    #expect(stoppedThreads(of: target.pid).isEmpty)
    // From the other side it is the same.
    #expect(try rangeclose("-q", other, "10").status == 0)
    #expect(try target.ask("own") == "11 ")
  }

  @Test(arguments: [[], ["--method=close"], ["--cloexec"]])
  func theTableIsSeparatedFirst(options: [String]) throws {
    let (target, _) = try sharer("process")
    let run = try rangeclose(["-v", "--unshare", "\(target.pid)", "12-"] + options)
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(run.output.contains(", in a table of its own now, "), "\(run.output)")
    let left = options == ["--cloexec"] ? "10-19 " : "10-11 "
    #expect(try target.ask("own") == left && target.ask("other") == "10-19 ")
    // Nothing is left to be separated from, and nobody else to be named.
    let second = try rangeclose("\(target.pid)", "10")
    #expect(second.status == 0 && second.errors.isEmpty, "\(second)")
    #expect(try target.ask("other") == "10-19 ")
  }

  @Test func nothingIsSeparatedWhereNothingIsClosed() throws {
    let (target, _) = try sharer("process")
    #expect(try rangeclose("-q", "--unshare", "\(target.pid)", "10-", "--deleted").status == 1)
    #expect(try rangeclose("-q", "\(target.pid)", "15").status == 0)
    #expect(try target.ask("other") == "10-14 16-19 ")
  }

  @Test func threadsOfOneProcessAreNotTornApart() throws {
    let target = try holder("leak 3 9", "threads 3")
    let run = try rangeclose("--unshare", "\(target.pid)", "3-")
    #expect(run.status == 3 && run.errors.contains("4 of its threads share the descriptor table"), "\(run)")
    #expect(try target.ask("list") == "0-9")
  }

  @Test func aTableOfItsOwnNeedsNoSeparating() throws {
    let target = try holder("leak 3 9")
    #expect(try rangeclose("--unshare", "\(target.pid)", "5-").status == 0)
    #expect(try target.ask("list") == "0-4")
  }

  // MARK: - A thread has one of its own

  @Test func aThreadWithATableOfItsOwnIsGivenByItsID() throws {
    let (target, tid) = try sharer("thread")
    let run = try rangeclose("-v", tid, "12-", "--path", "/dev/null")
    #expect(run.status == 0 && run.output.contains("\(tid): closed 8 descriptors"), "\(run)")
    #expect(try target.ask("own") == "10-19 " && target.ask("other") == "10-11 ")
    // The process means its leader's, which no other thread has: it may be separated.
    #expect(try rangeclose("\(target.pid)", "10-11", "--unshare").status == 0)
    #expect(try target.ask("own") == "12-19 " && target.ask("other") == "10-11 ")
  }

  /// A table that a thread has for itself can be another process's as well.
  @Test func aProcessThatSharesAThreadsTable() throws {
    let (target, child) = try sharer("nested")
    let run = try rangeclose("-v", child, "15-")
    #expect(run.errors.contains("has one descriptor table with \(target.pid) (fixture-shared-)"), "\(run)")
    #expect(run.status == 0 && run.output.contains("3 threads stopped"), "\(run)")
    #expect(try target.ask("own") == "10-19 " && target.ask("other") == "10-14 ")
  }

  /// Without its leader, a process has no table of its own but its threads'.
  @Test func threadsOfDifferentTablesWithoutALeader() throws {
    let (target, tid) = try sharer("exited-leader")
    #expect(eventually { processState(target.pid) == "Z" })
    let run = try rangeclose("\(target.pid)", "15-")
    #expect(run.status == 3 && run.errors.contains("its threads have different descriptor tables"), "\(run)")
    #expect(try target.ask("own") == "10-19 " && target.ask("other") == "10-19 ")
    #expect(try rangeclose("-q", tid, "15-").status == 0)
    #expect(try target.ask("own") == "10-19 " && target.ask("other") == "10-14 ")
  }
}
