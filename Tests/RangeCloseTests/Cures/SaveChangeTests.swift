import TestSupport
import Testing

/// Files that change while they are copied, and file systems that copy in other ways.
@Suite(.enabled(if: Programs.has("python3")), .timeLimit(.minutes(5))) struct SaveChangeTests {
  private let scratch = Scratch()

  private func faults(_ script: String, _ words: String...) throws -> String {
    try RangeCloseTests.faults(
      #"""
      folder, path = arguments[0] + "/copies", arguments[0] + "/log"
      os.mkdir(folder)
      save = "--save=" + folder
      def copies(): return sorted(os.listdir(folder))
      def content(name): return open(os.path.join(folder, name), "rb").read()
      # A subject that repeats a statement until the descriptor f is closed.
      def busy(statement, *orders):
        subject = Subject(*orders)
        lines = "while True:", " try: " + statement, " except OSError: break", " time.sleep(0.0005)"
        subject.begin("exec(%r, globals())" % "\n".join(lines))
        return subject

      """# + script, [scratch.path] + words)
  }

  /// The times of a file that grows change all the time, so they do not show a change in place.
  @Test(arguments: ["the target", "another process", "a mapping"])
  func aGrowingFileThatIsRewrittenMayBeTorn(writer: String) throws {
    let faults = try faults(
      #"""
      filled = f"os.pwrite(os.open('{path}', os.O_WRONLY | os.O_CREAT), bytes(8 << 20), 0)"
      appends = f"f = os.open('{path}', os.O_WRONLY | os.O_APPEND)"
      if arguments[1] == "the target":
        target = busy("os.pwrite(f, b'x', 0); os.pwrite(f, b'x', os.fstat(f).st_size)",
          f"f = os.open('{path}', os.O_RDWR | os.O_CREAT)", "os.ftruncate(f, 8 << 20)")
        words = target.pid, "3"
      else:
        other = Subject(filled)
        target = busy("os.write(f, b'x')", appends)
        if arguments[1] == "another process":
          other = busy("os.pwrite(f, b'x', 0)", f"f = os.open('{path}', os.O_WRONLY)")
        else:
          other = Subject("import mmap", f"f = open('{path}', 'r+b')", "m = mmap.mmap(f.fileno(), 4096)",
            "f.close()")
          other.begin("exec('while True: m[0] = (m[0] + 1) % 256; time.sleep(0.0005)', globals())")
        words = target.pid, "3"
      size = os.stat(path).st_size
      eventually(lambda: os.stat(path).st_size > size)
      text = outcome(0, ["may be torn"], *words, save)
      """#, writer)
    #expect(faults == "")
  }

  /// A write through O_APPEND reaches no part that is copied already.
  @Test func aFileThatOnlyGrowsIsWhole() throws {
    let faults = try faults(
      #"""
      target = busy("os.write(f, b'x')", f"f = os.open('{path}', os.O_WRONLY | os.O_CREAT | os.O_APPEND)",
        "os.write(f, bytes(8 << 20))")
      size = os.stat(path).st_size
      eventually(lambda: os.stat(path).st_size > size)
      text = outcome(0, ["saved 8.0 MiB"], target.pid, "3", save)
      check("torn" not in text, text)
      # The same for a file that was written to just before, by a writer that could rewrite it.
      target = Subject(f"f = os.open('{path}2', os.O_RDWR | os.O_CREAT)", "os.write(f, b'x')")
      text = outcome(0, ["saved 1 byte"], target.pid, "3", save)
      check("torn" not in text, text)
      """#)
    #expect(faults == "")
  }

  /// A process can set the time of the last write back.
  @Test func theTimeOfTheLastWriteDoesNotHideIt() throws {
    let faults = try faults(
      #"""
      target = busy("os.pwrite(f, b'x', 0); os.utime(f, (1000, 2000))",
        f"f = os.open('{path}', os.O_RDWR | os.O_CREAT)", "os.ftruncate(f, 1 << 20)")
      eventually(lambda: os.stat(path).st_mtime == 2000)
      outcome(0, ["may be torn"], target.pid, "3", save)
      """#)
    #expect(faults == "")
  }

  /// The copy shares the storage of the file, and what the file grows by is copied.
  @Test(.enabled(if: Programs.isRoot && Programs.has("mkfs.btrfs", "losetup"))) func aFileSystemThatShares()
    throws
  {
    let faults = try faults(
      #"""
      if "btrfs" not in open("/proc/filesystems").read(): sys.exit()
      image, mount = arguments[0] + "/image", arguments[0] + "/mount"
      os.mkdir(mount)
      open(image, "wb").truncate(400 << 20)
      subprocess.run(["mkfs.btrfs", "-q", image], check=True, capture_output=True)
      subprocess.run(["mount", "-o", "loop", image, mount], check=True)
      os.mkdir(mount + "/copies")
      def free(): os.sync(); status = os.statvfs(mount); return status.f_bavail * status.f_bsize
      target = Subject(f"f = os.open('{mount}/log', os.O_WRONLY | os.O_CREAT | os.O_APPEND)",
        "os.write(f, os.urandom(80 << 20))", "os.fsync(f)")
      want = open(mount + "/log", "rb").read()
      before = free()
      outcome(0, ["saved 80.0 MiB", "replaced 1"], target.pid, "3", f"--save={mount}/copies", "--replace")
      check(before - free() < 40 << 20, "the copy takes its own storage", before - free())
      name, = os.listdir(mount + "/copies")
      check(open(f"{mount}/copies/{name}", "rb").read() == want, "the content differs")
      os.kill(target.pid, signal.SIGKILL); os.waitpid(target.pid, 0)
      subprocess.run(["umount", mount], check=True)
      """#)
    #expect(faults == "")
  }

  /// Without copy_file_range(2), and without clones, the content is read and written.
  @Test(
    .enabled(if: Programs.has("strace")),
    arguments: ["copy_file_range:error=EXDEV", "copy_file_range:error=ENOSYS", "copy_file_range:retval=0"])
  func theContentIsReadAndWritten(injection: String) throws {
    let faults = try faults(
      #"""
      target = Subject(f"f = os.open('{path}', os.O_WRONLY | os.O_CREAT)", "os.write(f, b'begin')",
        "os.pwrite(f, b'end', 9 << 20)", "os.ftruncate(f, 10 << 20)")
      text = outcome(0, ["saved 10.0 MiB", "closed 1"], target.pid, "3", save,
        after=["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=" + arguments[1]])
      want = b"begin" + bytes((9 << 20) - 5) + b"end"
      check(content(copies()[0]) == want + bytes((10 << 20) - len(want)), "the content differs")
      check(os.stat(os.path.join(folder, copies()[0])).st_blocks < 1000, "the holes are filled")
      """#, injection)
    #expect(faults == "")
  }

  /// The holder of the lease learns of the copy, and gives the lease up; or the copy ends with the timeout.
  @Test func aLeaseIsBrokenOnDemand() throws {
    let faults = try faults(
      #"""
      orders = ["import fcntl", f"f = os.open('{path}', os.O_RDWR | os.O_CREAT)", "os.write(f, b'leased')",
        "fcntl.fcntl(f, fcntl.F_SETLEASE, fcntl.F_WRLCK)"]
      give = "lambda *_: fcntl.fcntl(f, fcntl.F_SETLEASE, fcntl.F_UNLCK)"
      silent = Subject("signal.signal(signal.SIGIO, lambda *_: None)", *orders)
      words = "3", save, "--force=lease", "--timeout=0.5"
      outcome(3, ["did not give up its lease", "nothing was changed"], silent.pid, *words)
      check(copies() == [] and silent.do("os.fstat(f).st_size") == 6, copies())
      os.kill(silent.pid, signal.SIGKILL); os.waitpid(silent.pid, 0)
      polite = Subject(*orders, f"signal.signal(signal.SIGIO, {give})")
      outcome(0, ["saved 6 bytes", "closed 1"], polite.pid, *words)
      check(content(copies()[0]) == b"leased", copies())
      """#)
    #expect(faults == "")
  }

  /// The process gets its own table, and the other one keeps its descriptors.
  ///
  /// rangeclose has to read every process for that, so the test has a PID namespace of its own.
  @Test(.enabled(if: Programs.isRoot && Programs.has("unshare"))) func anOwnTableFirst() throws {
    let faults = try faults(
      #"""
      if not os.environ.get("INSIDE"):
        os.environ["INSIDE"] = "1"
        os.rmdir(folder)
        os.execvp("unshare", ["unshare", "-p", "-f", "--kill-child", "--mount-proc", *sys.orig_argv])
      if os.uname().machine != "x86_64": sys.exit()
      def shared():
        subject = Subject(f"f = os.open('{path}', os.O_WRONLY | os.O_CREAT)", "os.write(f, b'x')",
          "libc = ctypes.CDLL(None, use_errno=True)")
        # clone(2) with CLONE_FILES and SIGCHLD; the child only waits.
        lines = "child = libc.syscall(56, 0x400 | 17, 0, 0, 0, 0)\nwhile not child: time.sleep(100)"
        subject.do("exec(%r, globals())" % lines)
        return subject, subject.do("child")
      def file(pid): return os.readlink(f"/proc/{pid}/fd/3")
      for words in ["--replace"], ["--replace", save], [save]:
        subject, child = shared()
        outcome(0, [], subject.pid, "3", "--unshare", *words)
        check(file(child) == path, words, file(child))
        gone = not os.path.exists(f"/proc/{subject.pid}/fd/3")
        check(gone if words == [save] else file(subject.pid) == "/dev/null", words)
        os.kill(child, signal.SIGKILL); os.kill(subject.pid, signal.SIGKILL); os.waitpid(subject.pid, 0)
      check(len(copies()) == 2, copies())
      """#)
    #expect(faults == "")
  }
}
