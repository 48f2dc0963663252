import Glibc
import TestSupport
import Testing

/// The last line of a dry run, and what it says about a process that a session could not stop.
@Suite struct DryRunTests {
  private let scratch = Scratch()

  @Test func aDryRunEndsWithWhatWouldBeDone() throws {
    let target = try holder("leak 3 12")
    func last(_ words: String...) throws -> String {
      let run = try rangeclose(["-n", "\(target.pid)"] + words)
      #expect(run.status == 0, "\(run)")
      return run.errors
    }
    let begin = "rangeclose: \(target.shown): "
    #expect(
      try last("5-")
        == begin + "8 of 13 descriptors would be closed; the same line without -n closes them\n")
    #expect(
      try last("5") == begin + "1 of 13 descriptors would be closed; the same line without -n closes it\n")
    #expect(
      try last("--cloexec", "--path", "/dev/null", "11-")
        == begin + "2 of 13 descriptors would be marked close-on-exec; the same line without -n marks them\n")
    #expect(try last("50-").hasSuffix(begin + "0 of 13 descriptors would be closed\n"))
    // A list for a program, a list of everything, and a run that prints errors only.
    for words in [["-q", "5-"], ["--raw", "5-"], ["--json", "5-"], ["--no-headings", "5-"], []] {
      #expect(try rangeclose(["-n", "\(target.pid)"] + words).errors == "", "\(words)")
    }
    #expect(try target.ask("list") == "0-12")
  }

  @Test func severalProcessesHaveOneLastLine() throws {
    let (one, two) = (try holder("leak 3 9"), try holder("leak 3 4"))
    #expect(try rangeclose("-n", list(one, two)).errors == "")
    let run = try rangeclose("-n", list(one, two), "4-")
    let words = "7 descriptors in 2 processes would be closed; the same line without -n"
    #expect(run.errors == "rangeclose: \(words) closes them\n")
    let all = try rangeclose("-n", "--all", "--path", "/dev/null", "--except", "not owner:\(one.pid)")
    #expect(all.status < 2, "\(all)")
    try one.order("open 10 \(scratch("unique"))")
    let found = try rangeclose("-n", "--all", "--path", scratch("unique"))
    #expect(
      found.errors.hasSuffix(
        "rangeclose: 1 descriptor in 1 process would be closed;"
          + " the same line without -n and with --force=all closes it\n"))
  }

  // MARK: - Refusals

  /// In several processes, too, the last line promises nothing that the run would refuse.
  @Test func refusalsInSeveralProcessesAreForetold() throws {
    let holders = try ["one", "two"].map { try holder("open 10 \(scratch($0))", "write 10") }
    let listed = [list(holders[0], holders[1]), "10", "--path", scratch("*")]
    let hazards = try rangeclose(["-n"] + listed)
    #expect(hazards.status == 0, "\(hazards)")
    for holder in holders {
      #expect(hazards.errors.contains("\(holder.shown): 1 descriptor (10) is open for writing"), "\(hazards)")
    }
    for words in [listed, ["--all", "10", "--path", scratch("*")]] {
      let run = try rangeclose(["-n", "--strict"] + words)
      let end = "2 descriptors in 2 processes match; closing would be refused in 2 processes: --strict"
      #expect(run.status == 3 && run.errors.contains(end), "\(run)")
      #expect(!run.errors.contains("the same line without -n"), "\(run)")
      // A file has no connection, so the run would leave it alone.
      let drop = try rangeclose(["-n", "--drop"] + words)
      #expect(drop.status == 3 && drop.errors.contains("would leave all of it alone"), "\(drop)")
      #expect(!drop.errors.contains("no descriptor matches"), "\(drop)")
    }
    #expect(try holders.map { try $0.ask("list") } == ["0-2 10", "0-2 10"])
  }

  /// The count leaves out what the operation cannot serve.
  @Test func whatAnOperationCannotServeDoesNotCount() throws {
    let server = try holder()
    let port = try server.ask("listen 10")
    let target = try holder(
      "tcp 5 \(port) 127.0.0.1", "read 6 /dev/null", "memfd 7", "open 8 \(scratch("file"))")
    let begin = "rangeclose: \(target.shown): "
    for (words, count) in [
      (["--shutdown", "5-"], 1), (["--drop", "type:chr and 5-"], 0), (["--truncate", "5-8"], 0),
      // The holder reads and writes the file, and not every process may be readable here.
      (["--truncate", "5-8", "--force=mapped,shared"], 1),
    ] {
      let run = try rangeclose(["-n", "\(target.pid)"] + words)
      #expect(run.errors.contains(begin + "\(count) of 7 descriptors would be "), "\(words): \(run)")
    }
    let listener = try rangeclose("-n", "\(server.pid)", "--drop", "10")
    #expect(listener.errors.contains(" 0 of 4 descriptors would be dropped"), "\(listener)")
  }

  @Test(.enabled(if: Programs.has("strace"))) func aTracerIsNamed() throws {
    let target = try holder("leak 3 9", "threads 1")
    let tids = numbers(in: "/proc/\(target.pid)/task")
    for tid in tids {
      let strace = try Target("strace", ["-o", "/dev/null", "-p", "\(tid)"])
      _ = try strace.hear(beginning: "strace: Process")
      let run = try rangeclose("-n", "\(target.pid)", "3-")
      let begin = "rangeclose: \(target.shown): "
      #expect(
        run.errors.split(separator: "\n").filter { !$0.contains(" threads, ") }.map { "\($0)\n" }.joined()
          == begin + "closing would be refused: already traced by \(strace.shown); detach that tracer first\n"
          + begin + "7 of 10 descriptors match\n")
      #expect(run.status == 0 && pickedNumbers(run.output) == "3 4 5 6 7 8 9", "\(run)")
      strace.end()
    }
    #expect(try rangeclose("-n", "-q", "\(target.pid)", "3-").errors == "")
  }

  /// The kernel checks the effective user ID for a read of /proc, and the real user ID for an attach.
  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv"))) func aMissingRightIsNamed() throws {
    let target = try nobodysHolder(scratch)
    try target.order("leak 3 9")
    let command = try scratch.copy(of: Programs.rangeclose, "command")
    let words = [
      "setpriv", "--ruid=1", "--euid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "sh", "-p",
      "-c",
      "shift; exec \"\(command)\" \"$@\"", "sh",
    ]
    let run = try rangeclose(["-n", "\(target.pid)", "3-"], after: words)
    let begin = "rangeclose: \(target.shown): "
    #expect(run.status == 0 && pickedNumbers(run.output) == "3 4 5 6 7 8 9", "\(run)")
    #expect(run.errors.hasPrefix(begin + "closing would be refused: permission denied: "), "\(run)")
    #expect(run.errors.hasSuffix(begin + "7 of 10 descriptors match\n"), "\(run)")
    #expect(try rangeclose(["\(target.pid)", "3-"], after: words).status == 3)
    #expect(try target.ask("list") == "0-9")
  }

  /// The kernel refuses all facts, so nothing could be read.
  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")))
  func anUnreadableListHasItsStatus() throws {
    let target = try holder("leak 3 9")
    let command = try scratch.copy(of: Programs.rangeclose, "command")
    let rights = "+dac_read_search"
    let run = try rangeclose(
      ["-n", "\(target.pid)", "5-"],
      after: [
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=\(rights)",
        "--ambient-caps=\(rights)", "sh", "-c", "shift; exec \"\(command)\" \"$@\"", "sh",
      ])
    #expect(run.status == 3 && run.output.contains("   9  ?"), "\(run)")
    #expect(run.errors.split(separator: "\n").count == 1, "\(run)")
    #expect(run.errors.contains("no fact about its descriptors can be read: permission denied"), "\(run)")
  }

  /// rangeclose would refuse its own ancestor.
  @Test func anAncestorIsNamed() throws {
    let run = try Target("sh", ["-c", "\"$0\" -n $$ 1 2>&1; :", Programs.rangeclose])
    let output = try run.rest()
    #expect(
      output.contains(
        "rangeclose: \(run.pid) (sh): closing would be refused: it is an ancestor of rangeclose;"
          + " --force=init allows it\n"))
    #expect(!output.contains("the same line without -n"), "\(output)")
  }

  // MARK: - Columns

  /// A list before the work and a list after it have the same columns.
  @Test func bothListsHaveTheSameColumns() throws {
    let target = try holder("leak 3 9")
    let (before, after) = (
      try rangeclose("-n", "\(target.pid)", "3-"), try rangeclose("-v", "\(target.pid)", "3-")
    )
    let rows = after.output.split(separator: "\n").prefix(8)
    #expect(rows.count == 8 && rows[1].contains("  closed  "), "\(after)")
    #expect(
      before.output.split(separator: "\n").map(String.init)
        == rows.map { String($0).replacing("  closed  ", with: "  picked  ") })
  }
}
