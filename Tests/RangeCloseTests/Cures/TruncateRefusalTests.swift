import Glibc
import TestSupport
import Testing

/// Files whose users would be harmed by a truncation are left alone, unless the user of rangeclose allows it.
///
/// The tests run in a PID namespace of their own, in which rangeclose can read every process.
@Suite(.enabled(if: Programs.isRoot && Programs.has("python3", "unshare")), .timeLimit(.minutes(3)))
struct TruncateRefusalTests {
  private let scratch = Scratch()

  /// Runs a script in a new PID namespace, with a file of 8 KiB at `path`.
  private func faultsInside(_ script: String, _ words: String...) throws -> String {
    try faults(
      #"""
      if not os.environ.get("INSIDE"):
        os.environ["INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-p", "-f", "--kill-child", "--mount-proc", *sys.orig_argv])
      path = arguments[0] + "/file"
      def fill(): open(path, "wb").write(b"x" * 8192)
      def refused(subject, remedy, *words):
        words = subject.pid, "path:" + path, "--truncate", *words
        outcome(3, ["would be left alone", "--force=" + remedy], "-n", *words)
        outcome(3, ["left alone", "--force=" + remedy], *words)
        check(os.path.getsize(path) == 8192, words, "it is truncated")
      def done(subject, *words):
        words = subject.pid, "path:" + path, "--truncate", *words
        check("left alone" not in outcome(0, [" would be truncated"], "-n", *words), words, "wrong forecast")
        outcome(0, ["truncated 1 descriptor"], *words)
        check(os.path.getsize(path) == 0, words, "it is not truncated")
      writer = "f = os.open('%s', os.O_WRONLY)" % path
      fill()

      """# + script, [scratch.path] + words)
  }

  @Test func onlyItsOwnWriterNeedsNoForce() throws {
    let faults = try faultsInside(
      #"""
      done(Subject(writer))
      fill(); done(Subject("f = os.open('%s', os.O_RDONLY)" % path))
      place = Subject("f = os.open('%s', os.O_PATH)" % path)
      fill(); outcome(3, ["left alone", "O_PATH"], place.pid, "path:" + path, "--truncate")
      check(os.path.getsize(path) == 8192, "it is truncated")
      """#)
    #expect(faults == "")
  }

  /// A reader of a mapping gets SIGBUS for a page that is gone.
  @Test func aMappedFile() throws {
    let faults = try faultsInside(
      #"""
      subject = Subject(writer)
      mapper = Subject(
        "import mmap", f"r = open('{path}', 'rb')", "m = mmap.mmap(r.fileno(), 0, prot=mmap.PROT_READ)",
        "r.close()")
      refused(subject, "mapped")
      refused(subject, "mapped", "--force=shared")
      done(subject, "--force=mapped")
      check(mapper.do("m[0]") == "gone" and os.waitpid(mapper.pid, 0)[1] == signal.SIGBUS, "no SIGBUS")
      fill(); done(subject)
      """#)
    #expect(faults == "")
  }

  /// The mappings of files on btrfs show another device number than statx(2).
  @Test(.enabled(if: Programs.has("mkfs.btrfs", "losetup"))) func aMappedFileOnBtrfs() throws {
    let faults = try faultsInside(
      #"""
      if "btrfs" not in open("/proc/filesystems").read(): sys.exit()
      os.mkdir(arguments[0] + "/mount")
      image = arguments[0] + "/image"
      open(image, "wb").truncate(200 << 20)
      subprocess.run(["mkfs.btrfs", "-q", image], check=True, capture_output=True)
      subprocess.run(["mount", "-o", "loop", image, arguments[0] + "/mount"], check=True)
      path = arguments[0] + "/mount/file"
      fill()
      subject = Subject("f = os.open('%s', os.O_WRONLY)" % path)
      mapper = Subject(
        "import mmap", f"r = open('{path}', 'rb')", "m = mmap.mmap(r.fileno(), 0, prot=mmap.PROT_READ)",
        "r.close()")
      refused(subject, "mapped")
      os.kill(mapper.pid, signal.SIGKILL); os.waitpid(mapper.pid, 0)
      # An unmapped file with the number of another one is no obstacle.
      done(subject)
      os.kill(subject.pid, signal.SIGKILL); os.waitpid(subject.pid, 0)
      subprocess.run(["umount", arguments[0] + "/mount"], check=True)
      """#)
    #expect(faults == "")
  }

  @Test func aFileThatIsReadAndWritten() throws {
    let faults = try faultsInside(
      #"""
      subject = Subject(f"f = os.open('{path}', os.O_RDWR)")
      refused(subject, "shared")
      refused(subject, "shared", "--force=mapped")
      # Also if another process has it so.
      logger = Subject(f"f = os.open('{path}', os.O_WRONLY | os.O_APPEND)")
      refused(logger, "shared")
      done(subject, "--force=shared")
      """#)
    #expect(faults == "")
  }

  @Test(.enabled(if: Programs.has("sqlite3"))) func aDatabaseOfSQLite() throws {
    let faults = try faultsInside(
      #"""
      os.unlink(path)
      pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
      sqlite = subprocess.Popen(["sqlite3", path], **pipes)
      def ask(text):
        sqlite.stdin.write(text + "\n"); sqlite.stdin.flush()
        return sqlite.stdout.readline().strip()
      check(ask("create table t(n); insert into t values (7); select n from t;") == "7", "not created")
      words = sqlite.pid, "path:" + path, "--truncate"
      outcome(3, ["left alone", "--force=shared"], *words)
      check(ask("insert into t values (8); select sum(n) from t;") == "15", "the database is damaged")
      sqlite.stdin.close(); sqlite.wait()
      """#)
    #expect(faults == "")
  }

  /// Its offset would leave bytes of zero before the next line.
  @Test func aWriterWithAnotherDescription() throws {
    let faults = try faultsInside(
      #"""
      subject = Subject(writer)
      other = Subject(writer)
      refused(subject, "shared"); refused(other, "shared")
      append = Subject(f"f = os.open('{path}', os.O_WRONLY | os.O_APPEND)")
      refused(append, "shared")
      done(subject, "--force=shared")
      other.do("os.close(f)")
      # rangeclose moves this offset, and O_APPEND needs none.
      fill(); done(subject)
      fill(); subject.do("os.lseek(f, 5000, 0)"); done(append, "--force=shared")
      fill(); append.do("os.close(f)"); subject.do("g = os.open('/dev/null', os.O_RDONLY)")
      # A child has the same description.
      subject.do("os.fork() or time.sleep(100)")
      done(subject)
      """#)
    #expect(faults == "")
  }

  /// The leader of a process has exited, so its threads have to be asked for the file.
  @Test func aWriterWithoutItsLeader() throws {
    let faults = try faultsInside(
      #"""
      pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
      holder = subprocess.Popen([arguments[1]], **pipes)
      def ask(order):
        holder.stdin.write(order + "\n"); holder.stdin.flush()
        return holder.stdout.readline().strip()
      holder.stdout.readline()
      check(ask("open 10 " + path) == "ok" and ask("end-leader") == "ok", "no file")
      eventually(lambda: state(holder.pid) == "Z")
      subject = Subject(writer)
      refused(subject, "")
      """#, Programs.fixture("holder"))
    #expect(faults == "")
  }

  /// A process that rangeclose cannot read may use the file.
  @Test func processesOfOthersAreUnknown() throws {
    let target = try nobodysHolder(scratch)
    mkdir(scratch("open"), 0o777)
    chmod(scratch("open"), 0o777)
    let path = scratch("open/log")
    try target.order("flags 10 101 \(path)", "fill 10 8192")
    let refused = try rangeclose(["\(target.pid)", "--path", path, "--truncate"], asNobody: true)
    #expect(refused.status == 3 && refused.errors.contains("could not be read"), "\(refused)")
    #expect(refused.errors.contains("--force=mapped,shared"), "\(refused)")
    let run = try rangeclose(
      ["\(target.pid)", "--path", path, "--truncate", "--force=mapped,shared"], asNobody: true)
    #expect(run.status == 0 && run.output.contains("freed 8.0 KiB"), "\(run)")
    try target.order("write 10")
  }

  /// The workers of nginx share one description with O_APPEND.
  @Test(.enabled(if: Programs.has("nginx"))) func theLogOfNginx() throws {
    let faults = try faultsInside(
      #"""
      directory = arguments[0]
      os.mkdir(directory + "/nginx")
      open(directory + "/nginx/conf", "w").write(f"""
        daemon off; worker_processes 2; pid {directory}/nginx/pid; user root;
        error_log {directory}/nginx/error;
        events {{}}
        http {{
          access_log {directory}/nginx/access;
          server {{ listen unix:{directory}/nginx/socket; location / {{ return 200 "served\\n"; }} }}
        }}
        """)
      nginx = subprocess.Popen(["nginx", "-c", directory + "/nginx/conf", "-p", directory])
      def fetch():
        client = socket.socket(socket.AF_UNIX)
        try: client.connect(directory + "/nginx/socket")
        except OSError: return b""
        client.sendall(b"GET / HTTP/1.0\r\n\r\n"); return client.makefile("rb").read()
      check(eventually(lambda: b"served" in fetch()), "not served at first")
      log = directory + "/nginx/access"
      for turn in range(20):
        for _ in range(10): check(b"served" in fetch(), turn, "not served")
        outcome(0, ["truncated 1 descriptor"], nginx.pid, "path:" + log, "--truncate")
        check(b"served" in fetch(), turn, "not served")
        check(eventually(lambda: os.path.getsize(log) > 0), turn, "no line is logged")
        check(open(log, "rb").read().startswith(b"unix:"), turn, open(log, "rb").read(100))
      nginx.terminate(); nginx.wait()
      """#)
    #expect(faults == "")
  }
}
