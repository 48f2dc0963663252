import FDSelectors
import Glibc
import TestSupport
import Testing

/// The shells complete what the command accepts, and what the chosen process has.
@Suite struct CompletionTests {
  // The other tests leave a shell out that is not installed. One of these is then skipped by its name.

  @Test(.enabled(if: Shell.bash.isInstalled, "bash or python3 is not installed"))
  func bashIsDriven() { #expect(Shell.installed.contains(.bash)) }

  @Test(.enabled(if: Shell.zsh.isInstalled, "zsh or python3 is not installed"))
  func zshIsDriven() { #expect(Shell.installed.contains(.zsh)) }

  @Test(.enabled(if: Shell.fish.isInstalled, "fish or python3 is not installed"))
  func fishIsDriven() { #expect(Shell.installed.contains(.fish)) }

  /// The long options in a text, without dashes.
  private func options(in text: String) -> Set<String> {
    Set(
      text.split { " \n,[=".contains($0) }.filter { $0.hasPrefix("--") && $0.count > 2 }
        .map { String($0.dropFirst(2)) })
  }

  @Test(arguments: Shell.installed) func everyOptionOfTheHelpIsOfferedAndNoOther(shell: Shell) throws {
    let completed = try complete(["rangeclose --"], in: shell)[0]
    let offered = options(in: completed.candidates.joined(separator: "\n"))
    #expect(offered == options(in: try rangeclose("--help").output))
  }

  @Test(arguments: Shell.installed) func everyTermIsOfferedAndNoOther(shell: Shell) throws {
    // An open quote protects the sign of a comparison.
    let completed = try complete(["rangeclose 1 '", "rangeclose 1 'deleted and not "], in: shell)
    let starts = Set(TermSyntax.all.flatMap(\.starts))
    #expect(starts.contains("path:") && starts.contains("size>"))
    #expect(completed[0].candidates == starts)
    // bash and fish offer the whole quoted text.
    let heads: Set = ["deleted", "and", "not"]
    #expect(completed[1].candidates.subtracting(heads) == starts.union(["or"]).subtracting(heads))
  }

  @Test(arguments: Shell.installed) func theWordsOfTermsAreOffered(shell: Shell) throws {
    let lines = try complete(
      ["rangeclose 1 --type ", "rangeclose 1 --state=", "rangeclose 1 flags:"], in: shell)
    for (completed, name) in zip(lines, ["type", "state", "flags"]) {
      let words = try #require(TermSyntax.all.first { $0.name == name }).words
      // fish repeats what stands in front of the word.
      let offered = completed.candidates.map { candidate in
        String(candidate.drop { $0 != "=" && $0 != ":" }.dropFirst())
      }
      #expect(completed.candidates == Set(words) || Set(offered) == Set(words), "\(completed)")
    }
  }

  @Test(arguments: Shell.installed) func oneCandidateIsTyped(shell: Shell) throws {
    let scratch = Scratch()
    mkdir(scratch("folder"), 0o755)
    let expected = [
      ("--del", "--deleted "), ("1 --type=reg,eventf", "1 --type=reg,eventfd "),
      ("1 state:close-w", "1 state:close-wait "), ("1 --force all,in", "1 --force all,init "),
      ("1 'state:close-wait or type:eventf", "1 'state:close-wait or type:eventfd' "),
      ("1 --method=close_", "1 --method=close_range "), ("--generate man-", "--generate man-selectors "),
      ("-n 1 --json=", "-n 1 --json=lines "), ("-n -o FD,NAM", "-n -o FD,NAME "),
      ("1 --shutdown=wr", "1 --shutdown=write "),
      ("1 --save \(scratch.path)/fol", "1 --save \(scratch.path)/folder/"),
      ("-p 1 del", "-p 1 deleted "), ("--all -n del", "--all -n deleted "),
      ("-q --timeout 3 1 del", "-q --timeout 3 1 deleted "), ("1 --except del", "1 --except deleted "),
    ]
    let completed = try complete(expected.map { "rangeclose \($0.0)" }, in: shell)
    for (answer, (_, line)) in zip(completed, expected) {
      // fish types no blank behind a closing quote.
      let typed = shell == .fish && answer.line.hasSuffix("'") ? answer.line + " " : answer.line
      #expect(typed == "rangeclose \(line)", "\(answer)")
    }
  }

  @Test(arguments: Shell.installed) func processesAreOfferedWithTheirCommands(shell: Shell) throws {
    let target = try holder()
    let completed = try complete(["rangeclose ", "rangeclose -p 1,"], in: shell)
    let shown = shell == .fish ? "\(target.pid)\tfixture-holder" : "\(target.pid) (fixture-holder)"
    for answer in completed { #expect(answer.listed.contains(shown), "\(answer)") }
    // Kernel threads have no descriptors.
    #expect(!completed[0].candidates.contains("2") || !Programs.isRoot)
  }

  /// The completed line picks the descriptor, whatever the name is.
  @Test(arguments: Shell.installed) func theNamesOfOpenFilesAreOffered(shell: Shell) throws {
    let scratch = Scratch()
    let target = try holder("open 10 \(scratch("plain"))", "open 11 \(scratch("gone"))", "read 12 /dev/null")
    let name = "we ird[1]{a,b}(*?)'\"$\\`&;é~"
    rename(scratch("plain"), scratch(name))
    unlink(scratch("gone"))
    let start = "rangeclose -n \(target.pid)"
    let completed = try complete(
      [
        "--path \(scratch.path)/we", "--path=\(scratch.path)/we", "path:\(scratch.path)/we",
        "--path \(scratch.path)/go", "'type:fifo or path:\(scratch.path)/go",
      ].map { "\(start) \($0)" }, in: shell)
    for (answer, number) in zip(completed.prefix(4), ["10", "10", "10", "11"]) {
      let run = try run(answer.line, in: shell)
      #expect(pickedNumbers(run) == number, "\(answer): \(run)")
    }
    #expect(completed[4].line.hasPrefix("\(start) 'type:fifo or path:\(scratch.path)/gone"))
  }

  @Test(.enabled(if: Programs.isRoot), arguments: Shell.installed)
  func theMountsAndPeersOfTheProcessAreOffered(shell: Shell) throws {
    let scratch = Scratch()
    let mount = try scratch.mountMemory("mount", bytes: 1 << 20)
    let target = try holder("open 10 \(mount)/file")
    try target.order("tcp 12 \(try target.ask("listen 11")) 127.0.0.1")
    let start = "rangeclose -n \(target.pid)"
    let completed = try complete(
      ["--mount \(scratch.path)", "fs:\(scratch.path)", "--peer 127.0.0.1:", "'not peer:127.0.0.1:"].map {
        "\(start) \($0)"
      }, in: shell)
    for (answer, number) in zip(completed.prefix(3), ["10", "10", "12"]) {
      let run = try run(answer.line, in: shell)
      #expect(pickedNumbers(run) == number, "\(answer): \(run)")
    }
    #expect(completed[3].line.contains("'not peer:127.0.0.1:"))
  }

  /// What a completed line prints when the shell runs it.
  private func run(_ line: String, in shell: Shell) throws -> String {
    let scratch = Scratch()
    symlink(Programs.rangeclose, scratch("rangeclose"))
    let rest = line.dropFirst("rangeclose".count)
    return try Target(shell.rawValue, ["-c", scratch("rangeclose") + rest]).rest()
  }
}
