import Glibc
import TestSupport
import Testing

/// Files that are copied before rangeclose lets go of them.
@Suite(.enabled(if: Programs.has("python3")), .timeLimit(.minutes(5))) struct SaveTests {
  private let scratch = Scratch()
  /// The permission that rangeclose needs if it cannot read every process.
  private let force = "--force=mapped,shared"

  /// Runs a script that has `folder`, a new directory for copies, and `path`, a name for a file.
  private func faultsWithFolder(_ script: String, _ words: String...) throws -> String {
    try faults(
      #"""
      folder, path = arguments[0] + "/copies", arguments[0] + "/log"
      os.mkdir(folder)
      save = "--save=" + folder
      def copies(): return sorted(os.listdir(folder))
      def content(name): return open(os.path.join(folder, name), "rb").read()

      """# + script, [scratch.path] + words)
  }

  /// A writer of numbered lines at the end of a sparse log of 2 GiB, which is deleted.
  private static let writer = #"""
    writer = Subject(
      f"f = os.open('{path}', os.O_WRONLY | os.O_CREAT | os.O_APPEND)", "os.pwrite(f, b'begin', 0)",
      "os.ftruncate(f, 2 << 30)", f"os.unlink('{path}')")
    writer.begin("exec(%r, globals())" % """
    n = 0
    while True:
      try: os.write(f, b'line %09d\\n' % n)
      except OSError: break
      n += 1
      if n % 100 == 0: time.sleep(0.001)
    """)
    link = f"/proc/{writer.pid}/fd/3"
    eventually(lambda: os.stat(link).st_size > (2 << 30) + 100000)
    def right(name, count):
      copy = os.path.join(folder, name)
      check(os.stat(copy).st_blocks * 512 < 200 << 20, "no holes", os.stat(copy))
      with open(copy, "rb") as file:
        check(file.read(6) == b"begin\0", "the beginning is missing")
        file.seek(2 << 30)
        lines = file.read().split(b"\n")
      check(lines.pop() == b"", "half a line")
      check(lines == [b"line %09d" % n for n in range(len(lines))], "not the lines")
      check(count is None or len(lines) == count, len(lines), "lines of", count)

    """#

  /// The copy is complete before another file takes the place of the log, and the writer notices nothing.
  @Test func aLogIsSavedBeforeItIsReplaced() throws {
    let faults = try faultsWithFolder(
      Self.writer + #"""
        facts = ["saved 2.0 GiB of", "replaced 1 descriptor by /dev/null"]
        outcome(0, facts, writer.pid, "--deleted", save, "--replace")
        right(copies()[0], None)
        check(os.readlink(link) == "/dev/null", os.readlink(link))
        check(state(writer.pid) in "RS" and writer.end(1) == "nothing", "the writer has ended")
        """#)
    #expect(faults == "")
  }

  /// The copy has every line that was written until the close, and the holes of the file.
  @Test func aGrowingSparseLogIsSavedToItsLastLine() throws {
    let faults = try faultsWithFolder(
      Self.writer + #"""
        text = outcome(0, ["saved 2.0 GiB of", " (deleted) as " + folder], writer.pid, "--deleted", save)
        check(writer.end() is None, "the writer has not ended")
        written = writer.do("n")
        check(copies() == [f"{writer.pid}.3.log"], copies())
        right(copies()[0], written)
        """#)
    #expect(faults == "")
  }

  /// `--truncate` stops the writer for the end of the copy, so that no line is lost.
  @Test func aLogIsSavedBeforeItIsTruncated() throws {
    let faults = try faultsWithFolder(
      Self.writer + #"""
        text = outcome(0, ["saved 2.0 GiB of", "truncated 1 desc"], writer.pid, "--deleted", "--truncate",
          save, arguments[1])
        right(copies()[0], None)
        with open(os.path.join(folder, copies()[0]), "rb") as file:
          file.seek(-15, 2); last = int(file.read().split()[1])
        eventually(lambda: os.stat(link).st_size > 15)
        first = int(open(link, "rb").read(15).split()[1])
        check(first == last + 1, last, first, text)
        """#, force)
    #expect(faults == "")
  }

  /// Names that exist are left alone, long names are shortened, and hostile bytes are escaped.
  @Test func namesAreSafe() throws {
    let faults = try faultsWithFolder(
      #"""
      names = [b"new\nline", b"bad\xff", b"x" * 255, "é".encode() * 127, b"plain (deleted)"]
      base = os.fsencode(arguments[0])
      target = Subject(*[f"f{i} = os.open({base + b'/' + name!r}, os.O_RDWR | os.O_CREAT)"
        for i, name in enumerate(names)])
      for i in range(len(names)): target.do(f"os.write(f{i}, b'{i}')")
      old = f"{target.pid}.3.new\\nline"
      for name in old, old + ".1": open(os.path.join(folder, name), "w").write("old")
      os.symlink(path, os.path.join(folder, f"{target.pid}.4.bad\\377"))
      outcome(0, ["saved 1 byte of"], target.pid, "path:" + arguments[0] + "/*", save)
      check(content(old) == b"old" and content(old + ".1") == b"old", "overwritten")
      check(content(old + ".2") == b"0", copies())
      check(content(f"{target.pid}.4.bad\\377.1") == b"1" and not os.path.exists(path), copies())
      found = {content(name): name for name in copies() if not os.path.islink(os.path.join(folder, name))}
      check(found[b"2"] == (f"{target.pid}.5." + "x" * 255)[:255], found[b"2"])
      check(found[b"3"].startswith(f"{target.pid}.6.éé") and len(found[b"3"].encode()) in (254, 255), found)
      check(found[b"4"] == f"{target.pid}.7.plain (deleted)", found[b"4"])
      """#)
    #expect(faults == "")
  }

  /// The kernel answers a read through a duplicate of such a descriptor with EBADF.
  @Test func aLogForWritingOnlyIsReadAndItsOffsetStays() throws {
    let faults = try faultsWithFolder(
      #"""
      target = Subject(f"f = os.open('{path}', os.O_WRONLY | os.O_CREAT, 0o640)", "os.write(f, b'content')",
        "os.fchmod(f, 0o4750)", "os.lseek(f, 2, 0)", "g = os.dup(f)", "os.utime(f, (1000, 2000))",
        "v = os.eventfd(0)")
      # The other descriptor has the same offset.
      outcome(0, ["saved 7 bytes of", "closed 2 descriptors"], target.pid, "3,5", save)
      check(target.do("os.lseek(g, 0, 1)") == 2, "the offset has moved")
      check(copies() == [f"{target.pid}.3.log"] and content(copies()[0]) == b"content", copies())
      status = os.stat(os.path.join(folder, copies()[0]))
      check(stat.S_IMODE(status.st_mode) == 0o750 and status.st_mtime == 2000, status)
      """#)
    #expect(faults == "")
  }

  /// Memory that a program made like a file is lost with its last descriptor, too.
  @Test func memoryIsSaved() throws {
    let faults = try faultsWithFolder(
      #"""
      target = Subject("m = os.memfd_create('secret')", "os.write(m, b'only here')")
      outcome(0, ["saved 9 bytes of", "closed 1 descriptor"], target.pid, "3", save)
      check([content(name) for name in copies()] == [b"only here"], copies())
      """#)
    #expect(faults == "")
  }

  /// The kernel makes the content of such files at each read, so nothing is lost, and sizes mean nothing.
  @Test func filesOfTheKernelAreNotCopied() throws {
    let faults = try faultsWithFolder(
      #"""
      target = Subject("a = os.open('/proc/self/status', 0)", "b = os.open('/sys/kernel/mm/ksm/run', 0)",
        f"f = os.open('{path}', os.O_WRONLY | os.O_CREAT)", "os.write(f, b'x')")
      outcome(0, ["saved 1 byte of", "closed 3 descriptors"], target.pid, "3-5", save)
      check(copies() == [f"{target.pid}.5.log"], copies())
      """#)
    #expect(faults == "")
  }

  /// Each copy takes two descriptors of rangeclose, which raises its own soft limit for them.
  @Test func moreFilesThanTheSoftLimit() throws {
    let faults = try faultsWithFolder(
      #"""
      target = Subject(f"[os.open('{path}%d' % n, os.O_WRONLY | os.O_CREAT) for n in range(100)]")
      outcome(0, ["closed 100 descriptors"], target.pid, f"path:{path}*", save,
        after=["prlimit", "--nofile=40:1000"])
      check(len(copies()) == 100, len(copies()))
      """#)
    #expect(faults == "")
  }

  /// The message names the folder that cannot be written to, and not the file that is read.
  @Test(.enabled(if: Programs.isRoot)) func aFolderThatCannotBeWrittenTo() throws {
    let target = try holder("open 10 \(scratch("log"))")
    let run = try rangeclose("\(target.pid)", "10", "--save=/proc")
    #expect(run.status == 3 && run.errors.contains("cannot write a copy in /proc: "), "\(run)")
    try target.expect("0-2 10", to: "list")
  }

  /// One copy of a file that two processes have, with what each of them wrote.
  @Test func severalProcessesWithOneFileMakeOneCopy() throws {
    let faults = try faultsWithFolder(
      #"""
      targets = [Subject(f"f = os.open('{path}', os.O_WRONLY | os.O_CREAT | os.O_APPEND)", "g = os.dup(f)",
        "os.write(f, b'abc')") for _ in range(2)]
      outcome(0, ["total: closed 4 descriptors"], f"{targets[0].pid},{targets[1].pid}", "path:" + path, save)
      check(copies() == [f"{targets[0].pid}.3.log"] and content(copies()[0]) == b"abcabc", copies())
      """#)
    #expect(faults == "")
  }

  /// Nothing is closed, and no part of a copy is left.
  @Test(.enabled(if: Programs.isRoot)) func aFullDiskChangesNothing() throws {
    let disk = try scratch.mountMemory("disk", bytes: 1 << 20)
    _ = try Target("sh", ["-c", "head -c 8388608 /dev/urandom >\(scratch("log"))"]).wait()
    let target = try holder("open 10 \(scratch("log"))", "open 11 \(scratch("small"))")
    let run = try rangeclose("\(target.pid)", "10-11", "--save=\(disk)")
    #expect(run.status == 3 && run.errors.contains("ENOSPC"), "\(run)")
    #expect(run.errors.contains("nothing was changed, and the copies were removed"), "\(run)")
    try target.expect("0-2 10-11", to: "list")
    #expect(try Target("ls", ["-A", disk]).rest() == "")
    let truncation = try rangeclose("\(target.pid)", "10", "--truncate", force, "--save=\(disk)")
    #expect(truncation.status == 3, "\(truncation)")
    var status = stat()
    #expect(stat(scratch("log"), &status) == 0 && status.st_size == 8_388_608)
  }

  /// A signal ends the copy of a file that does not end, and removes it.
  @Test func anInterruptedCopyIsRemoved() throws {
    let faults = try faultsWithFolder(
      #"""
      target = Subject(f"f = os.open('{path}', os.O_RDWR | os.O_CREAT)", "os.posix_fallocate(f, 0, 1 << 20)")
      target.do("exec('for i in range(400): os.pwrite(f, bytes(1 << 20), i << 20)', globals())")
      for number in signal.SIGINT, signal.SIGTERM:
        tool = subprocess.Popen([command, str(target.pid), "3", save], stderr=subprocess.PIPE, text=True)
        check(eventually(lambda: copies() or tool.poll() is not None), "no copy")
        tool.send_signal(number)
        errors = tool.stderr.read()
        if tool.wait() == 0: continue
        check(tool.returncode == 3 and "interrupted" in errors, tool.returncode, errors)
        check(copies() == [] and target.do("os.fstat(f).st_size") == 400 << 20, copies())
      """#)
    #expect(faults == "")
  }

  /// Opening the file for reading would break the lease.
  @Test func aLeaseIsRespected() throws {
    let faults = try faultsWithFolder(
      #"""
      target = Subject("import fcntl", "signal.signal(signal.SIGIO, signal.SIG_IGN)",
        f"f = os.open('{path}', os.O_RDWR | os.O_CREAT)", "os.write(f, b'leased')",
        "fcntl.fcntl(f, fcntl.F_SETLEASE, fcntl.F_WRLCK)")
      outcome(3, ["--force=lease"], target.pid, "3", save)
      check(copies() == [] and target.do("fcntl.fcntl(f, fcntl.F_GETLEASE)") == 1, "the lease is broken")
      check(target.do("signal.sigtimedwait([signal.SIGIO], 0)") is None, "a signal came")
      """#)
    #expect(faults == "")
  }

  /// A file server that does not answer cannot keep rangeclose, and nothing is closed.
  @Test(.enabled(if: Programs.isRoot)) func aHangingServerChangesNothing() throws {
    let server = try interruptedServer(at: scratch("mount"))
    defer { end(server, at: scratch("mount")) }
    let target = try holder("open 9 \(scratch("log"))", "read 10 \(scratch("mount/file"))")
    mkdir(scratch("copies"), 0o755)
    try server.expect("holding", to: "hold")
    let run = try rangeclose("\(target.pid)", "9-10", "--save=\(scratch("copies"))", "--timeout=1")
    server.say("answer")
    _ = try server.hear(beginning: "answered")
    #expect(run.status == 3 && run.errors.contains("a file server may not answer"), "\(run)")
    #expect(try Target("ls", ["-A", scratch("copies")]).rest() == "")
    try target.expect("0-2 9-10", to: "list")
  }

  /// A list of what would be copied; nothing is written.
  @Test func aDryRunListsTheFiles() throws {
    let target = try holder(
      "open 10 \(scratch("log"))", "fill 10 4096", "dup 10 11", "read 12 /proc/self/status")
    mkdir(scratch("copies"), 0o755)
    let run = try rangeclose("-n", "\(target.pid)", "10-12", "--save=\(scratch("copies"))")
    #expect(run.status == 0, "\(run)")
    #expect(try Target("ls", ["-A", scratch("copies")]).rest() == "")
    #expect(run.output.contains("\(target.shown): would save 4.0 KiB of \(scratch("log"))\n"), "\(run)")
    #expect(run.output.split(separator: "\n").count { $0.contains("would save") } == 1, "\(run)")
    let refused = try rangeclose("-n", "\(target.pid)", "10-12", "--save=\(scratch("missing"))")
    #expect(refused.status == 3 && refused.errors.contains("would be refused: --save: "), "\(refused)")
  }

  @Test func aWrongUseIsRefused() throws {
    let target = try holder("open 10 \(scratch("log"))")
    for words in [["--cloexec"], ["--shutdown"], ["--drop"]] {
      let run = try rangeclose(["\(target.pid)", "10", "--save=\(scratch.path)"] + words)
      #expect(run.status == 2 && run.errors.contains("--save has nothing to copy"), "\(run)")
    }
    let run = try rangeclose("\(target.pid)", "10", "--save=\(scratch("log"))")
    #expect(run.status == 3 && run.errors.contains("ENOTDIR"), "\(run)")
    try target.expect("0-2 10", to: "list")
  }

  /// An ordinary user saves the files that it may read.
  @Test(.enabled(if: Programs.isRoot)) func anOrdinaryUserSavesItsFiles() throws {
    let target = try nobodysHolder(scratch)
    mkdir(scratch("open"), 0o777)
    chmod(scratch("open"), 0o777)
    try target.order("flags 10 101 \(scratch("open/log"))", "fill 10 8192")
    let run = try rangeclose(
      ["\(target.pid)", "10", "--save=\(scratch("open"))"], asNobody: true)
    #expect(run.status == 0 && run.output.contains("saved 8.0 KiB"), "\(run)")
    var status = stat()
    #expect(stat(scratch("open/\(target.pid).10.log"), &status) == 0 && status.st_size == 8192)
  }
}
