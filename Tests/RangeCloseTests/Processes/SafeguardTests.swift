import Glibc
import TestSupport
import Testing

/// The safeguards that `--force` switches off.
@Suite struct SafeguardTests {
  private let scratch = Scratch()

  // MARK: - --force

  @Test(arguments: [
    (["--force"], "--force needs words"), (["--force="], "--force needs words"),
    (["--force=yes"], "'yes' is not a word for --force"), (["--force=all,"], "--force needs words"),
    (["--force=ALL"], "'ALL' is not a word for --force"),
    (["--force=all,ini"], "'ini' is not a word for --force"),
    (["--force=init all"], "'init all' is not a word for --force"),
  ])
  func aWrongWordIsAnsweredWithTheList(words: [String], message: String) throws {
    let target = try holder("leak 3 9")
    // The option comes last, so it has no value unless it is joined to it.
    let run = try rangeclose(["\(target.pid)", "3-"] + words)
    let list =
      "all (an operation on every process, with --all),"
      + " init (an operation on process 1 or an ancestor of rangeclose),"
      + " mapped (--truncate of a file that a process has mapped),"
      + " shared (--truncate of a file that is written at several offsets),"
      + " lease (--save of a file that a process has a lease on)"
    #expect(run.status == 2 && run.output.isEmpty, "\(run)")
    #expect(
      run.errors == "rangeclose: \(message); it switches off one safeguard for each word: \(list)\n", "\(run)"
    )
    #expect(try target.ask("list") == "0-9")
  }

  /// A bare `--force` takes no other word of the command line as its value.
  @Test func aBareForceIsRefusedAnywhere() throws {
    let target = try holder("leak 3 9")
    let run = try rangeclose("--force", "\(target.pid)", "3-")
    #expect(run.status == 2 && run.errors.contains("it switches off one safeguard for each word"), "\(run)")
    #expect(try target.ask("list") == "0-9")
  }

  /// Words that switch off nothing that the run needs are no error.
  @Test(arguments: ["--force=all", "--force=init", "--force=all,init"]) func wordsMayBeUnneeded(word: String)
    throws
  {
    let target = try holder("leak 3 9")
    #expect(try rangeclose("-q", word, "\(target.pid)", "3-").status == 0)
    #expect(try target.ask("list") == "0-2")
  }

  // MARK: - Every process

  /// The selector matches in no process but the test's own, in case the refusal fails.
  @Test(arguments: [[], ["-v"], ["--cloexec"], ["--force=init"], ["-q"], ["--json"]])
  func allWithoutADryRunIsRefused(words: [String]) throws {
    let target = try holder("open 10 \(scratch("file"))")
    let run = try rangeclose(words + ["--all", "--path", scratch("file")])
    #expect(run.status == 3 && run.output.isEmpty, "\(run)")
    #expect(
      run.errors
        == "rangeclose: --all without -n works on every process that rangeclose may stop; --force=all"
        + " allows it, and -n lists what would be done\n")
    #expect(try target.ask("list") == "0-2 10" && target.ask("cloexec") == "")
  }

  // MARK: - Ancestors

  /// Runs a shell that has /dev/null at 9, and that runs the command on itself.
  ///
  /// The result is what the command printed, its status, and whether 9 is still open.
  private func ancestor(_ words: String, prefix: String = "") throws -> (pid: pid_t, lines: [String]) {
    let script = """
      exec 9</dev/null
      \(prefix)"$0" \(words)
      echo "status $?"
      test -e /proc/$$/fd/9 && echo open || echo closed
      """
    let shell = try Target("sh", ["-c", script, Programs.rangeclose])
    return (shell.pid, try shell.rest().split(separator: "\n").map(String.init))
  }

  @Test func anAncestorIsRefused() throws {
    for words in ["$$ 9", "--force=all $$ 9", "-v $$ 9", "--cloexec $$ 9", "$$ --path /dev/null 9"] {
      let (pid, lines) = try ancestor(words)
      #expect(
        lines == [
          "rangeclose: \(pid) (sh) is an ancestor of rangeclose; --force=init allows it", "status 3", "open",
        ], "\(words)")
    }
  }

  /// The grandparent is an ancestor, too.
  @Test func aMoreDistantAncestorIsRefused() throws {
    let script =
      "exec 9</dev/null; sh -c '\"$0\" $PPID 9; echo $?' \"$0\"; test -e /proc/$$/fd/9 && echo open"
    let shell = try Target("sh", ["-c", script, Programs.rangeclose])
    #expect(
      try shell.rest()
        == "rangeclose: \(shell.pid) (sh) is an ancestor of rangeclose; --force=init allows it\n3\nopen\n")
  }

  @Test func anAncestorIsWorkedOnByForce() throws {
    let (pid, lines) = try ancestor("--force=init $$ 9")
    #expect(lines == ["\(pid) (sh): closed 1 descriptor", "status 0", "closed"])
  }

  /// A dry run and an explanation change nothing, so no word is needed.
  @Test func anAncestorMayBeListed() throws {
    let (pid, lines) = try ancestor("-n -r --no-headings -o PID,FD $$ 9")
    #expect(lines == ["\(pid) 9", "status 0", "open"])
    #expect(try ancestor("--explain $$ 9").lines.suffix(2) == ["status 0", "open"])
  }

  /// An ancestor in a list is refused, and the others are done.
  @Test func theOthersOfAListAreDone() throws {
    let target = try holder("leak 9 9")
    let (pid, lines) = try ancestor("$$,\(target.pid) 9")
    #expect(lines.contains("rangeclose: \(pid) (sh) is an ancestor of rangeclose; --force=init allows it"))
    #expect(lines.contains("\(target.shown): closed 1 descriptor"), "\(lines)")
    #expect(lines.suffix(2) == ["status 64", "open"], "\(lines)")
    #expect(try target.ask("list") == "0-2")
  }

  /// A child of the shell is no ancestor.
  @Test func aSiblingIsNotRefused() throws {
    let script = "sleep 60 9</dev/null & \"$0\" $! 9; kill $!"
    let shell = try Target("sh", ["-c", script, Programs.rangeclose])
    #expect(try shell.rest().contains(": closed 1 descriptor"))
  }

  // MARK: - In a PID namespace of the test

  /// Runs a shell as the first process of a new PID namespace, with two processes beside it.
  ///
  /// All three have the file at 9. The result is what the command printed, its status, and which of the three
  /// still have 9 open. The first is the shell.
  ///
  /// - Parameter before: shell commands in front of the command.
  private func namespace(_ words: String, before: String = "") throws -> [String] {
    let script = """
      exec 9>"$1"
      sleep 60 & one=$!
      sleep 60 & two=$!
      until [ "$(cat /proc/$one/comm /proc/$two/comm | grep -c sleep)" = 2 ]; do :; done
      \(before)
      "$0" \(words)
      echo "status $?"
      for pid in $$ $one $two; do test -e /proc/$pid/fd/9 && echo open || echo closed; done
      kill -9 $one $two
      """
    let shell = try Target(
      "unshare",
      [
        "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", script, Programs.rangeclose,
        scratch("f"),
      ])
    return try shell.rest().split(separator: "\n").map(String.init)
  }

  @Test(.enabled(if: Programs.isRoot && Programs.has("unshare")))
  func everyProcessIsWorkedOnByForceExceptTheFirst() throws {
    let lines = try namespace("--force=all --all --path \"$1\"")
    #expect(
      lines.contains(
        "rangeclose: 1 (sh) is the first process, on which all others depend; --force=init allows it"),
      "\(lines)")
    #expect(lines.count { $0.contains(": closed 1 descriptor") } == 2, "\(lines)")
    #expect(lines.suffix(4) == ["status 64", "open", "closed", "closed"], "\(lines)")
  }

  @Test(.enabled(if: Programs.isRoot && Programs.has("unshare"))) func bothWordsAllowEveryProcess() throws {
    let lines = try namespace("--force=all,init --all --path \"$1\"")
    #expect(lines.count { $0.contains(": closed 1 descriptor") } == 3, "\(lines)")
    #expect(lines.suffix(4) == ["status 0", "closed", "closed", "closed"] && lines.count == 8, "\(lines)")
    #expect(try namespace("--force=all --force=init -q --all 9").suffix(4).first == "status 0")
  }

  /// The first process has no match, so the run over all processes is no error.
  @Test(.enabled(if: Programs.isRoot && Programs.has("unshare"))) func theFirstProcessMayHaveNoMatch() throws
  {
    let lines = try namespace("--force=all --all --path \"$1\"", before: "exec 9>&-")
    #expect(lines.count { $0.contains(": closed 1 descriptor") } == 2, "\(lines)")
    #expect(lines.suffix(4) == ["status 0", "closed", "closed", "closed"], "\(lines)")
  }

  @Test(.enabled(if: Programs.isRoot && Programs.has("unshare"))) func theFirstProcessIsRefusedByItsID()
    throws
  {
    let lines = try namespace("1 9")
    #expect(
      lines == [
        "rangeclose: 1 (sh) is the first process, on which all others depend; --force=init allows it",
        "status 3", "open", "open", "open",
      ])
  }
}
