import Glibc
import TestSupport
import Testing

/// Targets that change or exit while rangeclose works on them.
@Suite(.enabled(if: Programs.has("python3"))) struct ChangingTargetTests {
  /// The fixture swaps a deleted file and a file with a name behind one number.
  ///
  /// The duplicate decides. So the file with a name is never emptied.
  @Test(.timeLimit(.minutes(3))) func aFileThatChangesHandsIsNeverTheWrongOne() throws {
    let scratch = Scratch()
    let target = try Target(Programs.fixture("swapped-descriptor"), [scratch.path])
    let first = try target.hear(beginning: "ready").split(separator: " ")
    let deleted = try #require(first.last)
    scratch.write("kept", "the file with a name")
    let gone = "/proc/\(target.pid)/fd/\(deleted)"
    var emptied = 0
    var statuses: [Int32: Int] = [:]
    for _ in 0..<300 {
      let file = try #require(fopen(gone, "we"))
      fputs("deleted", file)
      fclose(file)
      let run = try rangeclose(
        "-q", "\(target.pid)", "--deleted", "50", "--truncate", "--force=mapped,shared")
      statuses[run.status, default: 0] += 1
      var status = stat()
      #expect(stat(gone, &status) == 0)
      if status.st_size == 0 { emptied += 1 }
      #expect((status.st_size == 0) == (run.status == 0), "\(run)")
      #expect(scratch.read("kept") == "the file with a name")
    }
    // Status 1 means that the number did not match at the scan, or was another file at the duplicate.
    #expect(emptied > 0 && Set(statuses.keys).isSubset(of: [0, 1]), "\(statuses)")
    target.endInput()
    #expect(try target.hear(beginning: "swaps").hasSuffix("rightly 0 wrongly 0"))
  }

  /// A thread swaps two connections behind one number.
  @Test(.timeLimit(.minutes(3))) func aSocketThatChangesHandsIsNeverTheWrongOne() throws {
    let faults = try faults(
      #"""
      wanted, kept = Subject("a = socket.create_server(('127.0.0.1', 0))"), Subject()
      port = wanted.do("a.getsockname()[1]")
      kept.do("a = socket.create_server(('127.0.0.1', 0))")
      other = kept.do("a.getsockname()[1]")
      subject = Subject(
        f"w = socket.create_connection(('127.0.0.1', {port}))",
        f"k = socket.create_connection(('127.0.0.1', {other}))",
        "w, k = os.dup2(w.detach(), 200), os.dup2(k.detach(), 201)",
        "swap = lambda: [os.dup2(n, 50) for _ in iter(int, 1) for n in (w, k)]",
        "threading.Thread(target=swap, daemon=True).start()")
      for server in wanted, kept: server.do("s = a.accept()[0]"); server.do("s.setblocking(False)")
      done = 0
      for turn in range(300):
        # A socket that is shut down for writing still has its peer.
        status, text = does((), subject.pid, "50", f"peer::{port}", "--shutdown=write")
        check(status in (0, 1), status, text)
        done += status == 0
        seen = kept.do("s.recv(9)")
        check(seen == "EAGAIN", "the other peer was told", seen)
      check(done > 0 and wanted.do("s.recv(9)") == b"", done, "the peer was not told")
      """#)
    #expect(faults == "")
  }

  /// The process exits at any moment of the work.
  @Test(.timeLimit(.minutes(3)), arguments: ["--shutdown", "--drop"])
  func aProcessThatExitsMeanwhile(operation: String) throws {
    let faults = try faults(
      #"""
      import random
      server = Subject("a = socket.create_server(('127.0.0.1', 0))")
      port = server.do("a.getsockname()[1]")
      statuses = set()
      for turn in range(60):
        subject = Subject(*[f"s{n} = socket.create_connection(('127.0.0.1', {port}))" for n in range(20)])
        for n in range(20): server.do("a.accept()")
        run = subprocess.Popen(
          [command, str(subject.pid), f"peer::{port}", arguments[0]], stdout=subprocess.PIPE,
          stderr=subprocess.STDOUT, text=True)
        time.sleep(random.random() * 0.03)
        os.kill(subject.pid, signal.SIGKILL)
        text = run.communicate()[0]
        statuses.add(run.returncode)
        # Done, nothing matched, could not, or partly.
        check(run.returncode in (0, 1, 3, 64), run.returncode, text)
        gone = "no such process", "exited", "zombie", "no descriptor matches"
        right = any(fact in text for fact in gone)
        check(run.returncode == 0 or right or " 20 descriptors" in text, run.returncode, text)
        os.waitpid(subject.pid, 0)
      """#, operation)
    #expect(faults == "")
  }

  /// A fact of the open file is read from the duplicate, not from the number, which the process swaps.
  @Test(.timeLimit(.minutes(5)), arguments: ["same-as:50", "flags:append", "offset=0", "locked:flock"])
  func aFileThatTakesTheNumberMeanwhileIsNotEmptied(term: String) throws {
    let scratch = Scratch()
    let target = try Target(
      "python3",
      [
        "-c",
        """
        import fcntl, os, sys, threading
        meant = os.open(sys.argv[1] + "/meant", os.O_RDWR | os.O_CREAT | os.O_APPEND)
        other = os.open(sys.argv[1] + "/other", os.O_RDWR | os.O_CREAT)
        os.write(other, b"precious")
        fcntl.flock(meant, fcntl.LOCK_EX)
        os.dup2(meant, 50)
        os.dup2(other, 60)
        os.dup2(meant, 10)
        def swap():
          while True:
            os.dup2(50, 10)
            os.dup2(60, 10)
        threading.Thread(target=swap, daemon=True).start()
        print("ready", flush=True)
        sys.stdin.readline()
        """, scratch.path,
      ])
    try target.expect("ready")
    for _ in 0..<100 {
      let run = try rangeclose("-q", "\(target.pid)", "10 and \(term)", "--truncate", "--force=mapped,shared")
      #expect([0, 1].contains(run.status), "\(run)")
    }
    var status = stat()
    #expect(stat(scratch("other"), &status) == 0 && status.st_size == 8)
  }

  /// The close-on-exec flag and record locks belong to the number.
  @Test(arguments: ["cloexec", "not cloexec", "flags:cloexec", "locked", "locked:posix"])
  func factsOfTheNumberAreRefused(term: String) throws {
    let target = try holder()
    for operation in ["--shutdown", "--drop", "--truncate"] {
      let run = try rangeclose("\(target.pid)", term, operation)
      #expect(run.status == 2 && run.errors.contains("depends on the number"), "\(run)")
    }
  }
}
