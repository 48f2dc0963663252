import Glibc
import TestSupport
import Testing

/// What looks like something else is not taken for it.
@Suite(.enabled(if: Programs.has("python3"))) struct LookalikeTests {
  private let scratch = Scratch()

  /// A process of Python's that has run these lines, with what a test may need of the system calls.
  private func python(_ lines: String...) throws -> Target {
    let before = ["import ctypes, os, socket, sys, threading, time", "libc = ctypes.CDLL(None)"]
    let after = ["print('ready', flush=True)", "sys.stdin.read()"]
    let target = try Target("python3", ["-c", (before + lines + after).joined(separator: "\n")])
    let line = try target.hear()
    if line != "ready" { throw Target.Failure(description: "python3: \(line) \(try target.rest())") }
    return target
  }

  /// Its file system is not asked what it speaks, for there may be a server that has hung.
  @Test(.enabled(if: Programs.has("strace"))) func aSocketsName() throws {
    let target = try python(
      "name = socket.socket(socket.AF_UNIX)", "name.bind('\(scratch("name"))')",
      "os.dup2(os.open('\(scratch("name"))', os.O_PATH), 40)", "os.unlink('\(scratch("name"))')",
      "pair = socket.socketpair()", "os.dup2(pair[0].fileno(), 41)")
    let trace = scratch("trace")
    let run = try Target(
      "strace",
      ["-e", "trace=getxattr,lgetxattr", "-o", trace, Programs.rangeclose, "-n", "\(target.pid)", "40,41"])
    let listing = try run.rest()
    #expect(pickedNumbers(listing) == "40 41" && listing.contains("40  sock"), "\(listing)")
    #expect(scratch.read(trace.split(separator: "/").last.map(String.init) ?? "").contains("/41\""))
    #expect(!scratch.read("trace").contains("/40\""))
    try expect(target, "40-", "type:sock", picks: "40 41")
    try expect(target, "40-", "type:unix", picks: "41")
    // The name's last link is gone, and nothing talks through it.
    try expect(target, "40-", "deleted", picks: "40")
    try expect(target, "40- and not state:established,listen,closed", picks: "40")
  }

  @Test(.enabled(if: Programs.isRoot)) func aSocketsNameKeepsItsMountBusy() throws {
    let mount = try scratch.mountMemory("mount", bytes: 1 << 20)
    let target = try python(
      "name = socket.socket(socket.AF_UNIX)", "name.bind('\(mount)/name')", "name.close()",
      "os.dup2(os.open('\(mount)/name', os.O_PATH), 40)")
    try expect(target, "40- and mode:path and mount:\(mount)", picks: "40")
    try expect(target, "40- and mode:path and not mount:\(mount)", picks: "")
    target.end()
  }

  /// There is a file system of the kernel's for each size of huge pages.
  @Test func memoryOfHugePages() throws {
    let target = try python(
      "for number, size in enumerate([0, 21, 30]):",
      "  try: made = os.memfd_create('huge', os.MFD_HUGETLB | size << 26)",
      "  except OSError: made = os.memfd_create('small')", "  os.dup2(made, 40 + number)")
    try expect(target, "40-42", "type:memfd", picks: "40 41 42")
    try expect(target, "40-42", "deleted", picks: "")
  }

  /// Where we may not make such memory ourselves, what somebody has is not taken for a deleted file.
  @Test(.enabled(if: Programs.has("strace"))) func memoryThatCannotBeTold() throws {
    let target = try python("os.dup2(os.memfd_create('x'), 40)")
    let run = try Target(
      "strace",
      [
        "-qq", "-o", "/dev/null", "-e", "inject=memfd_create:error=EPERM", Programs.rangeclose, "-n", "-v",
        "\(target.pid)", "40-", "deleted",
      ])
    let answer = try run.rest()
    #expect(
      answer.contains("descriptor 40 is not picked, for this could not be read: its link count"), "\(answer)")
    #expect(run.wait() == 1)
  }

  @Test func aProcessWhoseLeaderHasExited() throws {
    let target = try python(
      "read, write = os.pipe()", "os.dup2(write, 40)", "other = os.fork()",
      "if other == 0:", "  os.close(0)", "  os.close(write)", "  os.close(40)",
      "  threading.Thread(target=lambda: time.sleep(60)).start()", "  time.sleep(0.2)",
      "  libc.syscall(60, 0)", "os.close(read)", "time.sleep(0.5)",
      "print(other, file=open('\(scratch("other"))', 'w'))", "sys.stdout.flush()")
    let other = String(scratch.read("other").prefix { $0.isNumber })
    defer { if let pid = Int32(other) { kill(pid, SIGKILL) } }
    try expect(target, "40", "owner:\(other)", picks: "40")
    try expect(target, "40 and not owner:\(other)", picks: "")
  }

  /// getpeername(2) says that there is no peer where its port is 0.
  @Test(.enabled(if: Programs.isRoot)) func aRawSocketThatIsConnected() throws {
    let target = try python(
      "raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, 255)", "raw.connect(('127.0.0.1', 0))",
      "os.dup2(raw.fileno(), 40)",
      "datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)", "datagrams.connect(('127.0.0.1', 0))",
      "os.dup2(datagrams.fileno(), 41)")
    try expect(target, "40-41", "peer:127.0.0.1", picks: "40 41")
    try expect(target, "40-41 and not peer:127.0.0.1", picks: "")
    try expect(target, "40-41", "state:established", picks: "40 41")
    #expect(try rangeclose("-q", "\(target.pid)", "40-41", "--peer", "127.0.0.1").status == 0)
    try expect(target, "40-41", picks: "")
  }

  /// Both are on the kernel's file system of namespaces, whatever is said of their place.
  @Test(.enabled(if: Programs.isRoot && Programs.has("unshare", "mount"))) func aNamespaceThatIsMounted()
    throws
  {
    let file = scratch.write("mounted")
    let script = "mount --bind /proc/self/ns/uts \(file) && exec 9<\(file) && echo ready && exec cat"
    let target = try Target("unshare", ["-m", "sh", "-c", script])
    try target.expect("ready")
    try expect(target, "9", "type:ns", picks: "9")
    try expect(target, "9", "type:reg", picks: "")
  }

  /// A queue that is opened by its place in a mounted file system is one all the same.
  @Test(.enabled(if: Programs.isRoot && Programs.has("unshare", "mount"))) func aQueueThatIsMounted() throws {
    mkdir(scratch("queues"), 0o755)
    let script =
      "mount -t mqueue none \(scratch("queues")) && : >\(scratch("queues"))/q && exec 9<\(scratch("queues"))/q"
      + " && echo ready && exec cat"
    let target = try Target("unshare", ["-mi", "sh", "-c", script])
    try target.expect("ready")
    try expect(target, "9", "type:mqueue", picks: "9")
  }

  /// What decides may be another part of a selector each time.
  @Test func aFileWhoseSizeChangesAllTheTime() throws {
    let path = scratch.write("changing")
    let target = try python(
      "file = os.open('\(path)', os.O_RDWR)",
      "def change():", "  while True:", "    os.ftruncate(file, 5)", "    os.ftruncate(file, 50)",
      "threading.Thread(target=change, daemon=True).start()",
      "for number in range(40, 80): os.dup2(file, number)")
    for number in 40..<80 {
      let run = try rangeclose("\(target.pid)", "\(number)", "type:reg and size<10 or path:\(path)")
      #expect(run.status == 0 && run.output.contains("closed 1 descriptor"), "\(run)")
    }
  }
}
