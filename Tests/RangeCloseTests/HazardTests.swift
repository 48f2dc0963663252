import Glibc
import TestSupport
import Testing

/// rangeclose reports the hazards before a close, and its effect afterwards.
@Suite struct HazardTests {
  /// The hazard lines of a run for a process.
  private func hazards(_ target: Target, _ selectors: String...) throws -> String {
    try rangeclose(["-n", "\(target.pid)"] + selectors).errors
  }

  @Test func aWatchedDescriptorIsNamedWithItsSet() throws {
    let server = try holder()
    let port = try server.ask("listen 10")
    let target = try holder("tcp 12 \(port) 127.0.0.1", "tcp 13 \(port) 127.0.0.1", "epoll 5", "watch 5 12")
    let watched = try hazards(target, "--peer", ":\(port)")
    #expect(
      watched.contains("1 descriptor (12) is watched by epoll descriptor 5: the program would not notice"),
      "\(watched)")
    #expect(watched.contains("--shutdown wakes it"))
    let set = try hazards(target, "5")
    #expect(set.contains("1 descriptor (5) is of type epoll"), "\(set)")
    let other = try hazards(target, "13")
    #expect(!other.contains("watched"), "\(other)")
  }

  @Test func aListenerAndAnOtherEndAreNamed() throws {
    let server = try holder()
    let port = try server.ask("listen 10")
    #expect(try hazards(server, "10").contains("1 descriptor (10) is listening: no client could connect"))
    let client = try holder("tcp 12 \(port) 127.0.0.1")
    try server.order("accept 10 11")
    let connected = try hazards(client, "12")
    #expect(
      connected.contains("1 descriptor (12) is connected to \(server.pid) (fixture-holder)"), "\(connected)")
  }

  /// The process at the other end is named also if another process cannot be read, such as one of root.
  @Test(arguments: Programs.isRoot ? [false, true] : [false])
  func theLastEndOfAPipeIsNamed(asNobody: Bool) throws {
    let scratch = Scratch()
    let target = try asNobody ? nobodysHolder(scratch) : holder()
    try target.order("pipe 11 10", "pipe 13 12")
    let child = try target.ask("fork 11 12")
    try target.order("close 11", "close 12")
    let run = try rangeclose(["-n", "\(target.pid)", "10,13"], asNobody: asNobody)
    for (end, harm) in [
      ("1 descriptor (10) is the last writing end of a pipe", "would read end-of-file"),
      ("1 descriptor (13) is the last reading end of a pipe", "would get SIGPIPE at the next write"),
    ] {
      #expect(
        run.errors.contains(end) && run.errors.contains(harm) && run.errors.contains(": \(child) ("),
        "\(run)")
    }
    try target.order("dup 10 14")
    let shared = try rangeclose(["-n", "\(target.pid)", "10"], asNobody: asNobody)
    #expect(!shared.errors.contains("last"), "\(shared)")
  }

  @Test func aFileThatIsWrittenAndAFileWithLocksAreNamed() throws {
    let scratch = Scratch()
    let target = try holder(
      "open 10 \(scratch("log"))", "fill 10 4096", "open 11 \(scratch("locked"))",
      "read 14 \(scratch("locked"))", "lock 11 posix", "open 12 \(scratch("old"))", "fill 12 4096",
      "read 13 \(scratch("log"))")
    var times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0)]
    utimensat(AT_FDCWD, scratch("old"), &times, 0)
    let lines = try hazards(target, "10-14")
    #expect(lines.contains("1 descriptor (10) is open for writing, and the file was written to"), "\(lines)")
    #expect(lines.contains("2 descriptors (11, 14) are open on a file on which the process has record locks"))
  }

  /// `--strict` touches nothing, also with `-q`.
  @Test(arguments: [[], ["-q"], ["-v"]])
  func strictRefusesHazards(options: [String]) throws {
    let target = try holder("epoll 5", "leak 6 9")
    let run = try rangeclose(options + ["--strict", "\(target.pid)", "5-"])
    #expect(run.status == 3 && run.errors.contains("--strict refuses that"), "\(run)")
    try target.expect("0-2 5-9", to: "list")
    let harmless = try rangeclose(options + ["--strict", "\(target.pid)", "6-"])
    #expect(harmless.status == 0 && harmless.errors.isEmpty == !options.contains("-v") || options == ["-v"])
    try target.expect("0-2 5", to: "list")
  }

  @Test func withoutStrictQuietLooksForNoHazards() throws {
    let target = try holder("epoll 5")
    let run = try rangeclose("-q", "\(target.pid)", "5")
    #expect(run.status == 0 && run.errors.isEmpty && run.output.isEmpty, "\(run)")
  }

  // MARK: - Notes

  /// A call counts only if a stop makes its timeout start anew: not a sleep, and no wait without a timeout.
  @Test func callsWhoseTimeoutStartsAnewAreCounted() throws {
    let target = try Target(
      "python3",
      [
        "-c",
        """
        import select, signal, socket, struct, sys, threading, time
        one, other = socket.socketpair()
        with_timeout, without = socket.socketpair()
        with_timeout.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 60, 0))
        waits = [
          lambda: select.epoll().poll(60), lambda: select.epoll().poll(60), lambda: select.epoll().poll(),
          lambda: time.sleep(60), lambda: select.select([one], [], [], 60), lambda: with_timeout.recv(1),
          lambda: without.recv(1), lambda: signal.sigtimedwait([signal.SIGUSR1], 60),
          lambda: signal.sigwaitinfo([signal.SIGUSR1])]
        for wait in waits: threading.Thread(target=wait, daemon=True).start()
        print(one.fileno(), flush=True)
        sys.stdin.readline()
        """,
      ])
    let number = try target.hear()
    sleepUntilBlocked()
    let notes = [
      "2 threads are in epoll_wait(2), whose timeout starts anew",
      "1 thread is in recvfrom(2), whose timeout starts anew",
      "1 thread is in sigtimedwait(2), whose timeout starts anew",
    ]
    for words in [["-n"], ["-n", "--cloexec"], ["-v", "--cloexec"], ["-v"]] {
      let run = try rangeclose(words + ["\(target.pid)", number])
      let found = run.errors.split(separator: "\n").filter { $0.contains("anew") }
      #expect(run.status == 0 && found.count == notes.count, "\(words): \(run)")
      #expect(notes.allSatisfy { note in found.contains { $0.hasSuffix(note) } }, "\(words): \(run)")
    }
  }

  /// Neither does an operation that stops nothing start a timeout anew, nor does the default run print notes.
  @Test func onlyAStopThatIsReportedHasNotesOnTimeouts() throws {
    let script = """
      import select, socket, sys, threading
      one, other = socket.socketpair()
      threading.Thread(target=lambda: select.epoll().poll(60), daemon=True).start()
      print(one.fileno(), flush=True)
      sys.stdin.readline()
      """
    let target = try Target("python3", ["-c", script])
    let number = try target.hear()
    sleepUntilBlocked()
    #expect(try rangeclose("-n", "\(target.pid)", number).errors.contains("anew"))
    for words in [["-n", "--shutdown"], ["-v", "--shutdown"], ["--cloexec"], ["-q", "--cloexec"], []] {
      let run = try rangeclose(words + ["\(target.pid)", number])
      #expect(run.status == 0 && !run.errors.contains("anew"), "\(words): \(run)")
    }
  }

  // MARK: - What lives on

  @Test func aSocketThatAChildHoldsIsStillHeld() throws {
    let target = try Target(
      "python3",
      [
        "-c",
        """
        import os, signal, socket, sys
        server = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(server.getsockname())
        child = os.fork()
        if child == 0:
          import ctypes
          PR_SET_PDEATHSIG, SIGKILL = 1, 9
          ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL)
          signal.pause()
        print(client.fileno(), child, flush=True)
        sys.stdin.readline()
        """,
      ])
    let words = try target.hear().split(separator: " ")
    let run = try rangeclose("\(target.pid)", String(words[0]))
    #expect(
      run.output.contains("its socket is still held by \(words[1]) (python3), descriptor \(words[0])"),
      "\(run)")
    // The child holds the last descriptor.
    let last = try rangeclose(String(words[1]), String(words[0]))
    #expect(last.status == 0 && !last.output.contains("still held"), "\(last)")
  }

  /// A child that has the same open file keeps the lock, as with flock(1).
  @Test func aLockThatAChildHoldsIsStillHeld() throws {
    let scratch = Scratch()
    let target = try Target(
      "python3",
      [
        "-c",
        """
        import fcntl, os, signal, sys
        lock = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
        fcntl.flock(lock, fcntl.LOCK_EX)
        child = os.fork()
        if child == 0:
          import ctypes
          PR_SET_PDEATHSIG, SIGKILL = 1, 9
          ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL)
          signal.pause()
        print(lock, child, flush=True)
        sys.stdin.readline()
        """, scratch("lock"),
      ])
    let words = try target.hear().split(separator: " ").map(String.init)
    let run = try rangeclose("\(target.pid)", words[0])
    #expect(
      run.output.contains(
        "a lock of flock(2) is still held by \(words[1]) (python3), descriptor \(words[0])"),
      "\(run)")
    let last = try rangeclose(words[1], words[0])
    #expect(last.status == 0 && !last.output.contains("flock"), "\(last)")
  }

  /// A close of the descriptors is not enough for umount(8) while a process works in the directory.
  @Test(.enabled(if: Programs.isRoot))
  func aMountThatIsStillBusyIsNamedWithItsUsers() throws {
    let scratch = Scratch()
    let mount = try scratch.mountMemory("busy", bytes: 1 << 20)
    let other = try Target("sh", ["-c", "cd '\(mount)' && echo ready && read line"])
    #expect(try other.hear() == "ready")
    let target = try holder("open 10 \(mount)/file")
    let run = try rangeclose("\(target.pid)", "--mount", mount)
    #expect(run.status == 0 && run.errors.contains("still kept busy by \(other.pid) (sh): cwd"), "\(run)")
    other.say("")
    _ = other.wait()
    try target.order("open 11 \(mount)/file")
    let last = try rangeclose("\(target.pid)", "--mount", mount)
    #expect(last.status == 0 && !last.errors.contains("busy"), "\(last)")
    #expect(umount2(mount, 0) == 0)
  }

  /// A socket in a message that nobody has received lives on, and no process has it.
  @Test func aSocketInFlightIsHeldBySomethingUnseen() throws {
    let target = try Target(
      "python3",
      [
        "-c",
        """
        import socket, sys
        listener = socket.create_server(("127.0.0.1", 0))
        one, other = socket.socketpair()
        socket.send_fds(one, [b"x"], [listener.fileno()])
        print(listener.fileno(), flush=True)
        sys.stdin.readline()
        """,
      ])
    let run = try rangeclose("\(target.pid)", try target.hear())
    #expect(
      run.output.contains("its socket is still held by something that cannot be seen: a message in flight"),
      "\(run)")
  }

  /// The kernel shows the file of a loop device by its name only, which is read for ranges, too.
  @Test(.enabled(if: Programs.isRoot && Programs.has("losetup")), arguments: ["10", "--deleted"])
  func aDeletedFileBehindALoopDeviceIsStillHeld(selector: String) throws {
    let scratch = Scratch()
    let target = try holder("open 10 \(scratch("disk"))", "fill 10 1048576")
    let made = try Target("losetup", ["-f", "--show", scratch("disk")])
    let device = try made.hear()
    defer { _ = (try? Target("losetup", ["-d", device]))?.wait() }
    try target.order("unlink \(scratch("disk"))")
    let run = try rangeclose("\(target.pid)", selector)
    #expect(
      run.output.contains("closed 1 descriptor; 1.0 MiB still held by a loop device"), "\(run)")
  }

  /// The storage of a deleted file is called freed only if the file system gave it back.
  @Test(.enabled(if: Programs.isRoot))
  func storageInFlightIsNotCalledFreed() throws {
    let scratch = Scratch()
    let disk = try scratch.mountMemory("files", bytes: 16 << 20)
    let target = try Target(
      "python3",
      [
        "-c",
        """
        import os, socket, sys
        def deleted():
          file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
          os.write(file, bytes(4 << 20))
          os.unlink(sys.argv[1])
          return file
        one, other = socket.socketpair()
        kept, gone = deleted(), deleted()
        socket.send_fds(one, [b"x"], [kept])
        print(kept, gone, flush=True)
        sys.stdin.readline()
        """, "\(disk)/file",
      ])
    let numbers = try target.hear().split(separator: " ").map(String.init)
    let kept = try rangeclose("\(target.pid)", numbers[0])
    #expect(kept.output.contains("closed 1 descriptor, freed up to 4.0 MiB"), "\(kept)")
    let gone = try rangeclose("\(target.pid)", numbers[1])
    #expect(gone.output.contains("closed 1 descriptor, freed 4.0 MiB"), "\(gone)")
  }
}
