import Testing
import TestSupport

/// Bad input gets a clear error and changes nothing.
@Suite struct CommandLineTests {
  @Test(arguments: [
    ([], "no process given"), (["1"], "no selector given"), (["0", "3-"], "0 is not a process ID"),
    (["abc", "3-"], "'abc' is not a process ID"), (["", "3-"], "'' is not a process ID"),
    (["-5", "3-"], "'-5' is not a process ID: it is negative"),
    (["--", "-5", "3-"], "'-5' is not a process ID: it is negative"),
    (["+5", "3-"], "'+5' is not a process ID"),
    (["4194305", "3-"], "too large for a process ID"),
    (["99999999999999999999", "3-"], "too large for a process ID"),
    (["1", "3-1"], "Invalid argument (EINVAL)"), (["1", "-"], "lacks its first number"),
    (["1", "-5"], "write 0-5"), (["1", "~"], "a number must follow ~"),
    (["1", "5-~0-7"], "'-7': unexpected in a range"),
    (["1", "4294967296"], "too large for a descriptor"), (["1", "1,,2"], "the list has an empty item"),
    (["1", ""], "the selector is empty"), (["1", "foo"], "'foo': not a term"),
    (["1", "--peer", "host:99999"], "'99999': not a port"),
    (["1", "--peer", "[::1"], "the bracket is not closed"),
    (["1", "--peer", "no-such-host.invalid:80"], "cannot be looked up"),
    (["1", "--peer"], "--peer needs a value"),
    (["1", "--path", ""], "a value is missing; expected path:GLOB"),
    (["1", "--method=x", "3-"], "'x' is not a method"),
    (["--generate=x"], "'x' is not a document; expected man, man-selectors, bash, zsh, fish"),
    (["--generate"], "--generate needs a value, DOCUMENT"),
    (["1", "--timeout=0", "3-"], "is not a timeout"), (["1", "--timeout=1e9", "3-"], "is not a timeout"),
    (["1", "--timeout=nan", "3-"], "is not a timeout"), (["1", "-z", "3-"], "there is no option '-z'"),
    (["1", "--frobnicate", "3-"], "there is no option '--frobnicate'"),
    (["1", "--p", "3-"], "'--p' may be one of several options: --peer, --path, --pid"),
    (["--all", "-p", "1", "3-"], "--all already means every process; leave --pid out"),
    (["-p", "1"], "no selector given"), (["-p", "x", "3-"], "'x' is not a process ID"),
    (["1", "--size", "1G"], "'1G' is not known here; write '>1G'"),
    (["1", "--size="], "a value is missing; expected size>1G"),
    (["1", "--deleted=yes"], "--deleted takes no value"),
    (["1", "-q", "--", "-3"], "write 0-3 for all numbers"),
    (["1", "\u{1B}[31m"], "'\\e[31m': not a term"),
  ])
  func wrongCommandLinesAreRefused(arguments: [String], message: String) throws {
    let run = try rangeclose(arguments)
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("rangeclose: "))
    #expect(run.errors.contains(message))
    // An error in a selector adds two lines: the selector, and a mark below the wrong part.
    let lines = run.errors.split(separator: "\n")
    #expect(lines.count == 1 || lines.count == 3 && lines[2].allSatisfy { " ^~".contains($0) })
  }

  /// Nothing is closed, so no selector is needed to pick something.
  @Test(arguments: [["-n"], ["-n", "--cloexec"], ["-n", "-v"]])
  func aDryRunAloneListsEverything(options: [String]) throws {
    let target = try holder("leak 3 5", "leak 40 41")
    let all = try rangeclose(options + ["\(target.pid)"])
    #expect(all.status == 0 && all.errors.isEmpty, "\(all)")
    #expect(pickedNumbers(all.output) == "0 1 2 3 4 5 40 41")
    #expect(try rangeclose("\(target.pid)", "--cloexec").status == 2)
    #expect(try target.ask("list") == "0-5 40-41")
  }

  @Test func operandsAndOptionsMayComeInAnyOrder() throws {
    let target = try holder()
    try target.order("read 5 /dev/null", "read 6 /dev/zero")
    let run = try rangeclose("--path", "/dev/null", "\(target.pid)", "-q", "--", "3-")
    #expect(run.status == 0)
    #expect(try target.ask("list") == "0-2 6")
  }

  @Test func aFullOutputDeviceIsAnError() throws {
    let target = try holder()
    let script = "\"$0\" -n \"$1\" 0- > /dev/full"
    let run = try Target("sh", ["-c", script, Programs.rangeclose, "\(target.pid)"])
    #expect(try run.rest().hasSuffix("rangeclose: standard output: No space left on device (ENOSPC)\n"))
    #expect(run.wait() == 4)
  }

  /// The command does not mistake its own files for standard descriptors that were closed.
  @Test func aClosedOutputIsAnError() throws {
    let target = try holder("leak 3 9")
    let script = "\"$0\" \"$1\" 5- <&- >&-"
    let run = try Target("sh", ["-c", script, Programs.rangeclose, "\(target.pid)"])
    #expect(try run.rest() == "rangeclose: standard output: Bad file descriptor (EBADF)\n")
    #expect(run.wait() == 4)
    #expect(try target.ask("list") == "0-4")
  }

  @Test func anOutputAtItsSizeLimitIsAnError() throws {
    let (target, scratch) = (try holder("leak 3 9"), Scratch())
    let script = "ulimit -f 0; exec \"$0\" \"$1\" 5- >\"$2\""
    let run = try Target("sh", ["-c", script, Programs.rangeclose, "\(target.pid)", scratch("output")])
    #expect(try run.rest() == "rangeclose: standard output: File too large (EFBIG)\n")
    #expect(run.wait() == 4)
  }

  /// The command needs no queued signal and no second process beyond its limits.
  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")), arguments: ["-i 0", "-u 1"])
  func theCommandWorksWithinTheTightestLimits(limit: String) throws {
    let scratch = Scratch()
    let target = try nobodysHolder(scratch)
    try target.order("leak 3 9")
    let command = try scratch.copy(of: Programs.rangeclose, "rangeclose")
    // bash already runs as nobody when it lowers the limit. Otherwise the kernel would refuse execve(2), see
    // EAGAIN in its manual page.
    let script = "ulimit \(limit); exec \"$@\""
    let arguments = ["bash", "-c", script, "bash", command, "\(target.pid)", "5-"]
    let run = try Target(asNobodyPrefix[0], asNobodyPrefix.dropFirst() + arguments)
    #expect(try run.rest().contains("closed 5 descriptors"))
    #expect(run.wait() == 0)
    #expect(try target.ask("list") == "0-4")
  }

  @Test func helpAndVersionGoToStandardOutput() throws {
    let help = try rangeclose("--help")
    #expect(help.status == 0 && help.output.hasPrefix("Usage: rangeclose ") && help.errors.isEmpty)
    let version = try rangeclose("-V")
    #expect(version.status == 0 && version.output.hasPrefix("rangeclose ") && version.errors.isEmpty)
  }
}
