import Glibc
import TestSupport
import Testing

/// Files that are emptied while they are written: the writer goes on at the beginning of the file.
@Suite(.enabled(if: Programs.has("python3")), .timeLimit(.minutes(5))) struct TruncateTests {
  private let scratch = Scratch()
  /// The permission that rangeclose needs if it cannot read every process.
  private let force = "--force=mapped,shared"

  /// The obvious orders of ftruncate(2) and lseek(2) leave bytes of zero in nearly every round.
  @Test(arguments: ["append", "plain"], ["busy", "slow"])
  func theFileBeginsWithALine(flag: String, pace: String) throws {
    let writer = try Target(
      "python3",
      [
        "-c",
        #"""
        import os, sys, time
        flag = os.O_APPEND if sys.argv[2] == "append" else 0
        log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | flag)
        print("ready", flush=True)
        number = 0
        while True:
          os.write(log, b"line %09d\n" % number); number += 1
          if sys.argv[3] == "slow": time.sleep(0.002)
        """#, scratch("log"), flag, pace,
      ])
    try writer.expect("ready")
    let faults = try faults(
      #"""
      path, pid, force = arguments
      last = -1
      for turn in range(200):
        eventually(lambda: os.path.getsize(path) > 100)
        outcome(0, ["truncated 1 descriptor"], pid, "path:" + path, "--truncate", force)
        # As far as it was written: the writer goes on.
        eventually(lambda: os.path.getsize(path) >= 30)
        with open(path, "rb") as file: text = file.read(30)
        lines = text.split(b"\n")
        right = text.startswith(b"line ") and b"\0" not in text and len(lines) == 3
        numbers = [int(line[5:]) for line in lines[:2]] if right else [0, 0]
        check(right and numbers[1] == numbers[0] + 1 and numbers[0] > last, turn, text)
        last = numbers[0]
      flags = int(open(f"/proc/{pid}/fdinfo/3").read().split("flags:")[1].split()[0], 8)
      print("flags", bool(flags & os.O_APPEND))
      """#, scratch("log"), "\(writer.pid)", force)
    #expect(faults == "flags \(flag == "append" ? "True" : "False")\n")
    #expect(writer.isRunning)
  }

  /// The storage that was free afterwards, counted once for each file.
  @Test(arguments: [["3"], ["3-"], ["type:reg"], ["-v", "3-"]]) func theFiguresAreRight(words: [String])
    throws
  {
    let faults = try faults(
      #"""
      path, force, *words = arguments
      subject = Subject(f"f = os.open('{path}', os.O_WRONLY | os.O_CREAT)", "g = os.dup(f)")
      for size in 3_000_000, 10_000_000:
        for order in f"os.write(f, b'x' * {size})", "os.fsync(f)": subject.do(order)
        held = os.stat(path).st_blocks * 512
        words = [word for word in words if word != "type:reg"] or [f"path:{path}"]
        text = outcome(0, [f"freed {held} bytes"], subject.pid, *words, "--bytes", "--truncate", force)
        check(os.path.getsize(path) == 0 and subject.do("os.lseek(f, 0, 1)") == 0, "not at 0", text)
        subject.do("os.write(g, b'abc')")
        check(open(path, "rb").read() == b"abc", "not written", text)
      """#, [scratch("file"), force] + words)
    #expect(faults == "")
  }

  /// A deleted log gives its space back, and its writer goes on.
  @Test(.enabled(if: Programs.isRoot)) func aDeletedLogGivesItsSpaceBack() throws {
    let disk = try scratch.mountMemory("disk", bytes: 16 << 20)
    let target = try holder("open 10 \(disk)/log", "fill 10 8388608", "unlink \(disk)/log")
    let before = freeBytes(at: disk)
    let run = try rangeclose("-q", "\(target.pid)", "--deleted", "--truncate", force)
    #expect(run.status == 0, "\(run)")
    #expect(freeBytes(at: disk) - before >= 8 << 20)
    try target.order("write 10")
  }

  /// tail(1) has the log open for reading only.
  @Test(.enabled(if: Programs.has("tail"))) func theReaderOfALogIsEnough() throws {
    scratch.write("log", "one\ntwo\n")
    let tail = try Target("tail", ["-n", "1", "-f", scratch("log")])
    try tail.expect("two")
    let run = try rangeclose("\(tail.pid)", "--path", scratch("log"), "--truncate", force)
    #expect(run.status == 0 && run.output.contains("truncated 1 descriptor"), "\(run)")
    #expect(scratch.read("log") == "")
    _ = try tail.hear(beginning: "tail: \(scratch("log")): file truncated")
    scratch.write("log", "three\n")
    _ = try tail.hear(beginning: "three")
  }

  @Test func whatIsNoRegularFileIsLeftAlone() throws {
    let faults = try faults(
      #"""
      subject = Subject(
        "m = os.memfd_create('memory')", "os.write(m, b'x' * 100)", "d = os.open('/', os.O_RDONLY)",
        "s = socket.socket()", "p, q = os.pipe()", "n = os.open('/dev/null', os.O_WRONLY)")
      words = subject.pid, "3- and not path:/proc/**", "--truncate", arguments[0]
      text = outcome(3, ["not a regular file"], "-v", *words)
      rows = [line for line in text.splitlines() if "left alone" in line]
      check([row.split()[1] for row in rows] == ["memfd", "dir", "tcp", "fifo", "fifo", "chr"], text)
      outcome(3, ["truncated 0", "not a regular file"], subject.pid, "3-", "--truncate", arguments[0])
      check(subject.do("os.fstat(m).st_size") == 100, "the memory is gone")
      """#, force)
    #expect(faults == "")
  }

  /// The kernel refuses, and the file stays as it is.
  @Test func aFileThatCannotBeEmptiedIsReported() throws {
    let faults = try faults(
      #"""
      import shutil
      path, force = arguments
      shutil.copy("/bin/sleep", path); os.chmod(path, 0o755)
      program = subprocess.Popen([path, "60"])
      subject = Subject(f"f = os.open('{path}', os.O_RDONLY)")
      size = os.path.getsize(path)
      # The number and the name of the error.
      outcome(3, ["descriptor 3: ", "ETXTBSY"], subject.pid, "path:" + path, "--truncate", force)
      check(os.path.getsize(path) == size, "it is truncated")
      program.kill(); program.wait()
      """#, scratch("program"), force)
    #expect(faults == "")
  }
}
