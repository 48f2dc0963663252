import TestSupport
import Testing

/// Targets that cannot open the file of `--replace`, or have no number free.
@Suite(.enabled(if: Programs.has("python3")), .timeLimit(.minutes(3))) struct ReplaceFailureTests {
  private let scratch = Scratch()

  /// Subjects with a log at number 3, and what they have open.
  private static let logging = #"""
    directory = arguments[0]
    def logging(*orders):
      return Subject(f"a = os.open('{directory}/log', os.O_WRONLY | os.O_CREAT | os.O_APPEND)", *orders)
    def files(subject):
      numbers = os.listdir(f"/proc/{subject.pid}/fd")
      return {int(n): os.readlink(f"/proc/{subject.pid}/fd/{n}") for n in numbers}
    def limits(subject): return subject.do("__import__('resource').getrlimit(7)")

    """#

  private func faults(_ script: String, _ words: String...) throws -> String {
    try RangeCloseTests.faults(Self.logging + script, [scratch.path] + words)
  }

  @Test(arguments: ["auto", "close"]) func aFailingOpenChangesNothing(method: String) throws {
    let faults = try faults(
      #"""
      os.mkfifo(directory + "/fifo")
      for path, error in (
        (directory, "EISDIR"), (directory + "/none/file", "ENOENT"),
        (directory + "/log/file", "ENOTDIR"),
        ("/" + "x" * 300, "ENAMETOOLONG"), (directory + "/fifo", "EINTR"),
        ("/" + "x" * 5000, "ENAMETOOLONG")):
        subject = logging()
        before = files(subject)
        facts = [error, "not replaced by /", "replaced 0 descriptors"]
        words = "3", f"--replace={path}", "--timeout=0.3", f"--method={arguments[1]}"
        outcome(3, facts, subject.pid, *words)
        check(files(subject) == before, path, before, files(subject))
        check(subject.do("os.write(a, b'x')") == 1, path, "the log cannot be written")
      """#, method)
    #expect(faults == "")
  }

  @Test(.enabled(if: Programs.isRoot)) func aRootWithoutTheDevice() throws {
    let faults = try faults(
      #"""
      os.mkdir(directory + "/root")
      subject = logging(f"os.chroot('{directory}/root')")
      before = files(subject)
      outcome(3, ["ENOENT", "not replaced by /dev/null"], subject.pid, "3", "--replace")
      check(files(subject) == before, files(subject))
      # The path is one of the target, where it means another file than here.
      open(directory + "/root/mine", "w").close()
      outcome(0, ["by another file"], "-v", subject.pid, "3", "--replace=/mine")
      check(subject.do("os.write(a, b'x')") == 1, "not written")
      check(open(directory + "/root/mine").read() == "x", "written elsewhere")
      """#)
    #expect(faults == "")
  }

  /// The disk has no room for the new file, until the deleted log is replaced by another one.
  @Test(.enabled(if: Programs.isRoot)) func aFullDisk() throws {
    let faults = try faults(
      #"""
      disk = directory + "/disk"
      os.mkdir(disk)
      options = "size=1m,nr_inodes=2"
      subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], check=True)
      subject = logging(f"b = os.open('{disk}/gone', os.O_WRONLY | os.O_CREAT)", f"os.unlink('{disk}/gone')")
      check(subject.do("os.write(b, bytes(2 << 20))") == 1 << 20, "the disk is not full")
      before = files(subject)
      outcome(3, ["ENOSPC", "not replaced by"], subject.pid, "3", f"--replace={disk}/new")
      check(files(subject) == before, files(subject))
      outcome(0, ["replaced 1", "freed 1.0 MiB"], subject.pid, "--deleted", "--replace")
      outcome(0, ["replaced 1"], subject.pid, "3", f"--replace={disk}/new")
      check(subject.do("os.write(a, bytes(1000))") == 1000, "there is no room")
      os.kill(subject.pid, signal.SIGKILL); os.waitpid(subject.pid, 0)
      subprocess.run(["umount", disk], check=True)
      """#)
    #expect(faults == "")
  }

  @Test func aFullTableAndASoftLimit() throws {
    let faults = try faults(
      #"""
      for method in "auto", "close":
        subject = logging("[os.dup(0) for _ in range(9)]")
        top = max(files(subject))
        for soft, hard in (top + 1, top + 9), (3, top + 9):
          subject.do(f"__import__('resource').setrlimit(7, ({soft}, {hard}))")
          outcome(0, ["replaced 1 descriptor"], subject.pid, "3", "--replace", f"--method={method}")
          check(files(subject)[3] == "/dev/null" and max(files(subject)) == top, files(subject))
          check(limits(subject) == (soft, hard), limits(subject))
      """#)
    #expect(faults == "")
  }

  @Test(arguments: ["auto", "close"]) func aFullTableAndAHardLimit(method: String) throws {
    let faults = try faults(
      #"""
      subject = logging("b = os.dup(a)", "os.set_inheritable(b, True)", "[os.dup(0) for _ in range(9)]")
      before = files(subject)
      top = max(before)
      subject.do(f"__import__('resource').setrlimit(7, ({top + 1}, {top + 1}))")
      words = subject.pid, "3-4", f"--method={arguments[1]}"
      outcome(0, ["replaced 2 descriptors"], *words, f"--replace={directory}/new")
      check([files(subject)[n] for n in (3, 4)] == [directory + "/new"] * 2, files(subject))
      check(subject.do("os.get_inheritable(3), os.get_inheritable(4)") == (False, True), "close-on-exec")
      check(files(subject).keys() == before.keys(), files(subject))
      facts = ["closed, not replaced, ENOENT", "failed, ENOENT", "it is closed, not replaced"]
      outcome(64, facts, "-v", *words, f"--replace={directory}/none/new")
      check(3 not in files(subject) and files(subject)[4] == directory + "/new", files(subject))
      check(files(subject).keys() == before.keys() - {3}, files(subject))
      """#, method)
    #expect(faults == "")
  }

  /// A number above the hard limit cannot be filled.
  ///
  /// So it is not closed either.
  @Test(arguments: ["auto", "close"]) func aNumberAboveTheHardLimit(method: String) throws {
    let faults = try faults(
      #"""
      subject = logging("os.dup2(a, 50)", "__import__('resource').setrlimit(7, (40, 40))")
      outcome(3, ["EBADF"], subject.pid, "50", "--replace", f"--method={arguments[1]}")
      check(files(subject)[50] == directory + "/log", files(subject))
      subject = logging("os.dup2(a, 50)", "__import__('resource').setrlimit(7, (40, 60))")
      outcome(0, ["replaced 1"], subject.pid, "50", "--replace", f"--method={arguments[1]}")
      check(files(subject)[50] == "/dev/null", files(subject))
      check(limits(subject) == (40, 60), limits(subject))
      """#, method)
    #expect(faults == "")
  }

  /// Only a number that can be filled again is closed to make room.
  @Test func noRoomBelowTheHardLimit() throws {
    let faults = try faults(
      #"""
      subject = logging("os.dup2(a, 50)", "os.close(a)", "[os.dup(0) for _ in range(5)]")
      before = files(subject)
      limit = max(n for n in before if n < 50) + 1
      subject.do(f"__import__('resource').setrlimit(7, ({limit}, {limit}))")
      outcome(3, ["EMFILE"], subject.pid, "50", "--replace")
      check(files(subject) == before, files(subject))
      # Another picked number makes room.
      outcome(64, ["EMFILE", "replaced 1 descriptor"], subject.pid, f"{limit - 1},50", "--replace")
      check(files(subject)[limit - 1] == "/dev/null" and files(subject)[50] == before[50], files(subject))
      """#)
    #expect(faults == "")
  }

  /// The number that was closed to make room is reported, even if the open was interrupted.
  @Test(arguments: ["time", "signal"]) func anOpenThatHangsAtAFullTable(ending: String) throws {
    let faults = try faults(
      #"""
      os.mkfifo(directory + "/fifo")
      subject = logging("[os.dup(0) for _ in range(5)]")
      top = max(files(subject)) + 1
      subject.do(f"__import__('resource').setrlimit(7, ({top}, {top}))")
      words = command, "-v", str(subject.pid), "3", f"--replace={directory}/fifo"
      words += ("--timeout=0.5",) if arguments[1] == "time" else ("--timeout=3",)
      tool = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
      if arguments[1] == "signal":
        check(eventually(lambda: 3 not in files(subject)), "nothing was closed to make room")
        tool.send_signal(signal.SIGINT)
      text = tool.communicate()[0]
      check("closed, not replaced" in text, tool.returncode, text)
      check(tool.returncode == (64 if arguments[1] == "time" else -signal.SIGINT), tool.returncode, text)
      check(3 not in files(subject) and subject.do("1") == 1, files(subject))
      """#, ending)
    #expect(faults == "")
  }

  /// A filter of the program that refuses close(2) leaves the number open at which the file was opened.
  @Test(.enabled(if: Programs.isRoot)) func aNumberThatCannotBeClosedIsReported() throws {
    let target = try nobodysHolder(scratch)
    try target.order("open 10 /dev/zero", "filter eperm-close")
    let run = try rangeclose(["\(target.pid)", "10", "--replace"], asNobody: true)
    #expect(run.status == 64 && run.errors.contains("stays open: close(2) failed: "), "\(run)")
    #expect(targetOfLink("/proc/\(target.pid)/fd/10") == "/dev/null")
  }

  @Test(.enabled(if: Programs.isRoot)) func anOrdinaryUserHasTheRightsOfTheTarget() throws {
    let target = try nobodysHolder(scratch)
    try target.order("open 10 /dev/zero", "open 11 /dev/zero")
    let denied = try rangeclose(["\(target.pid)", "10", "--replace=/root/new"], asNobody: true)
    #expect(denied.status == 3 && denied.errors.contains("EACCES"), "\(denied)")
    #expect(targetOfLink("/proc/\(target.pid)/fd/10") == "/dev/zero")
    let run = try rangeclose(["\(target.pid)", "10", "--replace"], asNobody: true)
    #expect(run.status == 0 && targetOfLink("/proc/\(target.pid)/fd/10") == "/dev/null", "\(run)")
    // rangeclose as root has no more rights than the target.
    let again = try rangeclose("\(target.pid)", "11", "--replace=/root/new")
    #expect(again.status == 3 && again.errors.contains("EACCES"), "\(again)")
  }

  @Test func usageErrors() throws {
    let target = try holder("open 10 \(scratch("file"))")
    for (words, part) in [
      (["--replace=new"], "'new'"), (["--replace="], "absolute"),
      (["--replace", "--truncate"], "--truncate"),
      (["--replace", "--method=close_range"], "--method=close_range"),
    ] {
      let run = try rangeclose(["\(target.pid)", "10"] + words)
      #expect(run.status == 2 && run.output.isEmpty && run.errors.contains(part), "\(words): \(run)")
    }
    #expect(targetOfLink("/proc/\(target.pid)/fd/10") == scratch("file"))
  }
}
