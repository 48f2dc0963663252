import TestSupport
import Testing

/// The options for columns: which, in what order, sorted by what, in what form.
@Suite struct ColumnTests {
  private let scratch = Scratch()

  /// Starts a holder with files of 5 bytes to 3 MiB at 10 to 13, whose names sort in another order.
  private func files() throws -> Target {
    let target = try holder()
    for (number, (name, size)) in [("d", 100_000), ("b", 5), ("c", 3 << 20), ("a", 4096)].enumerated() {
      try target.order("open \(10 + number) \(scratch(name))", "fill \(10 + number) \(size)")
    }
    return target
  }

  private func lines(_ words: String..., asking target: Target) throws -> [String] {
    let run = try rangeclose(["-n"] + words + ["\(target.pid)", "10-"])
    #expect(run.status == 0 && run.hints.isEmpty, "\(run)")
    return run.output.split(separator: "\n").map(String.init)
  }

  // MARK: - --output

  @Test func theColumnsComeInTheOrderThatWasAskedFor() throws {
    let target = try files()
    let rows = try lines("-r", "-b", "-o", "NAME,FD,SIZE", asking: target)
    #expect(rows.first == "NAME FD SIZE")
    #expect(rows.dropFirst().first == "\(scratch("d")) 10 100000" && rows.count == 5, "\(rows)")
    // Any case, and the long form of the option.
    #expect(try lines("-r", "-b", "--output", "name,fD,Size", asking: target) == rows)
    #expect(try lines("-r", "-b", "--output=Name,FD,size", asking: target) == rows)
  }

  @Test func aPlusAddsColumnsBeforeTheName() throws {
    let target = try files()
    let usual = ["FD", "TYPE", "MODE", "SIZE", "LINKS", "RESULT", "NAME"]
    func headings(_ words: String...) throws -> [String] {
      let run = try rangeclose(["-n"] + words + ["\(target.pid)", "10-"])
      return run.output.prefix { $0 != "\n" }.split(separator: " ").map(String.init)
    }
    #expect(try headings() == usual)
    #expect(try headings("-o", "+INODE,DEVICE") == usual.dropLast() + ["INODE", "DEVICE", "NAME"])
    // A column that is already there does not come twice.
    #expect(try headings("-o", "+fd,INODE", "-o+inode") == usual.dropLast() + ["INODE", "NAME"])
    #expect(try headings("-o", "FD", "-o", "+NAME,MODE") == ["FD", "NAME", "MODE"])
    // With several processes, a row says which one it belongs to.
    let several = try rangeclose("-n", "\(target.pid),\(try holder().pid)", "0-")
    #expect(
      several.output.prefix { $0 != "\n" }.split(separator: " ").map(String.init)
        == ["COMMAND", "PID"] + usual)
    let closed = try rangeclose("-v", "\(target.pid)", "10")
    #expect(
      closed.output.prefix { $0 != "\n" }.split(separator: " ").map(String.init)
        == usual)
  }

  @Test(arguments: [
    (["-o", "FDD"], "there is no column 'FDD'; did you mean FD?"),
    (["-o", "FD,nmae"], "there is no column 'nmae'; did you mean NAME?"),
    (["-o", "+indoe"], "there is no column 'indoe'; did you mean INODE?"),
    (["-o", "KIND"], "there is no column 'KIND'"), (["-o", ""], "there is no column ''; see --list-columns"),
    (["-o", "FD,"], "there is no column ''"), (["-o", "FD NAME"], "there is no column 'FD NAME'"),
    (["-o", "\u{1B}[2J"], "there is no column '\\e[2J'"),
    (["--sort", "Sizee"], "there is no column 'Sizee'; did you mean SIZE?"),
    (["--sort", "-"], "there is no column ''"), (["--sort=--SIZE"], "there is no column '-SIZE'"),
    (["--json=liens"], "'liens' is not a form of JSON; expected --json or --json=lines"),
    (["-o"], "--output needs a value, COLUMNS"),
  ])
  func wrongWordsAreRefused(words: [String], message: String) throws {
    let run = try rangeclose(["-n", "1"] + words)
    #expect(run.status == 2 && run.output.isEmpty, "\(run)")
    #expect(run.errors.hasPrefix("rangeclose: \(message)"), "\(run.errors)")
    #expect(run.errors.split(separator: "\n").count == 1)
  }

  /// Options for rows ask for rows, which `--quiet` would not print.
  @Test(arguments: [
    ["-o", "FD"], ["-o", "+INODE"], ["--sort", "FD"], ["--json"], ["--json=lines"], ["-J"], ["--raw"], ["-b"],
    ["--no-headings"], ["--summary"],
  ])
  func quietWithRowsIsRefused(words: [String]) throws {
    let target = try holder("leak 10 12")
    for mode in [["-q"], ["-n", "-q"]] {
      let run = try rangeclose(mode + words + ["\(target.pid)", "10-"])
      #expect(run.status == 2 && run.output.isEmpty, "\(run)")
      #expect(
        run.errors == "rangeclose: --quiet prints no rows; leave it out, or leave the options for rows out\n")
    }
    // Without --quiet the same options print rows, also without --verbose.
    let run = try rangeclose(words + ["\(target.pid)", "10-"])
    #expect(run.status == 0 && !run.output.isEmpty, "\(run)")
    #expect(try target.ask("list") == "0-2")
  }

  // MARK: - --sort

  @Test(arguments: [
    ("SIZE", ["11", "13", "10", "12"]), ("-SIZE", ["12", "10", "13", "11"]),
    ("+size", ["11", "13", "10", "12"]),
    ("FD", ["10", "11", "12", "13"]), ("-fd", ["13", "12", "11", "10"]),
    ("NAME", ["13", "11", "12", "10"]), ("-NAME", ["10", "12", "11", "13"]),
    ("OFFSET", ["12", "13", "11", "10"]), ("-OFFSET", ["10", "11", "13", "12"]),
  ])
  func rowsAreSortedByAnyColumn(column: String, numbers: [String]) throws {
    let target = try files()
    // The offsets are 9, 10, 100 and 1000, which sort in another order as text.
    for (number, offset) in [(12, 9), (13, 10), (11, 100), (10, 1000)] {
      #expect(try target.ask("seek \(number) \(offset)") != "EBADF")
    }
    #expect(try lines("-r", "--no-headings", "-o", "FD", "--sort=\(column)", asking: target) == numbers)
    // The column by which the rows are sorted need not be shown, nor be known to the listing otherwise.
    let words = ["-n", "--json", "-o", "FD", "--sort=\(column)", "\(target.pid)", "10-"]
    let json = try rangeclose(words).output
    #expect(json.split { !$0.isNumber }.dropFirst().prefix(4).map(String.init) == numbers, "\(json)")
  }

  /// A column that does not apply, or is unknown, comes first; in reverse it comes last.
  @Test func rowsWithoutAValueComeFirst() throws {
    let target = try files()
    try target.order("eventfd 14", "pair 15 16")
    let rows = try lines("-r", "--no-headings", "-o", "FD", "--sort=SIZE", asking: target)
    #expect(
      Set(rows.prefix(3)) == ["14", "15", "16"] && rows.suffix(4) == ["11", "13", "10", "12"], "\(rows)")
    let reverse = try lines("-r", "--no-headings", "-o", "FD", "--sort=-SIZE", asking: target)
    #expect(reverse.prefix(4) == ["12", "10", "13", "11"], "\(reverse)")
  }

  /// An inode number is a string in JSON, and is sorted as a number all the same.
  @Test func inodeNumbersAreSortedAsNumbers() throws {
    let target = try files()
    try target.order("leak 20 20", "eventfd 21", "pair 22 23", "pipe 24 25")
    let inodes = try lines("-r", "--no-headings", "-o", "INODE", "--sort=INODE", asking: target)
    let numbers = inodes.compactMap { UInt64($0) }
    #expect(numbers.count == 10 && numbers == numbers.sorted(), "\(inodes)")
    // The device file has a number with fewer digits than the others.
    #expect(Set(inodes.map(\.count)).count > 1)
  }

  /// Rows of several processes are sorted together.
  @Test func sortingGoesAcrossProcesses() throws {
    let (one, two) = (try files(), try holder("open 20 \(scratch("e"))", "fill 20 50"))
    let run = try rangeclose(
      "-n", "-r", "--no-headings", "-o", "PID,FD", "--sort=SIZE", "\(one.pid),\(two.pid)", "10-")
    let expected = ["\(one.pid) 11", "\(two.pid) 20", "\(one.pid) 13", "\(one.pid) 10", "\(one.pid) 12"]
    #expect(run.output.split(separator: "\n").map(String.init) == expected, "\(run)")
  }

  /// A column that is asked for twice is printed twice, but a JSON object has each key once.
  @Test func aKeyComesOnce() throws {
    let target = try holder("leak 10 10")
    #expect(try lines("-r", "--no-headings", "-o", "FD,FD", asking: target) == ["10 10"])
    let json = try lines("--json=lines", "-o", "FD,TYPE,fd", asking: target).dropFirst().first
    #expect(json == "{\"record\":\"descriptor\",\"fd\":10,\"type\":\"chr\"}")
  }

  // MARK: - --raw, --bytes, --no-headings

  /// A script that splits at spaces finds each value in its field.
  @Test func rawRowsHaveOneFieldForEachColumn() throws {
    let target = try files()
    for (number, name) in ["a  b", " x ", "two words", "y\\", "\\040"].enumerated() {
      try target.order("open \(20 + number) \(scratch(name))")
    }
    try target.order("eventfd 30", "pair 31 32", "unlink \(scratch("a"))")
    _ = try target.ask("listen 33")
    let columns = try rangeclose("--list-columns").output.split(separator: "\n").compactMap {
      $0.split(separator: " ").first.map(String.init)
    }
    let rows = try lines("--raw", "-o", columns.joined(separator: ","), asking: target)
    #expect(rows.count == 14)
    for row in rows {
      let fields = row.split(separator: " ", omittingEmptySubsequences: false)
      #expect(fields.count == columns.count && fields.allSatisfy { !$0.isEmpty }, "\(row)")
    }
    let names = try lines("--raw", "--no-headings", "-o", "NAME", asking: target)
    for name in ["a\\040\\040b", "\\040x\\040", "two\\040words", "y\\\\", "\\\\040", "a\\040(deleted)"] {
      #expect(names.contains(scratch(name)), "\(name) in \(names)")
    }
  }

  @Test func sizesAreForPeopleUnlessBytesAreAskedFor() throws {
    let target = try files()
    func sizes(_ words: String...) throws -> [String] {
      try lines(words[0], words.last ?? "", "--no-headings", "-o", "SIZE", asking: target)
        .map { $0.filter { $0 != " " } }
    }
    #expect(try sizes("-v") == ["97.7K", "5", "3M", "4K"])
    #expect(try sizes("--bytes") == ["100000", "5", "3145728", "4096"])
    #expect(try sizes("-r", "-b") == ["100000", "5", "3145728", "4096"])
  }

  @Test func noHeadingsMeansRowsAlone() throws {
    let (target, other) = (try files(), try holder("open 10 \(scratch("d"))"))
    let list = "\(target.pid),\(other.pid)"
    let whole = try rangeclose("-n", list, "10-").output.split(separator: "\n")
    let bare = try rangeclose("-n", "--no-headings", list, "10-").output.split(separator: "\n")
    #expect(whole.first?.contains("COMMAND") == true && whole.last?.hasPrefix("total: ") == true, "\(whole)")
    #expect(bare == Array(whole.dropFirst().dropLast()), "\(bare)")
    // The totals are no rows, so that scripts need not skip them.
    let raw = try rangeclose("-n", "--raw", list, "10-").output.split(separator: "\n")
    #expect(raw.count == whole.count - 1)
    let closed = try rangeclose("--no-headings", "-o", "FD,RESULT", "-r", list, "10-").output
    #expect(closed == "10 closed\n11 closed\n12 closed\n13 closed\n10 closed\n")
  }

  // MARK: - --list-columns

  /// Each column has a name, the type of its value in JSON, and help.
  @Test(.enabled(if: Programs.has("python3"))) func theListHasEveryColumnOfJSON() throws {
    let target = try files()
    let run = try rangeclose("--list-columns")
    #expect(run.status == 0 && run.hints.isEmpty)
    let problems = try python(
      """
      listed = {}
      for line in run("--list-columns")[1].decode().splitlines():
        name, rest = line.split(maxsplit=1)
        kind = next(k for k in ("array of strings", "string", "number", "boolean") if rest.startswith(k))
        check(len(rest.removeprefix(kind).strip()) > 5, line)
        listed[name.lower()] = kind
      types = {"array of strings": list, "string": str, "number": int, "boolean": bool}
      pid = arguments[0]
      usual = json.loads(run("-n", "--json", pid)[1])["descriptors"]
      check(set(usual[0]) <= set(listed), set(usual[0]) - set(listed))
      every = json.loads(run("--json", "-o", ",".join(listed), pid, "10-")[1])["descriptors"]
      check(list(every[0]) == list(listed), list(every[0]))
      for row in usual + every:
        for key, value in row.items():
          check(key == "unknown" or value is None or type(value) is types[listed[key]], key, value)
      """, "\(target.pid)")
    #expect(problems.isEmpty, "\(problems)")
  }
}
