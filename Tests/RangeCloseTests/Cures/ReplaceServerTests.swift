import TestSupport
import Testing

/// The path of `--replace` is on a file server that does not answer.
@Suite(
  .enabled(if: Programs.isRoot && Programs.has("python3")), .timeLimit(.minutes(3)))
struct ReplaceServerTests {
  private let scratch = Scratch()

  /// A file server, and a subject with a log at number 3.
  private static let serving = #"""
    directory, program, mode, method = arguments
    mount = directory + "/mount"
    os.mkdir(mount)
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    server = subprocess.Popen([program, mount, "0", mode], **pipes)
    def hear(wanted): line = server.stdout.readline().strip(); check(line == wanted, line, "is not", wanted)
    def say(word): server.stdin.write(word + "\n"); server.stdin.flush()
    def files():
      numbers = os.listdir(f"/proc/{subject.pid}/fd")
      return {int(n): os.readlink(f"/proc/{subject.pid}/fd/{n}") for n in numbers}
    hear("ready")
    log = directory + "/log"
    subject = Subject(f"a = os.open('{log}', os.O_WRONLY | os.O_CREAT | os.O_APPEND)")
    before = files()
    def replace(status, name, *words):
      words = "3", f"--replace={name}", "--timeout=0.5", "--method=" + method, *words
      return outcome(status, [], subject.pid, *words)

    """#
  /// The end of a script: without its server, no close of the subject waits.
  private static let ending = #"""

    server.stdin.close(); server.wait()
    os.kill(subject.pid, signal.SIGKILL); os.waitpid(subject.pid, 0)
    """#

  private func faults(_ script: String, _ mode: String, _ method: String) throws -> String {
    try RangeCloseTests.faults(
      Self.serving + script + Self.ending,
      [scratch.path, Programs.fixture("fuse-server"), mode, method])
  }

  /// The kernel tells the server of the interruption, and the server answers with an error.
  @Test(arguments: ["auto", "close"]) func theServerEndsTheCall(method: String) throws {
    let faults = try faults(
      #"""
      say("hold"); hear("holding")
      text = replace(3, mount + "/file")
      check("EINTR" in text and "not replaced by" in text, text)
      hear("held"); hear("interrupted")
      check(files() == before, files())
      say("answer"); hear("answered")
      check(subject.do("os.write(a, b'x')") == 1 and open(log).read() == "x", "the log cannot be written")
      replace(0, mount + "/file")
      check(files() == {**before, 3: mount + "/file"}, files())
      """#, "interrupt", method)
    #expect(faults == "")
  }

  /// The server does not answer the interruption either, so the kernel keeps the target in the call.
  @Test(arguments: ["auto", "close"]) func theServerIsSilent(method: String) throws {
    let faults = try faults(
      #"""
      text = replace(3, mount + "/slow")
      check("a file server may not answer" in text, text)
      check(files() == before, "something has changed", files())
      subject.begin("os.write(a, b'x')")
      check(subject.end(0.5) == "nothing", "the call has returned")
      hear("held"); say("answer"); hear("answered")
      check(subject.end() == 1 and open(log).read() == "x", "the target does not go on")
      more = files().keys() - before.keys()
      check(len(more) <= 1, "more than one number is open", files())
      check({n: name for n, name in files().items() if n in before} == before, files())
      for n in more: check(subject.do(f"os.get_inheritable({n})") == False, n, "is inherited")
      replace(0, "/dev/null")
      check(files()[3] == "/dev/null", files())
      """#, "hold", method)
    #expect(faults == "")
  }
}
