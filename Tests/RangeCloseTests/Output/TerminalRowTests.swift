import Glibc
import TestSupport
import Testing

/// Long runs of equal rows on a terminal, and the messages for many equal errors.
@Suite struct TerminalRowTests {
  private let scratch = Scratch()

  /// Runs the command with a terminal as its standard output, and returns the lines.
  private func lines(_ words: String...) throws -> [String] {
    let script = """
      import os, pty, sys
      def read(fd):
        return os.read(fd, 65536)
      status = pty.spawn(sys.argv[1:], read)
      sys.exit(os.waitstatus_to_exitcode(status))
      """
    let run = try Target("python3", ["-c", script, Programs.rangeclose] + words)
    return try run.rest().split(whereSeparator: \.isNewline).map(String.init)
  }

  @Test(.enabled(if: Programs.has("python3"))) func aLongRunOfEqualRowsIsOneRow() throws {
    let target = try holder("leak 3 9", "leak 11 5010", "open 5011 \(scratch("file"))", "leak 5012 5020")
    let rows = try lines("-n", "\(target.pid)", "3-")
    #expect(
      rows.filter { $0.hasSuffix("  /dev/null") }.count == 7, "seven rows are few: \(rows)")
    #expect(rows.contains("11-5010  chr     r          -      1  picked      /dev/null  (5000)"), "\(rows)")
    #expect(rows.contains("5012-5020  chr     r          -      1  picked      /dev/null  (9)"), "\(rows)")
    #expect(rows.contains { $0.hasPrefix("5011  reg ") }, "\(rows)")
    // A list for a program, or for a file, has all rows.
    for words in [["--raw"], ["--json=lines"], ["--sort=FD"], ["-o", "NAME"]] {
      let process = "\(target.pid)"
      #expect(try lines(words[0], words.count > 1 ? words[1] : "-n", "-n", process, "3-").count > 5000)
    }
    #expect(try rangeclose("-n", "\(target.pid)", "3-").output.split(separator: "\n").count == 5018)
    let closed = try lines("-v", "\(target.pid)", "11-")
    #expect(closed.contains { $0.hasPrefix("11-5010  ") && $0.contains("  closed  ") }, "\(closed)")
  }

  /// Rows of two processes are not one row, though they are equal.
  @Test(.enabled(if: Programs.has("python3"))) func theRowsOfTwoProcessesStayApart() throws {
    let (one, two) = (try holder("leak 3 12"), try holder("leak 13 22"))
    let rows = try lines("-n", "-o", "FD,NAME", list(one, two), "3-")
    #expect(rows.contains("3-12  /dev/null  (10)") && rows.contains("13-22  /dev/null  (10)"), "\(rows)")
  }

  /// One failed call is one message, for any number of descriptors.
  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")))
  func oneFailedCallIsOneMessage() throws {
    let target = try nobodysHolder(scratch)
    try target.order("leak 3 2992", "filter enosys")
    for words in [["3-"], ["3-9,11-2992"], ["--path", "/dev/null"]] {
      let run = try rangeclose(["--method=close_range", "\(target.pid)"] + words, asNobody: true)
      let messages = run.errors.split(separator: "\n").filter { $0.contains("(ENOSYS)") }
      #expect(run.status == 3 && messages.count == 1, "\(run.errors.prefix(1000))")
      #expect(messages.first?.hasPrefix("rangeclose: \(target.shown): descriptors ") == true, "\(messages)")
      #expect(messages.first?.hasSuffix("; they are still open; try --method=auto") == true, "\(messages)")
    }
    #expect(try target.ask("list") == "0-2992")
  }

  // MARK: - Threads in calls

  @Test func blockedThreadsAreNamed() throws {
    let target = try Target(Programs.fixture("hung-readers"))
    try target.expect("ready")
    #expect(eventually { threadStates(target.pid) == ["S": 3] })
    let tids = numbers(in: "/proc/\(target.pid)/task").filter { $0 != target.pid }
    let run = try rangeclose("-v", "\(target.pid)", "100-101")
    let threads = run.output.split(separator: "\n").filter {
      $0.contains(" was blocked in a call on descriptor ")
    }
    #expect(threads.count == 2, "\(run)")
    for (tid, _) in zip(tids, 0...) {
      #expect(threads.contains { $0.hasPrefix("\(target.shown): thread \(tid) (") }, "\(threads)")
    }
    for number in 100...101 {
      #expect(threads.contains { $0.hasSuffix(" on descriptor \(number), which returned") }, "\(threads)")
    }
  }
}
