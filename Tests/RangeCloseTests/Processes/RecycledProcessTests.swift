import Glibc
import TestSupport
import Testing

/// `PID:INODE`: an ID that belongs to another process now is refused.
@Suite(.enabled(if: Programs.has("python3"))) struct RecycledProcessTests {
  /// The inode number of the pidfd of a process, which the kernel gives to no other process.
  ///
  /// Before Linux 6.9 all pidfds have one number.
  private func inode(_ pid: pid_t) throws -> String {
    let script = "import os, sys; print(os.fstat(os.pidfd_open(int(sys.argv[1]))).st_ino)"
    return try Target("python3", ["-c", script, "\(pid)"]).hear()
  }

  private static let hasInodes: Bool = {
    var name = utsname()
    uname(&name)
    let release = withUnsafeBytes(of: name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let parts = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    return parts.count == 2 && (parts[0], parts[1]) >= (6, 9)
  }()

  @Test(.enabled(if: hasInodes)) func theInodeNumberIdentifiesTheProcess() throws {
    let (one, two) = (try holder("leak 3 9"), try holder("leak 3 9"))
    let right = "\(one.pid):\(try inode(one.pid))"
    #expect(try rangeclose("-n", right, "3-").status == 0)
    let run = try rangeclose(right, "3-")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(run.output == "\(one.shown): closed 7 descriptors\n")
    // The number of another process, and numbers beside the right one.
    let own = try #require(UInt64(try inode(two.pid)))
    for wrong in ["\(try inode(one.pid))", "\(own - 1)", "\(own + 1)", "301", "18446744073709551615"] {
      for mode in [["-n"], []] {
        let refused = try rangeclose(mode + ["\(two.pid):\(wrong)", "3-"])
        #expect(refused.status == 3 && refused.output.isEmpty, "\(refused)")
        #expect(
          refused.errors
            == "rangeclose: \(two.pid): the ID belongs to another process now; the process that had it has"
            + " exited\n", "\(wrong)")
      }
    }
    #expect(try two.ask("list") == "0-9")
  }

  @Test(.enabled(if: hasInodes)) func entriesOfAListMayHaveTheNumber() throws {
    let targets = try (0..<3).map { _ in try holder("leak 3 9") }
    let inodes = try targets.map { try inode($0.pid) }
    let words = "\(targets[0].pid):\(inodes[0]),\(targets[1].pid):\(inodes[0]),\(targets[2].pid)"
    let run = try rangeclose(words, "3-")
    #expect(run.status == 64, "\(run)")
    #expect(
      run.errors.hasPrefix("rangeclose: \(targets[1].pid): the ID belongs to another process"), "\(run)")
    #expect(try targets.map { try $0.ask("list") } == ["0-2", "0-9", "0-2"])
  }

  /// Two numbers for one ID cannot both be right.
  ///
  /// An entry without a number means the entry with it.
  @Test(.enabled(if: hasInodes)) func anIDHasOneNumber() throws {
    let target = try holder("leak 3 9")
    let number = try inode(target.pid)
    let run = try rangeclose("\(target.pid):1,\(target.pid):\(number)", "3-")
    #expect(run.status == 2 && run.errors.contains("different inode numbers"), "\(run)")
    #expect(try rangeclose("\(target.pid),\(target.pid):1", "3-").status == 3)
    #expect(try target.ask("list") == "0-9")
    #expect(try rangeclose("\(target.pid):\(number),\(target.pid)", "3-").status == 0)
    #expect(try target.ask("list") == "0-2")
  }

  @Test(.enabled(if: hasInodes && Programs.isRoot)) func theNumberWorksWithDescendantsAndUnshare() throws {
    let target = try holder("leak 3 9")
    let child = try target.ask("fork 3 9")
    let word = "\(target.pid):\(try inode(target.pid))"
    #expect(try rangeclose("-q", "--descendants", word, "5-").status == 0)
    #expect(try target.ask("list") == "0-4")
    #expect(numbers(in: "/proc/\(child)/fd").sorted() == [2, 3, 4])
  }

  /// The descendants of the process that has the ID now do not belong to the run.
  @Test(.enabled(if: hasInodes)) func theDescendantsOfAnotherProcessAreLeftAlone() throws {
    let (target, other) = (try holder("leak 3 9"), try holder("leak 3 9"))
    let child = try target.ask("fork 3 9")
    for words in ["\(target.pid):301", "\(target.pid):301,\(other.pid)"] {
      let run = try rangeclose("--descendants", words, "5-")
      #expect(run.status == (words.contains(",") ? 64 : 3), "\(run)")
      #expect(run.errors.hasPrefix("rangeclose: \(target.pid): the ID belongs to another process"), "\(run)")
      #expect(try target.ask("list") == "0-9")
      #expect(numbers(in: "/proc/\(child)/fd").sorted() == [2, 3, 4, 5, 6, 7, 8, 9])
    }
    #expect(try other.ask("list") == "0-4")
  }

  @Test(arguments: [
    "1:", "1:x", "1:0", "1:-1", "1:0x10", "1:1:1", "1:18446744073709551616", ":5", "x:5", "1: 5",
  ])
  func aWrongEntryIsRefused(word: String) throws {
    let run = try rangeclose(word, "3-")
    #expect(run.status == 2 && run.output.isEmpty && run.errors.contains("is not a process ID"), "\(run)")
  }

  /// The kernel has no such numbers, so the process cannot be identified by one.
  @Test(.enabled(if: Programs.has("strace"))) func aKernelWithoutTheNumbersIsRefused() throws {
    guard Self.hasInodes else { return }
    let target = try holder("leak 3 9")
    let word = "\(target.pid):\(try inode(target.pid))"
    let strace = ["-f", "-qq", "-o", "/dev/null", "-e", "inject=fstatfs:error=ENOSYS"]
    let run = try Target("strace", strace + [Programs.rangeclose, word, "3-"])
    #expect(
      try run.rest()
        == "rangeclose: \(target.pid): this kernel has no inode numbers for processes, which came with"
        + " Linux 6.9; give the ID alone\n")
    #expect(run.wait() == 3)
    #expect(try target.ask("list") == "0-9")
  }
}
