import Glibc
import TestSupport
import Testing

/// The hint for a bare number that is no descriptor but a process.
@Suite struct HintTests {
  private func hint(_ target: Target, _ number: pid_t, _ name: String = "fixture-holder") -> String {
    "rangeclose: \(target.pid) (fixture-holder): nothing is open at \(number), but process \(number)"
      + " (\(name)) exists; several processes go into one operand: \(target.pid),\(number)\n"
  }

  /// The exit status is that of the same command without the hint.
  @Test func aBareNumberThatIsAProcessIsExplained() throws {
    let (target, other) = (try holder("leak 3 9"), try holder("leak 3 9"))
    for mode in [[], ["-v"], ["-n"], ["--cloexec"]] {
      let run = try rangeclose(mode + ["\(target.pid)", "\(other.pid)"])
      #expect(run.status == 0 && run.hints == hint(target, other.pid), "\(mode): \(run)")
    }
    let run = try rangeclose("\(target.pid)", "\(other.pid)", "5")
    #expect(run.status == 0 && run.hints == hint(target, other.pid), "\(run)")
    #expect(try target.ask("list") == "0-4 6-9" && other.ask("list") == "0-9")
  }

  /// With `--all`, the first operand is a selector as well.
  @Test func aProcessBesideAllIsExplained() throws {
    let other = try holder()
    func errors(_ words: String...) throws -> String {
      let run = try rangeclose(["-n", "--all"] + words)
      #expect(run.status == 0, "\(run)")
      return run.hints
    }
    let hint =
      "rangeclose: no process has a match at \(other.pid), but process \(other.pid) (fixture-holder) exists;"
      + " with --all every operand is a selector; leave --all out to work on \(other.pid)\n"
    // Any process of the machine may have a descriptor with this number.
    var status = stat()
    let isOpen = numbers(in: "/proc").contains { lstat("/proc/\($0)/fd/\(other.pid)", &status) == 0 }
    #expect(try errors("\(other.pid)", "3-").contains(hint) != isOpen)
    #expect(try errors("\(other.pid)", "1").contains(hint) != isOpen)
    #expect(try !errors("-q", "\(other.pid)", "1").contains("no process has a match"))
    #expect(try !errors("\(other.pid),1").contains("no process has a match"))
    // A process has the ID 1 anywhere, and some process has a descriptor 1.
    #expect(try !errors("1", "3-").contains("no process has a match"))
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
    // A range or a list is not one number.
    #expect(try errors("\(target.pid)", "\(number)-") == "")
    #expect(try errors("\(target.pid)", "\(number)-\(other.pid + 1)") == "")
    #expect(try errors("\(target.pid)", "\(number),9") == "")
    // A number that is left out is not meant as a process.
    #expect(try errors("-n", "\(target.pid)", "3-", "--except", number) == "")
    #expect(try errors("-n", "\(target.pid)", "3- and not \(number)") == "")
    // The process itself, and an ID without a process.
    #expect(try errors("\(target.pid)", "\(target.pid)") == "")
    other.end()
    #expect(try errors("\(target.pid)", number) == "")
    // Several processes are given already.
    let third = try holder()
    #expect(try errors("\(target.pid),\(third.pid)", "\(third.pid)") == "")
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
      #expect(hasHint || run.hints.isEmpty, "\(run)")
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
  @Test func noHintForThreads() throws {
    let (target, other) = (try holder(), try holder("threads 1"))
    let tid = numbers(in: "/proc/\(other.pid)/task").first { $0 != other.pid } ?? 0
    #expect(tid > 0)
    #expect(try rangeclose("\(target.pid)", "\(tid)").errors == "")
    // The thread 2 of the kernel has no number above 2, so nothing is open at 2 only after a close.
    guard processState(2) != "" else { return }
    #expect(try rangeclose("-q", "\(target.pid)", "2").status == 0)
    #expect(try rangeclose("\(target.pid)", "2").errors == "")
  }
}
