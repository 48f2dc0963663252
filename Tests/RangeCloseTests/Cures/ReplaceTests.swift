import Glibc
import TestSupport
import Testing

/// The file that `--replace` puts in place: how it is open, and what else is.
@Suite(.enabled(if: Programs.has("python3")), .timeLimit(.minutes(3))) struct ReplaceTests {
  private let scratch = Scratch()

  /// The descriptor of a subject as the kernel shows it: file, flags, close-on-exec.
  private static let shown = #"""
    import fcntl
    def shown(subject, number):
      flags = [subject.do(f"__import__('fcntl').fcntl({number}, {command})") for command in (3, 1)]
      return subject.do(f"os.readlink('/proc/self/fd/{number}')"), *flags
    def open_numbers(subject): return sorted(map(int, subject.do("os.listdir('/proc/self/fd')")))
    directory = arguments[0]

    """#

  private func faults(_ script: String, _ words: String...) throws -> String {
    try RangeCloseTests.faults(Self.shown + script, [scratch.path] + words)
  }

  @Test(arguments: ["auto", "close"]) func theNumberKeepsItsFlags(method: String) throws {
    let faults = try faults(
      #"""
      modes = os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_PATH
      more = 0, os.O_APPEND, os.O_NONBLOCK, os.O_APPEND | os.O_NONBLOCK
      for path in "/dev/null", directory + "/new":
        subject = Subject()
        for mode in modes:
          for others in more:
            for cloexec in True, False:
              n = subject.do(f"os.open('{directory}/old', {mode | others | os.O_CREAT}, 0o600)")
              if mode == os.O_PATH and n == "ENOENT": continue
              subject.do(f"os.set_inheritable({n}, {not cloexec})")
        before = open_numbers(subject)
        was = {n: shown(subject, n) for n in before if n > 2}
        count = len([n for n in before if n > 2 and was[n][0].endswith("/old")])
        check(count == 32, count)
        facts = [f"replaced {count} descriptors by {path}\n"]
        words = f"path:{directory}/old", f"--replace={path}", f"--method={arguments[1]}"
        outcome(0, facts, subject.pid, *words)
        check(open_numbers(subject) == before, "other numbers are open", open_numbers(subject))
        for n in was:
          if was[n][0].endswith("/old"):
            check(shown(subject, n) == (path, *was[n][1:]), path, shown(subject, n), was[n])
      """#, method)
    #expect(faults == "")
  }

  /// One open file description serves the numbers that are open in one way, and the storage comes back.
  @Test func aDeletedLogIsReplaced() throws {
    let faults = try faults(
      #"""
      log = directory + "/log"
      subject = Subject(f"a = os.open('{log}', os.O_WRONLY | os.O_CREAT)", "os.write(a, b'x' * 3000000)",
        f"b = os.open('{log}', os.O_WRONLY)", f"c = os.open('{log}', os.O_RDONLY)", f"os.unlink('{log}')")
      with open(directory + "/new", "w") as file: file.write("first ")
      outcome(0, ["replaced 3 descriptors", "freed"], subject.pid, "--deleted", f"--replace={directory}/new")
      subject.do("os.write(a, b'second ')"); subject.do("os.write(b, b'third')")
      check(open(directory + "/new").read() == "first second third", open(directory + "/new").read())
      check(subject.do("os.read(c, 6)") == b"first ", "the reader has another offset")
      check(subject.do("os.write(c, b'x')") == "EBADF", "the reader can write")
      """#)
    #expect(faults == "")
  }

  @Test func aNewFileHasTheOldPermissionsLessTheUmask() throws {
    let faults = try faults(
      #"""
      for umask, old, new in (
        (0o022, 0o666, 0o644), (0o027, 0o640, 0o640), (0, 0o604, 0o604), (0o077, 0o777, 0o700)):
        subject = Subject(f"a = os.open('{directory}/old', os.O_WRONLY | os.O_CREAT)", f"os.fchmod(a, {old})",
          f"os.umask({umask})")
        outcome(0, [], subject.pid, f"path:{directory}/old", f"--replace={directory}/new")
        made = stat.S_IMODE(os.stat(directory + "/new").st_mode)
        check(made == new, oct(umask), oct(old), oct(made))
        os.unlink(directory + "/new"); os.unlink(directory + "/old")
      # Nobody may read what one of the old files kept secret.
      subject = Subject(f"a = os.open('{directory}/1', os.O_WRONLY | os.O_CREAT, 0o644)",
        f"b = os.open('{directory}/2', os.O_RDWR | os.O_CREAT, 0o600)")
      outcome(0, [], subject.pid, "3-4", f"--replace={directory}/new")
      check(stat.S_IMODE(os.stat(directory + "/new").st_mode) == 0o600, os.stat(directory + "/new"))
      """#)
    #expect(faults == "")
  }

  /// Sockets, pipes, directories and event files are replaced by their access mode.
  @Test func everyKindOfFile() throws {
    let faults = try faults(
      #"""
      server, client, port = connected()
      client.do("r, w = os.pipe()"); client.do("d = os.open('/', os.O_RDONLY)")
      client.do("e = select.epoll()"); client.do("v = os.eventfd(0)")
      before = open_numbers(client)
      words = "3- and not path:/proc/**", "--replace"
      text = outcome(0, ["replaced 6 descriptors"], client.pid, *words)
      check(open_numbers(client) == before, open_numbers(client))
      modes = [shown(client, n)[:2] for n in range(3, 9)]
      check(all(path == "/dev/null" for path, _ in modes), modes)
      check([flags & 3 for _, flags in modes] == [2, 0, 1, 0, 2, 2], modes)
      check(server.do("s.recv(9)") == b"", "the peer has not seen the end")
      """#)
    #expect(faults == "")
  }

  /// A thread that waits on the old file goes on with the new one.
  @Test func aBlockedReaderReadsTheNewFile() throws {
    let faults = try faults(
      #"""
      subject = Subject("r, w = os.pipe()")
      subject.block("os.read(r, 9)")
      outcome(0, [" 1 descriptor"], subject.pid, "3", "--replace")
      check(subject.end() == b"", "the reader still waits")
      """#)
    #expect(faults == "")
  }

  /// Thousands of calls without a stop between them, and numbers in between that stay.
  @Test func manyNumbersAtOnce() throws {
    let target = try holder("leak 100 999")
    let numbers = stride(from: 100, to: 1000, by: 2).map(String.init).joined(separator: ",")
    let run = try rangeclose("-v", "\(target.pid)", numbers, "--replace=/dev/zero")
    #expect(run.status == 0 && run.output.contains("replaced 450 descriptors by /dev/zero"), "\(run)")
    #expect(try target.ask("list").hasSuffix("100-999"))
    for number in 100..<1000 {
      let link = targetOfLink("/proc/\(target.pid)/fd/\(number)")
      #expect((link == "/dev/zero") == number.isMultiple(of: 2), "\(number): \(link ?? "closed")")
    }
  }

  @Test func a32BitTarget() throws {
    guard try Programs.hasI386() else { return }
    for roles in [["poll"], ["spin", "nanosleep"]] {
      let target = try Target(Programs.fixture("i386"), ["400"] + roles)
      try target.expect("ready")
      let path = scratch("new")
      let numbers = stride(from: 5, to: 400, by: 2).map(String.init).joined(separator: ",")
      let run = try rangeclose("-v", "\(target.pid)", numbers, "--replace=\(path)")
      #expect(run.status == 0 && run.output.contains("replaced 198 descriptors"), "\(run)")
      #expect(targetOfLink("/proc/\(target.pid)/fd/7") == path)
      let answer = try target.ask("")
      #expect(answer.contains(" open 396 ") && answer.contains(" wrong 0 "), "\(answer)")
      mkdir(scratch("copies"), 0o755)
      let saved = try rangeclose("\(target.pid)", "5", "--replace", "--save=\(scratch("copies"))")
      #expect(saved.status == 0 && saved.output.contains("saved 0 bytes of \(path) as "), "\(saved)")
      #expect(targetOfLink("/proc/\(target.pid)/fd/5") == "/dev/null")
    }
  }
}

/// The text of a link such as `/proc/PID/fd/N`; nil if there is none.
func targetOfLink(_ path: String) -> String? {
  var bytes = [UInt8](repeating: 0, count: 4096)
  let count = readlink(path, &bytes, bytes.count)
  return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
}
