import Glibc
import TestSupport
import Testing

/// `--descendants`: the listed processes and everything below them.
@Suite(.enabled(if: Programs.has("python3"))) struct DescendantTests {
  private let scratch = Scratch()

  /// A process with two children and three grandchildren, each of which has the file `shared` at 10 and a
  /// file of its own at 11.
  ///
  /// It prints the ID, the parent and the level of each, and then "ready". All end with their parents.
  private static let tree = """
    import ctypes, os, signal, sys
    directory = sys.argv[1]
    shared = os.open(directory + "/shared", os.O_CREAT | os.O_RDWR)
    os.dup2(shared, 10); os.close(shared)
    os.unlink(directory + "/shared")
    def own(name):
      number = os.open(directory + "/" + name, os.O_CREAT | os.O_RDWR)
      os.dup2(number, 11); os.close(number)
    def spawn(level, count):
      ready = os.pipe()
      child = os.fork()
      if child == 0:
        ctypes.CDLL(None).prctl(1, 9)
        os.close(ready[0])
        own(f"{os.getpid()}")
        for _ in range(count): spawn(level + 1, 0)
        print(os.getpid(), os.getppid(), level, flush=True)
        os.write(ready[1], b"x"); os.close(ready[1])
        while True: signal.pause()
      os.close(ready[1])
      os.read(ready[0], 1); os.close(ready[0])
    own("root")
    spawn(1, 2)
    spawn(1, 1)
    print("ready", flush=True)
    sys.stdin.read()
    """

  private func tree() throws -> (root: Target, others: [(pid: String, parent: String, level: String)]) {
    let root = try Target("python3", ["-c", Self.tree, scratch.path])
    var others: [(String, String, String)] = []
    while case let line = try root.hear(), line != "ready" {
      let words = line.split(separator: " ").map(String.init)
      others.append((words[0], words[1], words[2]))
    }
    #expect(others.count == 5)
    return (root, others)
  }

  private func isOpen(_ number: Int, in pid: String) -> Bool {
    var status = stat()
    return lstat("/proc/\(pid)/fd/\(number)", &status) == 0
  }

  @Test func childrenAndGrandchildrenAreWorkedOn() throws {
    let (root, others) = try tree()
    let every = ["\(root.pid)"] + others.map(\.pid)
    let listing = try rangeclose(
      "-n", "-r", "--no-headings", "-o", "PID", "--descendants", "\(root.pid)", "10")
    #expect(
      Set(listing.output.split(separator: "\n").map(String.init)) == Set(every) && listing.status == 0,
      "\(listing)")
    // The list alone means its processes alone.
    #expect(
      try rangeclose("-n", "-r", "--no-headings", "-o", "PID", "\(root.pid)", "10").output == "\(root.pid)\n")
    let run = try rangeclose("--descendants", "\(root.pid)", "--deleted")
    #expect(run.status == 0, "\(run)")
    #expect(run.output.split(separator: "\n").count == every.count + 1, "\(run)")
    for pid in every { #expect(!isOpen(10, in: pid) && isOpen(11, in: pid), "\(pid)") }
    #expect(stoppedThreads(of: root.pid).isEmpty)
    let again = try rangeclose("--descendants", "\(root.pid)", "--deleted")
    #expect(
      again.status == 1 && again.errors.hasSuffix("rangeclose: no descriptor matches in any process\n"),
      "\(again)")
  }

  /// The descendants of a child are a part of the tree, and its siblings are not.
  @Test func aSubtreeLeavesTheRestAlone() throws {
    let (root, others) = try tree()
    let child = try #require(others.first { $0.level == "1" }).pid
    let below = others.filter { $0.pid == child || $0.parent == child }.map(\.pid)
    #expect(below.count == 3)
    #expect(try rangeclose("-q", "--descendants", child, "10").status == 0)
    for pid in ["\(root.pid)"] + others.map(\.pid) {
      #expect(isOpen(10, in: pid) == !below.contains(pid), "\(pid)")
    }
    // A grandchild and its grandparent in one list: each process comes once.
    let listing = try rangeclose(
      "-n", "-r", "--no-headings", "-o", "PID", "--descendants", "\(below[0]),\(root.pid),\(child)", "11")
    let lines = listing.output.split(separator: "\n")
    #expect(lines.count == 6 && Set(lines).count == 6, "\(listing)")
  }

  /// rangeclose is a descendant of the shell that started it, and does not work on itself.
  @Test func rangecloseLeavesItselfOut() throws {
    let script = "exec 9</dev/null; \"$0\" -n -r --no-headings -o PID,FD --descendants $$ 9; echo $?"
    let shell = try Target("sh", ["-c", script, Programs.rangeclose])
    #expect(try shell.rest() == "\(shell.pid) 9\n0\n")
  }

  @Test func everythingHasNoDescendants() throws {
    let run = try rangeclose("-n", "--all", "--descendants", "3-")
    #expect(run.status == 2)
    #expect(run.errors == "rangeclose: --all already means every process; leave --descendants out\n")
  }
}
