import TestSupport
import Testing

/// The manual page has every column and every key of JSON, with its type, and no other.
@Suite struct ColumnDocumentTests {
  private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

  /// A name and the type of its value, as the manual page writes them.
  private struct Member: Hashable {
    let name, type: String
  }

  // MARK: - The manual page

  /// The paragraphs of a section that begin with a name and its type, in their order.
  ///
  /// - Parameters:
  ///   - heading: the request that begins the section.
  ///   - depth: 0 for the paragraphs of the section itself, 1 for those that are indented by `.RS`.
  private func members(of heading: String, depth wanted: Int = 0) throws -> [Member] {
    let section = try lines(of: heading)
    var depth = 0
    var found: [Member] = []
    for (line, next) in zip(section, section.dropFirst()) {
      if line == ".RS" { depth += 1 }
      if line == ".RE" { depth -= 1 }
      guard line.hasPrefix(".TP"), depth == wanted, next.hasPrefix(".BR ") else { continue }
      let parts = next.dropFirst(4).split(separator: " ", maxSplits: 1)
      try #require(parts.count == 2 && parts[1].hasPrefix("\", ") && parts[1].hasSuffix("\""), "\(next)")
      found.append(Member(name: String(parts[0]), type: String(parts[1].dropFirst(3).dropLast())))
    }
    return found
  }

  /// The single words that begin the paragraphs of a section.
  private func heads(of heading: String) throws -> [String] {
    let section = try lines(of: heading)
    return zip(section, section.dropFirst()).compactMap { line, next in
      line == ".TP" && next.hasPrefix(".B ") ? String(next.dropFirst(3)) : nil
    }
  }

  private func lines(of heading: String) throws -> ArraySlice<String> {
    let lines = try Target("cat", ["\(Self.root)/man/rangeclose.1"]).rest()
      .split(separator: "\n").map(String.init)
    let begin = try #require(lines.firstIndex(of: heading), "the manual page has no section \(heading)")
    return lines[(begin + 1)...].prefix { !$0.hasPrefix(".S") }
  }

  // MARK: - JSON

  /// The keys of the objects at a depth, with the types of their values.
  ///
  /// The type of null and of an empty array is empty.
  private func members(in json: String, depth wanted: Int = 1) -> Set<Member> {
    var found: Set<Member> = []
    var depth = 0
    var rest = json[...]
    while let first = rest.popFirst() {
      if "{[".contains(first) { depth += 1 }
      if "}]".contains(first) { depth -= 1 }
      guard first == "\"" else { continue }
      let text = rest.prefix(endOfString(rest))
      rest = rest.dropFirst(text.count + 1)
      guard rest.first == ":" else { continue }
      rest = rest.dropFirst()
      if depth == wanted { found.insert(Member(name: String(text), type: type(of: rest))) }
    }
    return found
  }

  /// The length of a string up to its quotation mark.
  private func endOfString(_ text: Substring) -> Int {
    var isEscaped = false
    for (index, character) in text.enumerated() {
      if character == "\"" && !isEscaped { return index }
      isEscaped = character == "\\" && !isEscaped
    }
    return text.count
  }

  /// The type of the value that a text begins with.
  private func type(of value: Substring) -> String {
    switch value.first {
    case "\"": "string"
    case "t", "f": "boolean"
    case "{": "object"
    case "[":
      switch value.dropFirst().first(where: { $0 != "\n" }) {
      case "\"": "array of strings"
      case "{": "array of objects"
      default: ""
      }
    case "n": ""
    default: "number"
    }
  }

  /// Expects the same keys, and the documented type for each value that has one.
  private func expect(
    _ json: Set<Member>, areThose documented: [Member], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(Set(json.map(\.name)) == Set(documented.map(\.name)), sourceLocation: sourceLocation)
    let typed = json.filter { !$0.type.isEmpty }
    #expect(typed.subtracting(documented) == [], sourceLocation: sourceLocation)
  }

  /// The lines of `--json=lines` that are records of a kind.
  private func records(_ kind: String, _ arguments: [String], status: Int32 = 0) throws -> [String] {
    let run = try rangeclose(["--json=lines"] + arguments)
    #expect(run.status == status, "\(run)")
    let found = run.output.split(separator: "\n").filter { $0.hasPrefix("{\"record\":\"\(kind)\",") }
    try #require(!found.isEmpty, "\(run)")
    return found.map(String.init)
  }

  private let record = Member(name: "record", type: "string")

  // MARK: - Tests

  private func columns() throws -> [Member] {
    try rangeclose("--list-columns").output.split(separator: "\n").map { line in
      let name = line.prefix { $0 != " " }
      let types = ["string", "number", "boolean", "array of strings"]
      let rest = line.dropFirst(name.count).drop { $0 == " " }
      let type = try #require(types.first { rest.hasPrefix($0 + "  ") }, "\(line)")
      return Member(name: String(name), type: type)
    }
  }

  @Test func thePageHasEveryColumnInTheOrderOfTheList() throws {
    let columns = try columns()
    #expect(columns.contains(Member(name: "FD", type: "number")))
    #expect(try members(of: ".SS Columns") == columns)
  }

  @Test func thePageHasEveryKeyOfADescriptor() throws {
    let scratch = Scratch()
    // The kernel has no number for the queues of a netlink socket, so these facts are unknown.
    let target = try holder(
      "open 10 \(scratch("kept"))", "write 10", "lock 10 flock", "socket 11 16 3", "read 12 /dev/null")
    let columns = try columns()
    let names = columns.map(\.name).joined(separator: ",")
    let documented =
      columns.map { Member(name: $0.name.lowercased(), type: $0.type) }
      + (try members(of: ".SS Members of a descriptor"))
    let found = try records("descriptor", ["-n", "-o", names, "\(target.pid)", "10-12"])
    let keys = found.reduce(into: Set<Member>()) { $0.formUnion(members(in: $1)) }
    expect(keys, areThose: documented + [record])
  }

  @Test func thePageHasEveryKeyOfTheObject() throws {
    let target = try holder("leak 3 9")
    let run = try rangeclose("-n", "--json", "--summary", "\(target.pid)", "3-9")
    let documented = try members(of: ".SH JSON")
    #expect(Set(members(in: run.output).map(\.name)) == Set(documented.map(\.name)))
    let rows = try rangeclose("-n", "--json", "\(target.pid)", "3-9").output
    expect(members(in: rows), areThose: documented.filter { $0.name != "summary" })
    let counts = try records("group", ["-n", "--summary", "\(target.pid)", "3-9"])
    expect(members(in: counts[0]), areThose: try members(of: ".SS Members of a count") + [record])
  }

  @Test func thePageHasEveryKeyOfAProcess() throws {
    let scratch = Scratch()
    let target = try holder(
      "open 10 \(scratch("gone"))", "fill 10 8192", "dup 10 11", "unlink \(scratch("gone"))")
    let listed = try records("process", ["-n", "\(target.pid)", "10"])[0]
    // The process still holds the file by its other descriptor, so the report has a holder.
    let closed = try records("process", ["\(target.pid)", "10"])[0]
    let failed = try records("process", ["\(target.pid):1", "11"], status: 3)[0]
    let found = [listed, closed, failed].reduce(into: Set<Member>()) { $0.formUnion(members(in: $1)) }
    expect(found, areThose: try members(of: ".SS Members of a process") + [record])
    // Two threads are blocked in calls on descriptors that are closed.
    let readers = try Target(Programs.fixture("hung-readers"))
    try readers.expect("ready")
    #expect(eventually { threadStates(readers.pid) == ["S": 3] })
    let ended = try records("process", ["\(readers.pid)", "100-101"])[0]
    expect(
      members(in: closed, depth: 3).union(members(in: ended, depth: 3)),
      areThose: try members(of: ".SS Members of a process", depth: 1))
  }

  /// The page says which keys come with which result.
  @Test func aProcessThatFailedHasFewKeys() throws {
    let target = try holder("leak 3 9")
    let failed = try records("process", ["\(target.pid):1", "3-9"], status: 3)[0]
    #expect(
      Set(members(in: failed).map(\.name)) == ["record", "pid", "command", "result", "error", "status"])
    let listed = try records("process", ["-n", "\(target.pid)", "3-9"])[0]
    #expect(
      Set(members(in: listed).map(\.name))
        == ["record", "pid", "command", "result", "listed", "undecided", "hazards"])
  }

  @Test func thePageHasEveryRecordInItsOrder() throws {
    let target = try holder("leak 3 9")
    let lines = { (arguments: [String]) in
      try rangeclose(["--json=lines", "-n", "\(target.pid)", "3-9"] + arguments).output
        .split(separator: "\n")
    }
    let rows = try lines([]).map { try #require(self.kind(of: $0), "\($0)") }
    let counts = try lines(["--summary"]).map { try #require(self.kind(of: $0), "\($0)") }
    #expect(rows == ["run"] + Array(repeating: "descriptor", count: 7) + ["process", "totals"])
    #expect(counts == ["run", "group", "process", "totals"])
    #expect(try heads(of: ".SH JSON") == ["run", "descriptor", "group", "process", "totals"])
  }

  /// The first key of a line of `--json=lines`.
  private func kind(of line: Substring) -> String? {
    let begin = "{\"record\":\""
    return line.hasPrefix(begin) ? String(line.dropFirst(begin.count).prefix { $0 != "\"" }) : nil
  }

  @Test func thePageHasEveryKeyOfTheTotals() throws {
    let scratch = Scratch()
    let target = try holder("open 10 \(scratch("kept"))")
    let arguments = ["-n", "\(target.pid)", "10"]
    let version = Member(name: "version", type: "number")
    expect(members(in: try records("run", arguments)[0]), areThose: [record, version])
    let totals = try records("totals", arguments)[0]
    expect(members(in: totals), areThose: try members(of: ".SS Members of the totals") + [record])
    expect(members(in: totals, depth: 3), areThose: try members(of: ".SS Members of the totals", depth: 1))
  }
}
