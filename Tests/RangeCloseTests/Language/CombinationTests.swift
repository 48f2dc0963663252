import Glibc
import TestSupport
import Testing

/// Expressions, operands side by side on the command line, and the quoting of values.
@Suite struct CombinationTests {
  private let scratch = Scratch()

  /// Starts a holder: 10 and 11 are deleted files, 12 and 13 are not, 14 and 15 are a pair, 16 is an eventfd.
  ///
  /// Each of the three pairs has one descriptor that is close-on-exec: 11, 13 and 15.
  private func target() throws -> Target {
    try holder(
      "open 10 \(scratch("a"))", "open 11 \(scratch("b"))", "open 12 \(scratch("c"))",
      "open 13 \(scratch("d"))", "pair 14 15", "eventfd 16", "set-cloexec 11", "set-cloexec 13",
      "set-cloexec 15", "unlink \(scratch("a"))", "unlink \(scratch("b"))")
  }

  @Test func operatorsFollowPrecedenceAndParentheses() throws {
    let target = try target()
    let cases = [
      ("not deleted and type:reg or 14", "12 13 14"), ("((not deleted) and type:reg) or 14", "12 13 14"),
      ("not (deleted and type:reg or 14) and 10-", "12 13 15 16"),
      ("not deleted and (type:reg or 14)", "12 13 14"), ("deleted or type:unix and cloexec", "10 11 15"),
      ("(deleted or type:unix) and cloexec", "11 15"), ("not not deleted", "10 11"),
      ("not(deleted)and(type:reg)", "12 13"), ("  \t\n( ( 12 ) )  ", "12"), ("not (not 12,13)", "12 13"),
      ("10- and not cloexec and not type:sock,eventfd", "10 12"),
    ]
    for (expression, picked) in cases {
      try expect(target, expression, picks: picked)
    }
    try expect(target, "10 or cloexec and deleted or 13", picks: "10 11 13")
    #expect(try rangeclose("-q", "\(target.pid)", "(deleted or type:unix) and not cloexec").status == 0)
    #expect(try target.ask("list") == "0-2 11-13 15-16")
  }

  @Test func operatorsFollowTheTruthTable() throws {
    let target = try holder("eventfd 10", "eventfd 11", "eventfd 12", "eventfd 13")
    // a: 10 and 11; b: 10 and 12.
    let (a, b, all) = ("10,11", "10,12", "10-13")
    try expect(target, "\(all) and type:anon and (cloexec or \(a)) and (cloexec or \(b))", picks: "10")
    try expect(target, "\(a) or \(b)", picks: "10 11 12")
    try expect(target, "\(all) and not (\(a) or \(b))", picks: "13")
    try expect(target, "\(all) and not (\(a)) and not (\(b))", picks: "13")
    try expect(target, "\(all) and (not \(a) or not \(b))", picks: "11 12 13")
  }

  @Test func operandsSideBySideCombineByName() throws {
    let target = try target()
    let cases: [([String], String)] = [
      (["10-", "deleted"], "10 11"), (["--deleted", "10-"], "10 11"), (["10", "12", "--type=reg"], "10 12"),
      (["type:unix", "--type", "eventfd"], "14 15 16"), (["10,12", "13-"], "10 12 13 14 15 16"),
      (["path:\(scratch("a"))", "--path=\(scratch("c"))", "10-"], "10 12"), (["cloexec", "deleted"], "11"),
      (["deleted or 14", "--type", "reg"], "10 11"), (["deleted or 14", "14 or 12"], "14"),
      (["10-", "--except", "deleted"], "12 13 14 15 16"),
      (["10-", "--except", "deleted", "--except", "cloexec or 16"], "12 14"),
      (["--except", "0-13"], "14 15 16"), (["type:reg", "--except", "12", "13", "11"], "11 13"),
      (["10-", "size<1", "size>1M"], "10 11 12 13"), (["not deleted", "type:reg"], "12 13"),
      (["(10)", "(11)"], "10 11"), (["--state", "established", "--type", "unix", "14", "16"], "14"),
    ]
    for (words, picked) in cases {
      let run = try rangeclose(["-n", "\(target.pid)"] + words)
      #expect(pickedNumbers(run.output) == picked, "\(words) \(run.errors)")
    }
    #expect(try rangeclose("-q", "\(target.pid)", "10-", "--except", "deleted or type:sock").status == 0)
    #expect(try target.ask("list") == "0-2 10-11 14-15")
  }

  /// The option `--cloexec` marks descriptors; the term `cloexec` asks whether they are marked.
  @Test func cloexecIsAnOptionAndATerm() throws {
    let target = try target()
    #expect(try rangeclose("-q", "--cloexec", "\(target.pid)", "10-12 and not cloexec").status == 0)
    #expect(try target.ask("cloexec") == "10-13 15")
  }

  @Test func valuesThatNeedQuotes() throws {
    mkdir(scratch("my files"), 0o755)
    let names = ["my files/copy (2)", "it's", "say \"hi\"", "back\\slash", "star*", "tab\there"]
    let target = try holder()
    for (index, name) in names.enumerated() { try target.order("open \(10 + index) \(scratch(name))") }
    let path = scratch.path
    let cases = [
      ("path:\"\(path)/my files/*\"", "10"), ("path:\(path)/my\\ files/*", "10"),
      ("path:\(path)/\"my files\"/'copy (2)'", "10"), ("path:\(path)/'my'\" \"files/copy?\\(2\\)", "10"),
      ("path:\(path)/it\\'s", "11"), ("path:\"\(path)/it's\"", "11"), ("path:'\(path)/say \"hi\"'", "12"),
      ("path:\(path)/back\\\\slash", "13"), ("path:\(path)/back\\134slash", "13"),
      ("path:\(path)/star\\*", "14"), ("path:\(path)/'star\\*'", "14"), ("path:\(path)/st*", "14"),
      ("path:'\(path)/tab\there'", "15"), ("path:\(path)/tab\\there", "15"),
      ("path:\(path)/tab\\011here", "15"),
      ("path:\(path)/[!b]* and not path:\(path)/'say'**", "11 14 15"),
      ("(path:\(path)/it\\'s)or(path:\(path)/'star\\*')", "11 14"),
    ]
    for (expression, picked) in cases { try expect(target, expression, picks: picked) }
    // Without quotes the value ends, and the parser refuses the text that follows.
    for text in ["path:\(path)/my files/*", "path:\(path)/my\\ files/copy (2)"] {
      #expect(try rangeclose("\(target.pid)", text).status == 2)
    }
    // An option's value is the whole argument, including its quotes.
    try expect(target, "--path", "\(path)/my files/copy (2)", picks: "10")
    try expect(target, "--path", "\(path)/it's", picks: "11")
    try expect(target, "--path=\(path)/say \"hi\"", picks: "12")
    try expect(target, "--path", "'\(path)/it\\'s'", picks: "")
    try expect(target, "--path", "\(path)/back\\\\slash", picks: "13")
    #expect(
      try rangeclose("-q", "\(target.pid)", "path:'\(path)/my files/**' or path:\(path)/it\\'s").status == 0)
    #expect(try target.ask("list") == "0-2 12-15")
  }

  /// Names of any bytes match, given as arguments and as escapes.
  @Test(.enabled(if: Programs.has("python3"))) func namesOfAnyBytesMatch() throws {
    let target = try Target(
      "python3",
      [
        "-c",
        """
        import os, sys
        d = os.fsencode(sys.argv[1])
        for name in b"a\\xff", b"a\\xfe", b"new\\nline", b"\\x1b[2J", b"\\xc3\\xa9":
          print(os.open(d + b"/" + name, os.O_CREAT | os.O_RDWR), end=" ")
        print(flush=True); input()
        """, scratch.path,
      ])
    let numbers = try target.hear().split(separator: " ").map(String.init)
    /// The numbers that a glob picks; printf(1) decodes its last component from `bytes`.
    func picked(_ bytes: String, _ prefix: String) throws -> String {
      let script = "B=$(printf '\(bytes)'); exec \"$0\" -n \"$1\" \"\(prefix)$2/$B\""
      let run = try Target("sh", ["-c", script, Programs.rangeclose, "\(target.pid)", scratch.path])
      return pickedNumbers(try run.rest())
    }
    for prefix in ["path:", "--path="] {
      #expect(try picked("a\\377", prefix) == numbers[0])
      #expect(try picked("a\\376", prefix) == numbers[1])
      #expect(try picked("a?", prefix) == "\(numbers[0]) \(numbers[1])")
    }
    try expect(target, "path:\(scratch("a\\377"))", picks: numbers[0])
    try expect(target, "path:\(scratch("a[\\376-\\377]"))", picks: "\(numbers[0]) \(numbers[1])")
    try expect(target, "path:\(scratch("new\\nline"))", picks: numbers[2])
    try expect(target, "path:\(scratch("new\\012line"))", picks: numbers[2])
    try expect(target, "path:\(scratch("\\e\\[2J"))", picks: numbers[3])
    try expect(target, "path:\(scratch("é"))", picks: numbers[4])
    try expect(target, "path:\(scratch("\\303\\251"))", picks: numbers[4])
    // A path as the listing shows it can be given back as a glob.
    for number in numbers {
      let row = try rangeclose("-n", "\(target.pid)", number).output.split(separator: "\n").last ?? ""
      let shown = row.drop { $0 != "/" }
      #expect(!shown.isEmpty)
      try expect(target, "path:\(shown.replacing("[", with: "\\["))", picks: number)
    }
  }
}
