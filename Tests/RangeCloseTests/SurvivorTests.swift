import Glibc
import TestSupport
import Testing

/// Files that live on after the close of their descriptors: rangeclose names the holder, or says that it
/// cannot see it.
///
/// Each subject is a real process that has the file. The tests ask the kernel whether it lives on, as far as
/// the kernel shows it.
@Suite(.enabled(if: Programs.has("python3")), .timeLimit(.minutes(3))) struct SurvivorTests {
  private let scratch = Scratch()

  /// Runs a script with the names of `subjects`; it returns what does not hold.
  ///
  /// The script has these names, too:
  /// - `directory`: a directory of the test.
  /// - `deleted(NAME)`: an order that opens a file of 1 MiB without a name as `f`.
  /// - `child`: an order that makes a child with the same descriptors, and answers its process ID.
  /// - `closed(SUBJECT, NUMBER, FACT...)`: closes a number, and expects the facts in what rangeclose prints.
  private func faults(_ script: String, _ words: String...) throws -> String {
    try RangeCloseTests.faults(Self.closing + script, [scratch.path] + words)
  }

  private static let closing = #"""
    directory = arguments[0]
    def deleted(name):
      path = directory + "/" + name
      return (f"path = '{path}'; f = os.open(path, os.O_RDWR | os.O_CREAT);"
        " os.write(f, bytes(1 << 20)); os.unlink(path)")
    child = "fork()"
    fork = ("fork = lambda: os.fork() or (ctypes.CDLL(None).prctl(1, signal.SIGKILL), signal.pause())")
    class Process:
      def __init__(self, pid): self.pid = pid
    def closed(subject, number, *facts):
      return outcome(0, ["closed 1 descriptor", *facts], subject.pid, number)

    """#

  /// The kernel shows registered files by the texts of their links only.
  @Test func filesThatAreRegisteredWithAnIOUring() throws {
    let faults = try faults(
      #"""
      subject = Subject(
        deleted("file"), "a = socket.create_server(('127.0.0.1', 0))", "libc = ctypes.CDLL(None)",
        "ring = libc.syscall(425, 4, (ctypes.c_uint8 * 120)())")
      ring = subject.do("ring")
      if ring < 0: sys.exit()
      files = "libc.syscall(427, ring, 2, (ctypes.c_int * 2)(f, a.fileno()), 2)"
      check(subject.do(files) == 0, "the files were not registered")
      name = f"{subject.pid} ("
      file, listener = subject.do("f"), subject.do("a.fileno()")
      closed(subject, file, "1.0 MiB still held by " + name, "), io_uring")
      closed(subject, listener, "its socket is still held by " + name, "), io_uring")
      text = closed(subject, ring, "is of type io_uring: what waits there")
      check("still held" not in text, text)
      """#)
    #expect(faults == "")
  }

  @Test func aThreadHasATableOfItsOwn() throws {
    let faults = try faults(
      #"""
      subject = Subject(
        deleted("file"), "a = socket.create_server(('127.0.0.1', 0))", "done = threading.Event()",
        "body = lambda: (ctypes.CDLL(None).unshare(0x400), done.set(), threading.Event().wait())",
        "other = threading.Thread(target=body, daemon=True)", "other.start()", "done.wait()")
      thread, file, listener = map(subject.do, ("other.native_id", "f", "a.fileno()"))
      closed(subject, file, f"1.0 MiB still held by {thread} (", f"), descriptor {file}")
      closed(subject, listener, f"its socket is still held by {thread} (", f"), descriptor {listener}")
      # The table of the thread has the last descriptors.
      text = closed(Process(thread), file, ", freed") + closed(Process(thread), listener)
      check("still held" not in text, text)
      """#)
    #expect(faults == "")
  }

  /// Another file shares the storage, so the file system gives nothing back.
  @Test(.enabled(if: Programs.isRoot && Programs.has("mkfs.btrfs", "losetup")))
  func sharedStorageIsNotCalledFreed() throws {
    let faults = try faults(
      #"""
      if "btrfs" not in open("/proc/filesystems").read(): sys.exit()
      mount, image = directory + "/mount", directory + "/image"
      os.mkdir(mount); open(image, "wb").truncate(200 << 20)
      subprocess.run(["mkfs.btrfs", "-q", image], check=True, capture_output=True)
      subprocess.run(["mount", "-o", "loop", image, mount], check=True)
      try:
        open(mount + "/file", "wb").write(os.urandom(8 << 20)); os.sync()
        subprocess.run(["cp", "--reflink=always", mount + "/file", mount + "/copy"], check=True)
        subject = Subject(f"f = os.open('{mount}/file', os.O_RDWR)", f"os.unlink('{mount}/file')")
        closed(subject, subject.do("f"), ", freed up to 8.0 MiB")
        os.kill(subject.pid, signal.SIGKILL); os.waitpid(subject.pid, 0)
      finally: subprocess.run(["umount", mount], check=True)
      """#)
    #expect(faults == "")
  }

  /// An ordinary user cannot read the process of root that holds the file, too.
  @Test(.enabled(if: Programs.isRoot)) func anOrdinaryUserBesideAHolderOfRoot() throws {
    let target = try nobodysHolder(scratch)
    // Other tests write to the file system of the temporary directory.
    let disk = try scratch.mountMemory("disk", bytes: 4 << 20)
    chmod(disk, 0o777)
    let path = "\(disk)/file"
    try target.order("open 10 \(path)", "fill 10 1048576")
    let holder = try holder("read 10 \(path)")
    try target.order("unlink \(path)")
    let run = try rangeclose(["\(target.pid)", "--deleted"], asNobody: true)
    #expect(run.status == 0 && run.output.contains("closed 1 descriptor, freed up to 1.0 MiB"), "\(run)")
    let last = try rangeclose("\(holder.pid)", "--deleted")
    #expect(last.output.contains("closed 1 descriptor, freed 1.0 MiB"), "\(last)")
  }

  /// The reader of a pipe reads no end-of-file as long as another process can write.
  @Test func aChildHasTheSameEndOfAPipe() throws {
    let faults = try faults(
      #"""
      subject = Subject("r, w = os.pipe()", fork)
      pid, reader, writer = map(subject.do, (child, "r", "w"))
      held = f"the writing end of its pipe is still held by {pid} ("
      closed(subject, writer, held, f"), descriptor {writer}")
      subject.begin("os.read(r, 1)")
      check(subject.end(1) == "nothing", "the reader has read end-of-file")
      os.kill(pid, signal.SIGKILL)
      check(subject.end() == b"", "the reader has not read end-of-file")
      subject = Subject("r, w = os.pipe()", fork)
      pid, reader, writer = map(subject.do, (child, "r", "w"))
      held = f"the reading end of its pipe is still held by {pid} ("
      closed(subject, reader, held, f"), descriptor {reader}")
      check(subject.do("os.write(w, b'x')") == 1, "the writer got an error")
      # A run that is asked for nothing looks for nothing.
      check(does([], "-q", subject.pid, writer) == (0, ""), "output")
      """#)
    #expect(faults == "")
  }

  /// The port stays in use: a restarted server could not bind to it.
  @Test func aChildHoldsThePort() throws {
    let faults = try faults(
      #"""
      subject = Subject("a = socket.create_server(('127.0.0.1', 0))", fork)
      pid, number, port = map(subject.do, (child, "a.fileno()", "a.getsockname()[1]"))
      outcome(
        0, ["closed 1 descriptor", f"its socket is still held by {pid} (", f"), descriptor {number}"],
        subject.pid, "state:listen")
      new = socket.socket()
      try: new.bind(("127.0.0.1", port)); check(False, "the port is free")
      except OSError as error: check(error.errno == errno.EADDRINUSE, error)
      text = outcome(0, ["closed 1 descriptor", "listening: no client could"], pid, "state:listen")
      check("still held" not in text, text)
      new.bind(("127.0.0.1", port))
      """#)
    #expect(faults == "")
  }

  /// The kernel's tables do not list these sockets, or list them in another namespace.
  @Test func aChildHasASocketThatTheKernelDoesNotList() throws {
    let faults = try faults(
      #"""
      for family, type in ("AF_INET", "SOCK_STREAM"), ("AF_NETLINK", "SOCK_RAW"), ("AF_INET6", "SOCK_DGRAM"):
        subject = Subject(f"s = socket.socket(socket.{family}, socket.{type})", fork)
        pid, number = map(subject.do, (child, "s.fileno()"))
        closed(subject, number, f"its socket is still held by {pid} (", f"), descriptor {number}")
        text = outcome(0, ["closed 1 descriptor"], pid, number)
        check("still held" not in text, family, text)
      """#)
    #expect(faults == "")
  }

  @Test func memoryIsStillMapped() throws {
    let faults = try faults(
      #"""
      subject = Subject(
        "import mmap", "m = os.memfd_create('x')", "os.truncate(m, 1 << 20)", "k = ctypes.CDLL(None)",
        "k.mmap.restype = ctypes.c_void_p", "p = k.mmap(None, 1 << 20, 3, 1, m, ctypes.c_long(0))",
        "ctypes.memset(p, 1, 1 << 20)")
      closed(subject, subject.do("m"), f"1.0 MiB still held by {subject.pid} (", "), mapping")
      check(subject.do("ctypes.string_at(p, 1)") == b"\1", "the mapping is gone")
      """#)
    #expect(faults == "")
  }

  @Test func aDeletedProgramIsStillRunning() throws {
    let faults = try faults(
      #"""
      program = directory + "/program"
      subprocess.run(["cp", "/bin/sleep", program], check=True)
      subject = Subject(f"f = os.open('{program}', os.O_RDONLY)")
      sleeper = subprocess.Popen([program, "60"])
      os.unlink(program)
      closed(subject, subject.do("f"), f" still held by {sleeper.pid} (program), mapping")
      sleeper.kill(); sleeper.wait()
      """#)
    #expect(faults == "")
  }

  // MARK: - Locks

  /// rangeclose cannot see a lock in a message, but the lock is still there, as flock(1) finds.
  @Test(.enabled(if: Programs.has("flock"))) func aLockInFlightIsStillHeld() throws {
    let faults = try faults(
      #"""
      path = directory + "/lock"
      subject = Subject(
        "import fcntl", f"f = os.open('{path}', os.O_RDWR | os.O_CREAT)", "fcntl.flock(f, fcntl.LOCK_EX)",
        "a, b = socket.socketpair()", "socket.send_fds(a, [b'x'], [f])")
      closed(subject, subject.do("f"), "a lock of flock(2) is still held by something that cannot be seen")
      check(subprocess.run(["flock", "-n", path, "true"]).returncode == 1, "the lock is free")
      subject.do("b.close()"); subject.do("a.close()")
      check(subprocess.run(["flock", "-n", path, "true"]).returncode == 0, "the lock is taken")
      """#)
    #expect(faults == "")
  }

  /// The lock belongs to the open file description, which a child has, too.
  @Test func aRecordLockOfAnOpenFileIsStillHeld() throws {
    let faults = try faults(
      #"""
      path = directory + "/lock"
      take = "fcntl.fcntl(%s, 37, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0)) and 1"
      opened = "import fcntl, struct", f"f = os.open('{path}', os.O_RDWR | os.O_CREAT)"
      subject, other = Subject(*opened, fork), Subject(*opened)
      check(subject.do(take % "f") == 1, "no lock")
      pid, number = map(subject.do, (child, "f"))
      closed(subject, number, f"a lock of F_OFD_SETLK is still held by {pid} (", f"), descriptor {number}")
      check(other.do(take % "f") == "EAGAIN", "the lock is free")
      text = outcome(0, ["closed 1 descriptor"], pid, number)
      check("lock" not in text.replace("record locks", ""), text)
      check(other.do(take % "f") == 1, "the lock is taken")
      """#)
    #expect(faults == "")
  }

  // MARK: - What does not live on

  /// Some kernels list the TCP connection of a closed MPTCP socket with its inode number.
  @Test func aConnectionOfMPTCPIsOverAndHasAnOwner() throws {
    let faults = try faults(
      #"""
      try: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).close()
      except OSError: sys.exit()
      server, client, port = connected(protocol=262)
      here = client.do("s.fileno()")
      outcome(0, ["1 of ", " mptcp "], "-n", client.pid, f"owner:{server.pid} and type:mptcp")
      text = closed(client, here, f"is connected to {server.pid} (")
      check("still held" not in text, text)
      check(server.do("s.recv(9)") == b"", "the peer has not read end-of-file")
      """#)
    #expect(faults == "")
  }
}
