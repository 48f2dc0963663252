import TestSupport
import Testing

/// rangeclose refuses what makes no sense before it touches anything, and the message marks the place.
@Suite struct RefusalTests {
  private let target: Target

  init() throws {
    target = try holder("leak 3 9")
  }

  /// Expects exit status 2, this message, and below it the operand with a mark under the given part.
  private func expectRefusal(
    _ words: [String], _ message: String, marking part: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let run = try rangeclose(["\(target.pid)"] + words)
    #expect(run.status == 2 && run.output.isEmpty, "\(words) \(run)", sourceLocation: sourceLocation)
    #expect(run.errors.contains(message), "\(words) \(run.errors)", sourceLocation: sourceLocation)
    #expect(try target.ask("list") == "0-9", sourceLocation: sourceLocation)
    guard let part else { return }
    let lines = run.errors.split(separator: "\n").map(String.init)
    try #require(lines.count == 3, "\(run.errors)", sourceLocation: sourceLocation)
    let mark = lines[2].filter { $0 != " " }
    #expect(
      mark == "^" + String(repeating: "~", count: max(0, part.count - 1)), sourceLocation: sourceLocation)
    let column = lines[2].prefix { $0 == " " }.count
    #expect(lines[1].dropFirst(column).hasPrefix(part), "\(run.errors)", sourceLocation: sourceLocation)
  }

  @Test func grammarErrorsAreMarked() throws {
    try expectRefusal(
      ["type:reg and delted"], "'delted': not a term; did you mean 'deleted'?", marking: "delted")
    try expectRefusal(["deleted 3- x"], "expected 'and' or 'or'", marking: "3-")
    try expectRefusal(["deleted && 3-"], "did you mean 'and'?", marking: "&&")
    try expectRefusal(["deleted AND 3-"], "did you mean 'and'?", marking: "AND")
    try expectRefusal(["deleted || 3-"], "did you mean 'or'?", marking: "||")
    try expectRefusal(["! deleted"], "did you mean 'not'?", marking: "!")
    try expectRefusal(["(deleted or 3-"], "the parenthesis is not closed", marking: "(")
    try expectRefusal(["deleted or 3-)"], "no parenthesis is open here", marking: ")")
    try expectRefusal(["deleted and"], "expected a range", marking: "")
    try expectRefusal(["and deleted"], "expected a range", marking: "and")
    try expectRefusal(["not"], "expected a range")
    try expectRefusal(["()"], "expected a range", marking: ")")
    try expectRefusal(["path:'/x"], "the quote is not closed", marking: "'/x")
    try expectRefusal(["path:/x\\"], "nothing follows the backslash", marking: "\\")
    try expectRefusal(["size >"], "expected a number to compare with")
    try expectRefusal(["size => 3"], "not a comparison", marking: "=>")
    try expectRefusal([String(repeating: "(", count: 101) + "3"], "too many parentheses")
    try expectRefusal([String(repeating: "not ", count: 101) + "3"], "too many parentheses or nots")
    try expectRefusal(["3" + String(repeating: " ", count: 65536)], "too long; the limit is 65536 bytes")
    try expectRefusal(["3-", "--except", "deleted or"], "expected a range", marking: "")
  }

  @Test func valueErrorsAreMarked() throws {
    try expectRefusal(["path:"], "a value is missing; expected path:GLOB", marking: "path:")
    try expectRefusal(["deleted:x"], "'deleted' takes no value", marking: "x")
    try expectRefusal(["size"], "'size' must be compared with a number, as in 'size>1G'", marking: "size")
    try expectRefusal(["size:5"], "'size:5' is not known here; write 'size>5'", marking: "size:5")
    try expectRefusal(["type>reg"], "'type' cannot be compared; expected type:TYPE", marking: ">")
    try expectRefusal(["type:reg,,dir"], "the list has an empty item")
    try expectRefusal(["size>5X"], "'5X': not an amount", marking: "5X")
    try expectRefusal(["links>1K"], "not a number of links", marking: "1K")
    try expectRefusal(["inode:0x7"], "not an inode number", marking: "0x7")
    try expectRefusal(["dev:8"], "expected MAJOR:MINOR", marking: "8")
    try expectRefusal(["owner:-1"], "not a process ID", marking: "-1")
    try expectRefusal(["same-as:x"], "not a descriptor", marking: "x")
    try expectRefusal(["path:[a"], "the set is not closed", marking: "[a")
    try expectRefusal(["path:[z-a]"], "the range of characters is reversed", marking: "z-a")
    try expectRefusal(["3-", "peer:host:99999"], "'99999': not a port", marking: "99999")
    try expectRefusal(["peer::9-3"], "the first port is greater than the last", marking: "9-3")
    try expectRefusal(["peer:80"], "write :PORT for a port", marking: "80")
    try expectRefusal(["peer:fe80::1%eth0"], "the zone '%eth0' cannot be matched")
    try expectRefusal(["peer:10.0.0.0/33"], "not a prefix length", marking: "10.0.0.0/33")
    try expectRefusal(["--peer", "unix:/x:80"], "a Unix-domain socket has no port", marking: ":80")
    try expectRefusal(["--path", "[a"], "the set is not closed", marking: "[a")
    try expectRefusal(["9-3"], "the first number, 9, is greater than the last, 3: Invalid argument (EINVAL)")
  }

  @Test func errorsSuggestTheWordThatWasMeant() throws {
    let cases = [
      ("delted", "deleted"), ("Deleted", "deleted"), ("paht:/x", "path"), ("tcp", "type:tcp"),
      ("CLOSE_WAIT", "state:close-wait"), ("append", "flags:append"), ("/var/log", "path:/var/log"),
      ("sizee>3", "size"), ("type:regg", "reg"), ("type:evntfd", "eventfd"), ("type:io-urin", "io_uring"),
      ("state:listn", "listen"), ("state:closewait", "close-wait"), ("flags:apend", "append"),
      ("locked:posx", "posix"), ("sameas:3", "same-as"), ("ownr:1", "owner"),
    ]
    for (text, meant) in cases { try expectRefusal([text], "did you mean '\(meant)'?") }
    for (option, meant) in [("--delted", "deleted"), ("--exept=3", "except"), ("--explian", "explain")] {
      try expectRefusal([option, "3-"], "did you mean --\(meant)?")
    }
    // If no word is similar enough, the message lists the possible words.
    try expectRefusal(["frobnicate"], "expected a range such as 3-9, or one of all, deleted, tmpfile, path")
    try expectRefusal(["type:frobnicate"], "not a type; expected reg, dir, chr")
    try expectRefusal(["mode:frobnicate"], "not a mode; expected r, w, rw, path")
    // One letter of two is not a misspelling, and another first letter makes another word.
    try expectRefusal(["mode:rx"], "not a mode; expected r, w, rw, path")
    try expectRefusal(["type:racket"], "not a type; expected reg, dir, chr")
  }

  @Test func selectorsThatMakeNoSenseAreRefused() throws {
    try expectRefusal(["3-5 and 7-9"], "no descriptor can match both this and '3-5'", marking: "7-9")
    try expectRefusal(["3-5 and (7 and 9)"], "no descriptor can match both this")
    try expectRefusal(["10 or 11 and 12 or 13"], "no descriptor can match both this and '11'", marking: "12")
    try expectRefusal(
      ["size>1G and size<1M"], "no number can satisfy both this and the other", marking: "size<1M")
    try expectRefusal(
      ["size>1M or size<1G"], "every number satisfies at least one of these", marking: "size<1G")
    try expectRefusal(["size>1M", "size<1G"], "every number satisfies at least one of these")
    try expectRefusal(["size>99999999999G"], "no file is that large", marking: "99999999999G")
    try expectRefusal(["size>=0"], "this comparison is true for every file", marking: "size>=0")
    try expectRefusal(["links<0"], "this comparison is never true", marking: "links<0")
    try expectRefusal(["state:listen and type:reg"], "no descriptor can match both this and 'state:listen'")
    try expectRefusal(
      ["deleted and type:tcp"], "no descriptor can match both this and 'deleted'", marking: "type:tcp")
    try expectRefusal(
      ["--deleted", "--peer", "127.0.0.1"], "no descriptor can match both this and 'deleted'")
    try expectRefusal(["owner:1 and type:reg"], "no descriptor can match both this and 'owner:1'")
    try expectRefusal(
      ["type:reg", "--except", "type:reg"], "no descriptor can match both this and 'type:reg'")
    try expectRefusal(["peer:no-such-host.invalid"], "the host 'no-such-host.invalid' cannot be looked up")
    try expectRefusal(
      ["mount:/proc/self"], "not a mount point; it lies on the file system mounted at /proc")
  }

  /// The mark is also right in a long text and in a text with characters that a terminal would not print.
  @Test func theMarkIsRightInUnusualTexts() throws {
    let long = String(repeating: "deleted or ", count: 30)
    try expectRefusal(
      [long + "delted" + String(repeating: " or 3", count: 30)], "'delted'", marking: "delted")
    try expectRefusal(["path:/\u{1B}[3]1m and delted"], "'delted'", marking: "delted")
    try expectRefusal(["deleted\nor\ndelted"], "'delted'", marking: "delted")
    try expectRefusal(["path:/é and delted"], "'delted'", marking: "delted")
    try expectRefusal(["path:/\u{202E}x and delted"], "'delted'", marking: "delted")
    try expectRefusal(["\u{1B}[31m"], "'\\e[31m': not a term", marking: "\\e[31m")
  }
}
