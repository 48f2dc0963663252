import Glibc
import TestSupport
import Testing

/// Descriptors that look like another kind are not mistaken for it.
@Suite(.enabled(if: Programs.has("python3"))) struct LookalikeTests {
  private let scratch = Scratch()

  /// Starts a Python process that runs these lines, with the modules that a test may need.
  private func python(_ lines: String...) throws -> Target {
    let before = ["import ctypes, os, socket, sys, threading, time", "libc = ctypes.CDLL(None)"]
    let after = ["print('ready', flush=True)", "sys.stdin.read()"]
    let target = try Target("python3", ["-c", (before + lines + after).joined(separator: "\n")])
    let line = try target.hear()
    if line != "ready" { throw Target.Failure(description: "python3: \(line) \(try target.rest())") }
    return target
  }

  /// rangeclose does not ask the file system of a socket's name for the protocol.
  ///
  /// The file system may belong to a server that has hung.
  @Test(.enabled(if: Programs.has("strace"))) func theNameOfASocketIsNotAskedForItsProtocol() throws {
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
    // The name's last link is gone, and no connection goes through the name.
    try expect(target, "40-", "deleted", picks: "40")
    try expect(target, "40- and not state:established,listen,closed", picks: "40")
  }

  @Test(.enabled(if: Programs.isRoot)) func theNameOfASocketKeepsItsMountBusy() throws {
    let mount = try scratch.mountMemory("mount", bytes: 1 << 20)
    let target = try python(
      "name = socket.socket(socket.AF_UNIX)", "name.bind('\(mount)/name')", "name.close()",
      "os.dup2(os.open('\(mount)/name', os.O_PATH), 40)")
    try expect(target, "40- and mode:path and mount:\(mount)", picks: "40")
    try expect(target, "40- and mode:path and not mount:\(mount)", picks: "")
    target.end()
  }

  /// The kernel has an internal file system for each size of huge pages.
  @Test func aMemfdOfHugePagesIsAMemfd() throws {
    let target = try python(
      "for number, size in enumerate([0, 21, 30]):",
      "  try: made = os.memfd_create('huge', os.MFD_HUGETLB | size << 26)",
      "  except OSError: made = os.memfd_create('small')", "  os.dup2(made, 40 + number)")
    try expect(target, "40-42", "type:memfd", picks: "40 41 42")
    try expect(target, "40-42", "deleted", picks: "")
  }

  /// If rangeclose may not make a memfd itself, it cannot recognise the memfd of the target.
  ///
  /// It then does not take the memfd for a deleted file.
  @Test(.enabled(if: Programs.has("strace"))) func anUnrecognisedMemfdIsNotDeleted() throws {
    let target = try python("os.dup2(os.memfd_create('x'), 40)")
    let run = try Target(
      "strace",
      [
        "-qq", "-o", "/dev/null", "-e", "inject=memfd_create:error=EPERM", Programs.rangeclose, "-n", "-v",
        "\(target.pid)", "40-", "deleted",
      ])
    let answer = try run.rest()
    #expect(
      answer.contains("descriptor 40 is not picked, because rangeclose could not read its link count"),
      "\(answer)")
    #expect(run.wait() == 1)
  }

  /// The target writes to its temporary file after `--deleted`, as a database does.
  ///
  /// A descriptor that was opened later has no O_TMPFILE among its flags. A file that got a name by
  /// linkat(2) has one, and the kernel does not say whether it had one before.
  @Test func aFileThatNeverHadANameIsNotDeleted() throws {
    let target = try python(
      "def temporary(number): os.dup2(os.open('\(scratch.path)', os.O_TMPFILE | os.O_RDWR), number)",
      "def link(number, name): libc.linkat(-100, b'/proc/self/fd/%d' % number, -100, name, 0x400)",
      "for number in (40, 43, 44): temporary(number)",
      "os.dup2(os.open('/proc/self/fd/40', os.O_RDONLY), 41)",
      "os.dup2(os.open('/proc/self/fd/40', os.O_PATH), 42)",
      "link(43, b'\(scratch("named"))')", "link(44, b'\(scratch("once"))')",
      "os.unlink('\(scratch("once"))')",
      "os.dup2(os.open('\(scratch("gone"))', os.O_CREAT | os.O_RDWR), 45)", "os.unlink('\(scratch("gone"))')",
      "os.dup2(os.open('\(scratch("#7"))', os.O_CREAT | os.O_RDWR), 46)", "os.unlink('\(scratch("#7"))')",
      "print('ready', flush=True)", "sys.stdin.readline()", "os.write(40, b'data')",
      "print(os.read(41, 9).decode(), flush=True)")
    try expect(target, "40-", "tmpfile", picks: "40 41 42 44")
    try expect(target, "40-", "deleted", picks: "45 46")
    try expect(target, "40- and not tmpfile and not deleted", picks: "43")
    try expect(target, "40-", "flags:tmpfile", picks: "40 43 44")
    let listing = try rangeclose("-n", "\(target.pid)", "40-46").output
    #expect(listing.split(separator: "\n").count { $0.hasSuffix(" (tmpfile)") } == 4, "\(listing)")
    let run = try rangeclose("\(target.pid)", "--deleted", "40-")
    #expect(run.status == 0 && run.errors.contains("left 4 files alone"), "\(run)")
    try target.expect("data", to: "")
    try expect(target, "40-", picks: "40 41 42 43 44")
  }

  @Test func anOwnerWithAnExitedLeaderIsFound() throws {
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

  /// getpeername(2) reports no peer if the port of the peer is 0.
  @Test(.enabled(if: Programs.isRoot)) func aConnectedRawSocketIsPickedByItsPeer() throws {
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

  /// A mounted namespace is still on the kernel's file system of namespaces, whatever path it shows.
  @Test(.enabled(if: Programs.isRoot && Programs.has("unshare", "mount")))
  func aMountedNamespaceIsANamespace() throws {
    let file = scratch.write("mounted")
    let script = "mount --bind /proc/self/ns/uts \(file) && exec 9<\(file) && echo ready && exec cat"
    let target = try Target("unshare", ["-m", "sh", "-c", script])
    try target.expect("ready")
    try expect(target, "9", "type:ns", picks: "9")
    try expect(target, "9", "type:reg", picks: "")
  }

  /// A queue that was opened by its path in a mounted file system is still a message queue.
  @Test(.enabled(if: Programs.isRoot && Programs.has("unshare", "mount")))
  func aMountedQueueIsAMessageQueue() throws {
    mkdir(scratch("queues"), 0o755)
    let script =
      "mount -t mqueue none \(scratch("queues")) && : >\(scratch("queues"))/q"
      + " && exec 9<\(scratch("queues"))/q && echo ready && exec cat"
    let target = try Target("unshare", ["-mi", "sh", "-c", script])
    try target.expect("ready")
    try expect(target, "9", "type:mqueue", picks: "9")
  }

  /// A different part of the selector may decide each time.
  @Test func aFileWhoseSizeChangesAllTheTimeIsClosed() throws {
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
