import Glibc
import TestSupport
import Testing

/// Counts: `--summary`, and the totals of several processes.
@Suite struct TotalsTests {
  private let scratch = Scratch()

  // MARK: - --summary

  /// Thousand leaked descriptors of one kind are one row.
  @Test func aSummaryCountsEachKindOnce() throws {
    let target = try holder("leak 100 1099")
    for number in 3...12 { try target.order("eventfd \(number)") }
    for number in stride(from: 20, to: 40, by: 2) { try target.order("pair \(number) \(number + 1)") }
    let port = try target.ask("listen 50")
    for number in 51...55 { try target.order("tcp \(number) \(port) ::1") }
    let run = try rangeclose("-n", "--summary", "\(target.pid)", "3-")
    let rows = run.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(run.status == 0 && rows.first == ["COUNT", "TYPE", "NAME"], "\(run)")
    #expect(rows.dropFirst().first == ["1000", "chr", "/dev/null"], "\(run)")
    #expect(rows.contains(["20", "unix", "unix"]), "\(run)")
    #expect(rows.contains { $0.prefix(2) == ["10", "eventfd"] }, "\(run)")
    // Connections count by their peer, which is the leak's other end.
    #expect(rows.contains { $0.prefix(2) == ["5", "tcp"] && $0[2].hasSuffix(":\(port)") }, "\(run)")
    #expect(rows.contains { $0.prefix(2) == ["1", "tcp"] && $0.last == "(LISTEN)" }, "\(run)")
    let counts = rows.dropFirst().compactMap { Int($0[0]) }
    #expect(counts == counts.sorted(by: >) && counts.reduce(0, +) == 1036 && rows.count == 6, "\(run)")
    #expect(
      try rangeclose("-n", "--summary", "--no-headings", "\(target.pid)", "100-").output
        == "1000  chr  /dev/null\n")
    // A session counts what it closed.
    let closed = try rangeclose("--summary", "\(target.pid)", "100-")
    #expect(closed.status == 0 && closed.output.contains(" 1000  chr   /dev/null\n"), "\(closed)")
    #expect(closed.output.hasSuffix("\(target.shown): closed 1000 descriptors\n"), "\(closed)")
    #expect(try target.ask("list") == "0-12 20-39 50-55")
  }

  @Test(.enabled(if: Programs.has("python3"))) func aSummaryIsInJSON() throws {
    let (one, two) = (try holder("leak 100 199", "eventfd 10"), try holder("leak 100 119"))
    let problems = try python(
      """
      pids = ",".join(arguments)
      whole = json.loads(run("-n", "--json", "--summary", pids, "10-")[1])
      expected = [{"count": 120, "type": "chr", "name": "/dev/null"}]
      check(whole["summary"][:1] == expected and len(whole["summary"]) == 2, whole["summary"])
      check(whole["descriptors"] == [] and whole["totals"]["descriptors"] == 121, whole)
      text = run("-n", "--json=lines", "--summary", pids, "10-")[1]
      lines = [json.loads(line) for line in text.splitlines()]
      groups = [line for line in lines if line.pop("record") == "group"]
      check(groups == whole["summary"], groups)
      """, "\(one.pid)", "\(two.pid)")
    #expect(problems.isEmpty, "\(problems)")
  }

  /// A table names few of many files, pipes and peers, and counts the rest.
  ///
  /// A script gets every name.
  @Test func aSummaryOfManyNamesIsShort() throws {
    let target = try holder("leak 100 104")
    for number in 0..<10 {
      try target.order("pipe \(200 + 2 * number) \(201 + 2 * number)")
      try target.order("open \(300 + number) \(scratch("file\(number)"))")
    }
    let port = try target.ask("listen 50")
    for number in 0..<9 {
      try target.order("tcp \(400 + number) \(port) 127.0.0.1", "accept 50 \(420 + number)")
    }
    let rows = try rangeclose("-n", "--summary", "\(target.pid)", "100-").output.split(separator: "\n").map {
      $0.split(separator: " ").joined(separator: " ")
    }
    #expect(rows.contains("5 chr /dev/null") && rows.contains("10 reg \(scratch.path)/*"), "\(rows)")
    #expect(rows.contains { $0.hasPrefix("20 fifo 10 names, such as pipe:[") }, "\(rows)")
    #expect(rows.contains("9 tcp ->127.0.0.1:\(port)"), "\(rows)")
    #expect(rows.contains("9 tcp ->127.0.0.1:* (different ports)") && rows.count == 6, "\(rows)")
    let raw = try rangeclose("-n", "-r", "--no-headings", "--summary", "\(target.pid)", "200-309").output
    #expect(raw.split(separator: "\n").count == 20, "\(raw)")
  }

  /// A row has exactly the fields of the headings with `--raw`, also if a name has spaces.
  @Test func aRawSummaryHasThreeFields() throws {
    let target = try holder("open 10 \(scratch("two words"))", "leak 11 15")
    let run = try rangeclose("-n", "--raw", "--summary", "\(target.pid)", "10-")
    #expect(
      run.output == "COUNT TYPE NAME\n5 chr /dev/null\n1 reg \(scratch("two\\040words"))\n", "\(run)")
  }

  // MARK: - Totals

  private func allocated(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_blocks) * 512 : -1
  }

  /// Two processes hold one file by several descriptors, and a second file once.
  @Test func aFileThatManyHoldCountsOnce() throws {
    let (one, two) = (try holder(), try holder())
    let (shared, single) = (scratch("shared"), scratch("single"))
    try one.order("open 10 \(shared)", "fill 10 65536", "dup 10 11", "open 12 \(single)", "fill 12 4096")
    try two.order("open 10 \(shared)", "open 11 \(shared)", "eventfd 12")
    let bytes = allocated(shared) + allocated(single)
    #expect(bytes > 65536)
    let run = try rangeclose("-n", "\(one.pid),\(two.pid)", "10-")
    let total = try #require(run.output.split(separator: "\n").last)
    #expect(total.hasPrefix("total: 6 descriptors in 2 processes; 2 files with "), "\(total)")
    #expect(total.contains(" KiB on "), "\(total)")
    let problems = try python(
      """
      pids, bytes, path = arguments
      totals = json.loads(run("-n", "--json", pids, "10-")[1])["totals"]
      check((totals["descriptors"], totals["processes"], totals["files"]) == (6, 2, 2), totals)
      (system,) = totals["file_systems"]
      check((system["files"], system["bytes"]) == (2, int(bytes)), system, bytes)
      device = os.stat(path).st_dev
      check(system["device"] == f"{os.major(device)}:{os.minor(device)}", system)
      check(os.stat(system["mount"]).st_dev == device, system)
      # One process alone counts its files once, too.
      totals = json.loads(run("-n", "--json", pids.split(",")[0], "10-")[1])["totals"]
      check((totals["descriptors"], totals["files"]) == (3, 2), totals)
      """, "\(one.pid),\(two.pid)", "\(bytes)", shared)
    #expect(problems.isEmpty, "\(problems)")
  }

  /// Totals are given by file system, the largest first.
  @Test(.enabled(if: Programs.isRoot)) func eachFileSystemHasItsTotal() throws {
    let (one, two) = (try holder(), try holder())
    let (small, large) = (
      try scratch.mountMemory("small", bytes: 1 << 20), try scratch.mountMemory("large", bytes: 1 << 20)
    )
    try one.order("open 10 \(small)/a", "fill 10 8192", "open 11 \(large)/b", "fill 11 131072")
    try two.order("open 10 \(small)/a", "open 11 \(small)/c", "fill 11 4096", "unlink \(small)/c")
    let run = try rangeclose("-n", "\(one.pid),\(two.pid)", "10-")
    let total = try #require(run.output.split(separator: "\n").last)
    #expect(
      total.hasPrefix("total: 4 descriptors in 2 processes; 1 file with 128.0 KiB on \(large) ("), "\(run)")
    #expect(total.contains("), 2 files with 12.0 KiB on \(small) ("), "\(run)")
    // One process alone has no line of totals, as one line cannot be mistaken.
    #expect(try rangeclose("-n", "\(one.pid)", "10-").output.contains("total") == false)
  }
}
