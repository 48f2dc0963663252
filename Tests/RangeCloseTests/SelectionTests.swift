import Testing
import TestSupport

/// Which descriptors a selection picks, by what the target still has open.
@Suite struct SelectionTests {
  @Test(arguments: [
    ("3-", "0-2"), ("3-~0", "0-2"), ("5", "0-4 6-9"), ("3-9", "0-2"), ("3,5,7-9", "0-2 4 6"),
    ("100-200", "0-9"), ("8-", "0-7"), ("~0", "0-9"),
  ])
  func rangesCloseTheirNumbers(selector: String, left: String) throws {
    let target = try holder("leak 3 9")
    let run = try rangeclose("-q", "\(target.pid)", selector)
    #expect(run.status == 0 && run.output.isEmpty && run.errors.isEmpty)
    #expect(try target.ask("list") == left)
  }

  @Test func standardInputIsADescriptorLikeAnyOther() throws {
    let target = try holder("leak 3 9")
    #expect(try rangeclose("-q", "\(target.pid)", "0,5,7-9").status == 0)
    // The target reads its orders there. The read fails, and the target ends.
    #expect(eventually { !target.isRunning })
  }

  @Test func deletedFilesAreFoundByTheirLinkCount() throws {
    let scratch = Scratch()
    let target = try holder(
      "open 10 \(scratch("gone"))", "unlink \(scratch("gone"))",
      "open 11 \(scratch("kept"))",
      "open 12 \(scratch("called (deleted)"))",
      "open 13 \(scratch("linked"))", "tmpfile 14 \(scratch.path)", "memfd 15", "eventfd 16", "pair 17 18")
    _ = try Target("ln", [scratch("linked"), scratch("other")]).wait()
    try target.order("unlink \(scratch("linked"))")
    try target.order("open 19 \(scratch("gone (deleted)"))", "unlink \(scratch("gone (deleted)"))")
    let listing = try rangeclose("-n", "\(target.pid)", "--deleted")
    let hint =
      "rangeclose: \(target.shown): left 1 file alone that never had a name (O_TMPFILE);"
      + " the term tmpfile picks it\n"
    #expect(listing.status == 0 && listing.hints == hint)
    #expect(listing.output.contains("gone (deleted)\n"))
    #expect(listing.output.contains("gone (deleted) (deleted)\n"))
    #expect(try rangeclose("\(target.pid)", "--deleted").status == 0)
    #expect(try target.ask("list") == "0-2 11-18")
    let again = try rangeclose("\(target.pid)", "--deleted")
    #expect(
      again.status == 1 && again.errors == hint + "rangeclose: \(target.shown): no descriptor matches\n")
    #expect(try rangeclose("-q", "\(target.pid)", "--deleted").errors.isEmpty)
    #expect(try rangeclose("-n", "\(target.pid)", "deleted and 15-").errors.contains("left") == false)
    let temporary = try rangeclose("\(target.pid)", "tmpfile")
    #expect(temporary.status == 0 && temporary.errors.isEmpty && temporary.output.contains("closed 1 "))
    #expect(try target.ask("list") == "0-2 11-13 15-18")
  }

  @Test func aMemfdIsDistinguishedFromAFileOfItsName() throws {
    guard Programs.isRoot else { return }
    let name = "/memfd:rangeclose-test"
    let target = try holder("open 10 \(name)", "unlink \(name)", "memfd 11")
    #expect(try rangeclose("\(target.pid)", "--deleted").status == 0)
    #expect(try target.ask("list") == "0-2 11")
  }

  @Test func pathsOfDeletedFilesAreTheirLastNames() throws {
    let scratch = Scratch()
    let target = try holder(
      "open 10 \(scratch("a.log"))", "open 11 \(scratch("b.log"))", "unlink \(scratch("b.log"))",
      "open 12 \(scratch("c.txt"))", "open 13 \(scratch("d.log (deleted)"))", "eventfd 14", "epoll 15",
      "open 16 \(scratch("e.log"))")
    _ = try Target("ln", [scratch("e.log"), scratch("f")]).wait()
    try target.order("unlink \(scratch("e.log"))")
    // b.log matches by its last name. e.log matches too, although another link is left. `d.log (deleted)` is
    // a different name.
    #expect(try rangeclose("\(target.pid)", "--path", "\(scratch.path)/*.log").status == 0)
    #expect(try target.ask("list") == "0-2 12-15")
    #expect(try rangeclose("\(target.pid)", "--path", "anon_inode:[eventpoll]").status == 0)
    #expect(try target.ask("list") == "0-2 12-14")
    #expect(try rangeclose("\(target.pid)", "--path", "anon_inode:*", "--path", "**/d.log*").status == 0)
    #expect(try target.ask("list") == "0-2 12")
  }

  @Test func hostileNamesAreEscaped() throws {
    let scratch = Scratch()
    let target = try Target(
      "python3",
      [
        "-c",
        """
        import os, sys
        d = os.fsencode(sys.argv[1])
        fd = os.open(d + b"/a\\nrangeclose: \\x1b[2J\\xff\\xe2\\x80\\xae", os.O_CREAT | os.O_RDWR)
        print(fd, flush=True); input(); os.fstat(fd)
        """, scratch.path,
      ])
    let number = try target.hear()
    let listing = try rangeclose("-n", "\(target.pid)", number)
    #expect(listing.output.contains("/a\\nrangeclose: \\e[2J\\377\\342\\200\\256\n"))
    #expect(listing.output.filter { $0 == "\n" }.count == 2)
    #expect(try rangeclose("\(target.pid)", "--path", "\(scratch.path)/a?range*").status == 0)
    target.say("")
    #expect(try target.rest().contains("Bad file descriptor"))
  }

  @Test func termsOfDifferentNamesMustAllHold() throws {
    let scratch = Scratch()
    let target = try holder(
      "open 10 \(scratch("a"))", "open 11 \(scratch("b"))", "open 12 \(scratch("c"))",
      "unlink \(scratch("a"))", "unlink \(scratch("b"))", "eventfd 21")
    let none = try rangeclose("\(target.pid)", "3-", "--deleted", "--path", "/nowhere")
    #expect(none.status == 1)
    #expect(try target.ask("list") == "0-2 10-12 21")
    #expect(try rangeclose("\(target.pid)", "11-", "--deleted").status == 0)
    #expect(try target.ask("list") == "0-2 10 12 21")
    #expect(
      try rangeclose("\(target.pid)", "10", "21", "--deleted", "--path", "**/a", "--path", "**/c").status == 0
    )
    #expect(try target.ask("list") == "0-2 12 21")
  }

  @Test func dryRunsListAndChangeNothing() throws {
    let scratch = Scratch()
    let target = try holder("open 10 \(scratch("a"))", "fill 10 4096", "unlink \(scratch("a"))", "eventfd 11")
    let listing = try rangeclose("--dry-run", "--raw", "--bytes", "\(target.pid)", "3-")
    let rows = listing.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(rows.first == ["FD", "TYPE", "MODE", "SIZE", "LINKS", "RESULT", "NAME"])
    #expect(
      rows.dropFirst().first == ["10", "reg", "rw", "4096", "0", "picked", scratch("a") + "\\040(deleted)"])
    #expect(rows.last?.prefix(3) == ["11", "eventfd", "rw"])
    #expect(try target.ask("list") == "0-2 10-11")
  }

  /// The target itself closes the number that it uses to list the others.
  @Test func theExampleOfTheManualPageWorks() throws {
    let scratch = Scratch()
    let files = ["a", "b", "c"].map { scratch.write($0) }
    let target = try Target(Programs.fixture("close-range-example"), files)
    for (index, file) in files.enumerated() {
      try target.expect("\(file) opened as FD \(index + 3)")
    }
    var before: [String] = []
    while let line = try? target.hear(), !line.hasPrefix("=") { before.append(line) }
    #expect(before.count == 7)
    let run = try rangeclose("\(target.pid)", "3-")
    #expect(run.status == 0 && run.output == "\(target.shown): closed 3 descriptors\n")
    target.say("")
    var after: [String] = []
    while let line = try? target.hear(), line != "end" { after.append(line) }
    #expect(after.count == 4 && after.last == "/proc/self/fd/3 ==> /proc/\(target.pid)/fd")
  }

  /// The second scan keeps every thread stopped, so the timeout bounds it, and nothing is closed after it.
  ///
  /// strace(1) slows the calls of that scan down. It counts the calls of each thread, and two threads share
  /// the first scan.
  @Test(.enabled(if: Programs.has("strace")), .timeLimit(.minutes(5)))
  func aSlowSecondScanEndsAtTheTimeout() throws {
    let target = try holder("leak 3 800")
    let trace = try Trace(
      target, ["--path", "/dev/null", "--timeout=0.4"], injecting: "statx:delay_enter=1500:when=500+")
    #expect(trace.status == 3 && trace.output.contains("nothing was changed"), "\(trace.output)")
    #expect(stoppedThreads(of: target.pid).isEmpty)
    #expect(try target.ask("list") == "0-800")
  }
}
