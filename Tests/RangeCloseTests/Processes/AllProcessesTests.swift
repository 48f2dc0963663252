import Glibc
import TestSupport
import Testing

/// `--all -n`: every process that rangeclose may see.
@Suite struct AllProcessesTests {
  private let scratch = Scratch()

  private func rows(_ words: String...) throws -> [String] {
    let run = try rangeclose(["-n", "-r", "--no-headings", "-o", "PID,FD", "--all"] + words)
    #expect(run.status < 2, "\(run)")
    return run.output.split(separator: "\n").map(String.init).sorted()
  }

  /// The holders of a deleted file are found by its last name, and nothing else is listed.
  @Test func theHoldersOfADeletedFileAreFound() throws {
    let path = scratch("unique")
    let (one, two, third) = (
      try holder("open 10 \(path)", "fill 10 8192", "dup 10 11"), try holder("open 20 \(path)"),
      try holder("open 30 \(scratch("other"))")
    )
    try one.order("unlink \(path)")
    #expect(
      try rows("--deleted", "--path", path) == ["\(one.pid) 10", "\(one.pid) 11", "\(two.pid) 20"].sorted())
    let run = try rangeclose("-n", "--all", "--deleted", "--path", path)
    let lines = run.output.split(separator: "\n")
    #expect(run.status == 0 && lines.count == 5, "\(run)")
    #expect(lines.last?.hasPrefix("total: 3 descriptors in 2 processes; 1 file with 8.0 KiB on ") == true)
    #expect(try rows("path:\(scratch.path)/*").count == 4)
    // Nothing was changed.
    #expect(try [one, two, third].map { try $0.ask("list") } == ["0-2 10-11", "0-2 20", "0-2 30"])
    // The operand of a run over all processes is a selector.
    #expect(try rows("10", "--path", path) == ["\(one.pid) 10"])
    one.end()
    two.end()
    let none = try rangeclose("-n", "--all", "--deleted", "--path", path)
    #expect(none.status == 1 && none.output.isEmpty, "\(none)")
    #expect(none.errors.hasSuffix("rangeclose: no descriptor matches in any process\n"), "\(none)")
  }

  @Test func theHoldersOfAConnectionAreFound() throws {
    let (server, client) = (try holder(), try holder())
    let port = try server.ask("listen 10")
    try client.order("tcp 11 \(port) ::1")
    #expect(try rows("--peer", ":\(port)") == ["\(client.pid) 11"])
  }

  /// Each process comes once, and rangeclose itself does not.
  @Test func everyProcessIsListedExceptTheCommand() throws {
    let target = try holder()
    let script = "echo $$; exec \"$0\" -n -r --no-headings -o PID --all 1"
    let run = try Target("sh", ["-c", script, Programs.rangeclose])
    let lines = try run.rest().split(separator: "\n").map(String.init)
    #expect(lines.first == "\(run.pid)" && !lines.dropFirst().contains("\(run.pid)"))
    #expect(lines.contains("\(target.pid)") && Set(lines).count == lines.count)
    #expect(lines.contains("\(getpid())"))
  }

  /// A user who may not read the processes of others sees how many there were.
  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv"))) func unreadableProcessesAreCounted() throws
  {
    let theirs = try holder("open 10 \(scratch("theirs"))")
    let own = try nobodysHolder(scratch)
    try own.order("open 10 /dev/null", "eventfd 11")
    let words = ["-n", "-r", "--no-headings", "-o", "PID,FD", "--all", "10-11"]
    let run = try rangeclose(words, asNobody: true)
    #expect(run.status == 0, "\(run)")
    let rows = run.output.split(separator: "\n").map(String.init)
    #expect(rows.contains("\(own.pid) 10") && rows.contains("\(own.pid) 11"), "\(run)")
    #expect(!rows.contains("\(theirs.pid) 10"), "\(run)")
    #expect(
      run.errors.hasSuffix(
        " more) could not be read; that takes CAP_SYS_PTRACE in the user namespace of each\n"))
    #expect(run.errors.split(separator: "\n").count == 1)
    // The tests themselves run as root, so there are several.
    let count = run.errors.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    #expect((count ?? 0) > 3, "\(run.errors)")
    // Root can read more, and in most places all of them.
    let byRoot = try rangeclose(words).errors.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    #expect((byRoot ?? 0) < (count ?? 0))
    let json = try rangeclose(["-n", "--json", "--all", "10-11"], asNobody: true)
    #expect(!json.output.contains("\"unreadable_processes\":0,"), "\(json.output.suffix(300))")
  }

  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv"))) func quietDoesNotCount() throws {
    let own = try nobodysHolder(scratch)
    try own.order("eventfd 11")
    let run = try rangeclose(["-n", "-q", "--all", "11"], asNobody: true)
    #expect(run.status == 0 && run.errors.isEmpty && run.output.isEmpty, "\(run)")
  }
}
