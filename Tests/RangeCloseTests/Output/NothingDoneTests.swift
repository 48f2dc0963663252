import Glibc
import TestSupport
import Testing

/// A command that could do nothing does not claim success, and its dry run foretells that.
@Suite struct NothingDoneTests {
  private let scratch = Scratch()

  /// A process with a regular file, a listening socket, an event counter and a pipe.
  private func server() throws -> Target {
    let target = try holder("open 3 \(scratch("file"))", "read 6 /dev/null", "eventfd 10", "pipe 13 14")
    _ = try target.ask("listen 5")
    return target
  }

  /// Ranges pass over files of other kinds, unless nothing else is open there.
  @Test func rangesWithNothingToServeFail() throws {
    let target = try server()
    for (words, text) in [
      (["5", "--truncate"], "descriptor 5: W left alone, not a regular file"),
      (["10-", "--truncate"], "descriptors 10, 13-14: W left alone, not a regular file"),
      (["10", "--drop"], "descriptor 10: W left alone, not a socket"),
      (["3,10", "--shutdown"], "descriptors 3, 10: W left alone, not a socket"),
      (["5", "--drop"], "descriptor 5: W left alone, listening"),
      (["--path", scratch("file"), "--shutdown"], "descriptor 3: W left alone, not a socket"),
    ] {
      let before = try rangeclose(["-n", "\(target.pid)"] + words)
      let foretold = text.replacing("W left", with: "would be left")
      #expect(before.status == 3 && before.errors.contains(foretold), "\(before)")
      let run = try rangeclose(["\(target.pid)"] + words)
      #expect(run.status == 3 && run.errors.contains(text.replacing("W left", with: "left")), "\(run)")
      #expect(run.output.contains(" 0 descriptors"), "\(run)")
    }
    // Nothing is open there, as with close_range(2).
    for mode in [["-n"], []] {
      #expect(try rangeclose(mode + ["\(target.pid)", "100-", "--truncate"]).status == 0)
    }
    #expect(try target.ask("list") == "0-3 5-6 10 13-14")
  }

  /// Ranges that serve something say nothing of the rest.
  @Test func rangesPassOverTheRest() throws {
    let server = try holder()
    let port = try server.ask("listen 5")
    let target = try holder("tcp 6 \(port) 127.0.0.1", "eventfd 7")
    for mode in [["-n"], []] {
      let run = try rangeclose(mode + ["\(target.pid)", "6-", "--shutdown"])
      #expect(run.status == 0 && !run.errors.contains("left alone"), "\(run)")
    }
  }

  @Test func severalProcessesWithNothingToServeFail() throws {
    let (one, two) = (try server(), try holder("eventfd 10"))
    let before = try rangeclose("-n", list(one, two), "10", "--shutdown")
    #expect(before.status == 3 && before.errors.contains("nothing at these numbers is a socket"), "\(before)")
    let run = try rangeclose(list(one, two), "10", "--shutdown")
    #expect(run.status == 3, "\(run)")
    #expect(
      run.errors.hasSuffix("rangeclose: nothing at these numbers is a socket in any process\n"), "\(run)")
  }

  // MARK: - What a dry run foretells

  @Test func aDryRunForetellsWhatReplaceCannotOpen() throws {
    let target = try server()
    for (path, error) in [
      ("/nowhere/x", "No such file or directory (ENOENT)"), (scratch.path, "Is a directory (EISDIR)"),
      (scratch("file") + "/x", "Not a directory (ENOTDIR)"),
    ] {
      let words = ["\(target.pid)", "10", "--replace=\(path)"]
      let before = try rangeclose(["-n"] + words)
      let text = "replacing would be refused: \(path): \(error)"
      #expect(before.status == 3 && before.errors.contains(text), "\(before)")
      #expect(!before.errors.contains("without -n"), "\(before)")
      let run = try rangeclose(words)
      #expect(run.status == 3 && run.errors.contains(error), "\(run)")
    }
    for path in [scratch("new"), "/dev/null", scratch("file")] {
      let before = try rangeclose("-n", "\(target.pid)", "10", "--replace=\(path)")
      #expect(before.status == 0 && !before.errors.contains("refused"), "\(before)")
    }
  }

  @Test func aDryRunForetellsAFolderThatIsNotThere() throws {
    let target = try server()
    let words = ["--save", "/nowhere", "\(target.pid)", "3"]
    let before = try rangeclose(["-n"] + words)
    let text = "--save: /nowhere: No such file or directory (ENOENT)"
    #expect(before.status == 3 && before.errors.contains("closing would be refused: \(text)"), "\(before)")
    #expect(!before.errors.contains("without -n") && !before.output.contains("would save"), "\(before)")
    let run = try rangeclose(words)
    #expect(run.status == 3 && run.errors == "rangeclose: \(text); nothing was touched\n", "\(run)")
    #expect(try rangeclose("-n", "--save", scratch.path, "\(target.pid)", "3").status == 0)
  }

  @Test func aDryRunHasTheStatusOfStrict() throws {
    let target = try server()
    for mode in [["-n"], ["-n", "--json"], ["-n", "-q"], []] {
      #expect(try rangeclose(mode + ["--strict", "\(target.pid)", "5"]).status == 3, "\(mode)")
    }
    #expect(try rangeclose("-n", "--strict", "\(target.pid)", "6").status == 0)
  }
}
