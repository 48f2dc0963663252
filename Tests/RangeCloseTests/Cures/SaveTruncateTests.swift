import TestSupport
import Testing

/// `--save` together with `--truncate`: what is refused is not copied, and the stop is short.
///
/// The tests run in a PID namespace of their own, in which rangeclose can read every process.
@Suite(.enabled(if: Programs.isRoot && Programs.has("python3", "unshare")), .timeLimit(.minutes(3)))
struct SaveTruncateTests {
  private let scratch = Scratch()

  /// Runs a script in a new PID namespace, with a subject that appends to `log` and reads and writes `base`.
  private func faults(_ script: String) throws -> String {
    try RangeCloseTests.faults(
      #"""
      if not os.environ.get("INSIDE"):
        os.environ["INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-p", "-f", "--kill-child", "--mount-proc", *sys.orig_argv])
      directory = arguments[0]
      folder, log, base = directory + "/copies", directory + "/log", directory + "/base"
      os.mkdir(folder)
      save = "--save=" + folder
      def sizes(): return os.path.getsize(log), os.path.getsize(base)
      subject = Subject(
        f"f = os.open('{log}', os.O_WRONLY | os.O_CREAT | os.O_APPEND)", "os.write(f, b'x' * 8192)",
        f"g = os.open('{base}', os.O_RDWR | os.O_CREAT)", "os.write(g, b'y' * 8192)")

      """# + script, [scratch.path])
  }

  @Test func aRefusedFileIsNotCopied() throws {
    let faults = try faults(
      #"""
      before = os.stat(folder).st_mtime_ns
      text = outcome(3, ["left alone", "--force=shared"], subject.pid, "path:" + base, "--truncate", save)
      check(os.stat(folder).st_mtime_ns == before, "a copy was made")
      check(sizes() == (8192, 8192) and "saved" not in text, sizes(), text)
      # The others are copied and emptied.
      facts = ["left alone", "saved 8.0 KiB of " + log, "truncated 1 descriptor"]
      outcome(0, facts, subject.pid, f"path:{base} or path:{log}", "--truncate", save)
      copies = os.listdir(folder)
      check(copies == [f"{subject.pid}.3.log"] and sizes() == (0, 8192), copies, sizes())
      # O_PATH gives no right to the file.
      place = Subject(f"os.open('{base}', os.O_PATH)")
      before = os.stat(folder).st_mtime_ns
      outcome(3, ["O_PATH"], place.pid, "path:" + base, "--truncate", save, "--force=mapped,shared")
      check(os.stat(folder).st_mtime_ns == before, "a copy was made")
      """#)
    #expect(faults == "")
  }

  /// The search among all processes takes longer than the rest, so it comes before the stop.
  @Test(.enabled(if: Programs.has("strace"))) func theProcessIsNotStoppedForTheSearch() throws {
    let faults = try faults(
      #"""
      outcome(0, ["truncated 1"], subject.pid, "path:" + log, "--truncate", save,
        after=["strace", "-f", "-qq", "-o", directory + "/trace"])
      lines = open(directory + "/trace").read().splitlines()
      first = next(i for i, line in enumerate(lines) if "PTRACE_SEIZE" in line)
      last = max(i for i, line in enumerate(lines) if "PTRACE_DETACH" in line)
      searches = [i for i, line in enumerate(lines) if "openat(" in line and '"maps"' in line]
      check(searches and not [i for i in searches if first < i < last], first, last, searches)
      check(sizes() == (0, 8192), sizes())
      """#)
    #expect(faults == "")
  }
}
