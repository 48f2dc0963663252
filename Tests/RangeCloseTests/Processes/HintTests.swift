import Glibc
import TestSupport
import Testing

/// The hints for numbers that are no descriptors, but perhaps processes.
@Suite struct HintTests {
  private func hint(
    _ target: Target, _ number: pid_t, isFirst: Bool = true, _ name: String = "fixture-holder"
  ) -> String {
    let order = isFirst ? "the process comes first, and " : ""
    return "rangeclose: \(target.pid) (fixture-holder): nothing is open at \(number), but process \(number)"
      + " (\(name)) exists; \(order)several processes go into one operand: \(target.pid),\(number)\n"
  }

  private func hint(_ target: Target, nothingAt numbers: String) -> String {
    "rangeclose: \(target.pid) (fixture-holder): nothing is open at \(numbers)\n"
  }

  /// The exit status is that of the same command without the hint.
  @Test func aBareNumberThatIsAProcessIsExplained() throws {
    let (target, other) = (try holder("leak 3 9"), try holder("leak 3 9"))
    for mode in [[], ["-v"], ["-n"], ["--cloexec"]] {
      let run = try rangeclose(mode + ["\(target.pid)", "\(other.pid)"])
      #expect(run.status == 0 && run.hints == hint(target, other.pid), "\(mode): \(run)")
    }
    let run = try rangeclose("\(target.pid)", "\(other.pid)", "5")
    #expect(run.status == 0 && run.hints == hint(target, other.pid, isFirst: false), "\(run)")
    #expect(try target.ask("list") == "0-4 6-9" && other.ask("list") == "0-9")
  }

  /// A list and a range may be meant as processes, too.
  @Test func listsAndRangesAreExplained() throws {
    let (target, other) = (try holder("leak 3 9"), try holder("leak 3 9"))
    let number = "\(other.pid)"
    for words in [["\(number)-"], ["\(number)-\(other.pid + 1)"], ["\(number),4000000000"]] {
      let run = try rangeclose(["-n", "\(target.pid)"] + words)
      #expect(run.status == 0 && run.hints == hint(target, other.pid), "\(words): \(run)")
    }
    let run = try rangeclose("-n", "\(target.pid)", "\(number),9")
    #expect(run.status == 0 && run.hints == hint(target, other.pid, isFirst: false), "\(run)")
  }

  @Test(arguments: [["-n"], []]) func rangesWithNothingOpenInSeveralProcessesSaySo(mode: [String]) throws {
    let (one, two) = (try holder("leak 3 9"), try holder("leak 3 9"))
    let empty = try rangeclose(mode + ["\(one.pid),\(two.pid)", "100-200"])
    #expect(empty.status == 0 && empty.errors.hasSuffix("nothing is open at these numbers in any process\n"))
    let open = try rangeclose(mode + ["\(one.pid),\(two.pid)", "9-200"])
    #expect(open.status == 0 && !open.errors.contains("nothing is open"), "\(open)")
  }

  /// sort(1) and ls(1) reverse the order by -r.
  @Test func aReversedOrderIsExplained() throws {
    let target = try holder()
    let run = try rangeclose("-n", "\(target.pid)", "--sort", "size", "-r")
    let hint = "rangeclose: -r is short for --raw; for the reverse order write --sort -SIZE\n"
    #expect(run.status == 0 && run.errors == hint, "\(run)")
    for words in [
      ["-r", "--sort", "size"], ["--sort", "-size", "-r"], ["--sort", "size", "--no-headings"],
    ] {
      #expect(try rangeclose(["-n", "\(target.pid)"] + words).errors == "", "\(words)")
    }
  }

  /// A process beside a list of processes is no descriptor.
  @Test func aProcessBesideAListIsExplained() throws {
    let (one, two, third) = (try holder(), try holder(), try holder())
    for mode in [["-n"], []] {
      let run = try rangeclose(mode + ["\(one.pid),\(two.pid)", "\(third.pid)"])
      let text =
        "rangeclose: nothing is open at \(third.pid) in any process, but process \(third.shown) exists;"
        + " several processes go into one operand: \(one.pid),\(two.pid),\(third.pid)\n"
      #expect(run.status == 0 && run.errors.hasPrefix(text), "\(run)")
      #expect(try rangeclose(mode + ["-q", "\(one.pid),\(two.pid)", "\(third.pid)"]).errors == "")
    }
  }

  @Test func rangesWithNothingOpenSaySo() throws {
    let target = try holder("leak 3 9")
    for (words, numbers) in [
      (["4000000000-"], "4000000000-"), (["4000000000", "4000000005-"], "4000000000,4000000005-"),
      (["20 and not 21"], "20"), (["\(target.pid)"], "\(target.pid)"),
    ] {
      for mode in [["-n"], []] {
        let run = try rangeclose(mode + ["\(target.pid)"] + words)
        #expect(run.status == 0 && run.hints == hint(target, nothingAt: numbers), "\(words): \(run)")
      }
    }
    let number = try holder("leak 3 9").pid
    // The process with this number has ended.
    let run = try rangeclose("\(target.pid)", "\(number)")
    #expect(run.status == 0 && run.hints == hint(target, nothingAt: "\(number)"), "\(run)")
    #expect(try target.ask("list") == "0-9")
  }

  @Test func noHintUnlessItMayBeMeant() throws {
    let (target, other) = (try holder("leak 3 9"), try holder("leak 3 9"))
    let number = "\(other.pid)"
    func errors(_ words: String...) throws -> String {
      let run = try rangeclose(words)
      #expect(run.status < 3, "\(run)")
      return run.hints
    }
    // The user wants to see errors only.
    #expect(try errors("-q", "\(target.pid)", number) == "")
    #expect(try errors("-n", "-q", "\(target.pid)", number) == "")
    // A range that picks something means numbers.
    #expect(try errors("-n", "\(target.pid)", "5-\(number)") == "")
    #expect(try errors("-n", "\(target.pid)", "5-", "\(number)-") == "")
    // A number that is left out is not meant as a process.
    #expect(try errors("-n", "\(target.pid)", "3-", "--except", number) == "")
    #expect(try errors("-n", "\(target.pid)", "3- and not \(number)") == "")
    // Several processes are given already.
    let third = try holder()
    #expect(
      try errors("\(target.pid),\(third.pid)", "\(third.pid)")
        == "rangeclose: nothing is open at these numbers in any process\n")
  }

  /// Something is open at the number, so the user means that.
  ///
  /// A process has the ID 1 anywhere, and a descriptor that may be open.
  @Test func noHintIfTheNumberIsOpen() throws {
    let target = try Target("sleep", ["60"])
    #expect(eventually { (try? Target("cat", ["/proc/\(target.pid)/comm"]).rest()) == "sleep\n" })
    for (mode, hasHint) in [(["-n"], false), ([], false), (["-n"], true), ([], true)] {
      let run = try rangeclose(mode + ["\(target.pid)", "1"])
      #expect(run.status == 0, "\(run)")
      #expect(run.errors.contains("nothing is open at 1, but process 1 (") == hasHint, "\(run)")
    }
  }

  /// The number is open, but another selector leaves it alone.
  @Test func noHintIfTheNumberIsOpenAndNotPicked() throws {
    let scratch = Scratch()
    let target = try holder("open 3 \(scratch("a"))", "unlink \(scratch("a"))")
    let run = try rangeclose("-n", "\(target.pid)", "3", "1", "--deleted")
    #expect(run.status == 0 && run.hints == "", "\(run)")
  }

  /// A thread and a thread of the kernel are no processes of a user.
  @Test func threadsAreNoProcesses() throws {
    let (target, other) = (try holder(), try holder("threads 1"))
    let tid = numbers(in: "/proc/\(other.pid)/task").first { $0 != other.pid } ?? 0
    #expect(tid > 0)
    #expect(try rangeclose("\(target.pid)", "\(tid)").errors == hint(target, nothingAt: "\(tid)"))
    // The thread 2 of the kernel has no number above 2, so nothing is open at 2 only after a close.
    guard processState(2) != "" else { return }
    #expect(try rangeclose("-q", "\(target.pid)", "2").status == 0)
    #expect(try rangeclose("\(target.pid)", "2").errors == hint(target, nothingAt: "2"))
  }

  /// Shells and C have another `~` than a reader may expect.
  @Test func aComplementAloneIsExplained() throws {
    let target = try holder("leak 3 9")
    let warning =
      "rangeclose: '~7' is the number 4294967295 - 7, as in C; to leave 7 out, write --except 7\n"
    for words in [["3-9,~7"], ["3-9", "~7"], ["3-9", "--except", "~7"], ["3-9 and not (~7 or deleted)"]] {
      let run = try rangeclose(["-n", "\(target.pid)"] + words)
      #expect(run.status == 0 && run.hints == warning, "\(words): \(run)")
      #expect(try rangeclose(["-n", "-q", "\(target.pid)"] + words).hints == "")
    }
    for words in [["3-~7"], ["3-~0"], ["3", "~0"], ["~9-~7", "3"]] {
      #expect(try rangeclose(["-n", "\(target.pid)"] + words).hints == "", "\(words)")
    }
  }
}
