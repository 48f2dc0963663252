import Glibc
import TestSupport
import Testing

/// Targets in other namespaces or behind other barriers, and a rangeclose that is there itself.
@Suite(.enabled(if: Programs.isRoot && Programs.has("unshare", "nsenter", "setpriv")))
struct NamespaceTests {
  /// A holder in its own namespaces, with its process ID in the namespace of the tests.
  private struct Inmate {
    let unshare: Target
    let pid: pid_t

    /// - Parameter flags: Options of unshare(1). It forks for `-p -f`, and the holder is then the first
    /// process there.
    init(_ flags: String...) throws {
      unshare = try Target("unshare", flags + [Programs.fixture("holder")])
      guard try unshare.hear() == "ready" else {
        throw Target.Failure(description: "the holder did not start")
      }
      pid = flags.contains("-p") ? childProcesses(of: unshare.pid).first ?? -1 : unshare.pid
    }

    func ask(_ line: String) throws -> String { try unshare.ask(line) }
  }

  // MARK: - From outside

  @Test(arguments: [
    ["-p", "-f", "--kill-child", "--mount-proc"], ["-p", "-f", "--kill-child"], ["-m"], ["-n"], ["-u", "-i"],
    ["-U", "-r"], ["-U", "-r", "-p", "-f", "--kill-child", "-m", "-n", "-u", "-i"],
  ])
  func aTargetInOtherNamespacesIsClosed(flags: [String]) throws {
    let inmate = try Target("unshare", flags + [Programs.fixture("holder")])
    try inmate.expect("ready")
    let pid = flags.contains("-p") ? try #require(childProcesses(of: inmate.pid).first) : inmate.pid
    try inmate.order("leak 3 9", "threads 2")
    let run = try rangeclose("-v", "\(pid)", "5-8")
    #expect(run.status == 0 && run.output.contains("3 threads stopped"), "\(run)")
    #expect(try inmate.ask("list") == "0-4 9")
    #expect(try rangeclose("\(pid)", "9", "--path=/dev/null", "--method=close").status == 0)
    #expect(try inmate.ask("list") == "0-4")
    #expect(eventually { threadStates(pid) == ["S": 3] })
  }

  /// An unprivileged user made the user namespace of the target.
  ///
  /// The namespace gives that user the rights of root over everything in it.
  @Test func aUserMayCloseInItsOwnUserNamespace() throws {
    let scratch = Scratch()
    let holder = try scratch.copy(of: Programs.fixture("holder"), "holder")
    let target = try Target(
      asNobodyPrefix[0], asNobodyPrefix.dropFirst() + ["unshare", "-U", "-r", holder])
    try target.expect("ready")
    try target.order("leak 3 9")
    let run = try rangeclose(["\(target.pid)", "5-"], asNobody: true)
    #expect(run.status == 0, "\(run)")
    #expect(try target.ask("list") == "0-4")
  }

  @Test(.enabled(if: Programs.has("ip"))) func peersAreLookedUpInTheTargetsNetwork() throws {
    let inmate = try Inmate("-p", "-f", "--kill-child", "-m", "-n")
    try inmate.unshare.order("namespace")
    let port = try inmate.ask("listen 10")
    try inmate.unshare.order(
      "tcp 30 \(port) 127.0.0.1", "accept 10 31", "unix-listen 40 @there", "unix-connect 41 @there")
    // In the tests' own network the same port and name belong to other sockets.
    #expect(try rangeclose("-n", "\(inmate.pid)", "--peer", "127.0.0.2:\(port)").status == 1)
    let tcp = try rangeclose("\(inmate.pid)", "--peer", "127.0.0.1:\(port)")
    #expect(tcp.status == 0 && tcp.output.contains("closed 1 descriptor"), "\(tcp)")
    #expect(try inmate.ask("list") == "0-2 10 31 40-41")
    let unix = try rangeclose("\(inmate.pid)", "--peer", "unix:@there")
    #expect(unix.status == 0 && unix.output.contains("closed 1 descriptor"), "\(unix)")
    #expect(try inmate.ask("list") == "0-2 10 31 40")
  }

  @Test func filesOnTheTargetsMountsArePicked() throws {
    let scratch = Scratch()
    mkdir(scratch("mount"), 0o755)
    let script = "mount -t tmpfs none \"$0\" && exec \"$1\""
    let target = try Target(
      "unshare", ["-m", "sh", "-c", script, scratch("mount"), Programs.fixture("holder")])
    try target.expect("ready")
    try target.order("open 5 \(scratch("mount/kept"))", "open 6 \(scratch("mount/gone"))")
    try target.order("unlink \(scratch("mount/gone"))", "open 7 \(scratch("outside"))")
    // In the tests' own mount namespace the directory is empty.
    #expect(access(scratch("mount/kept"), F_OK) != 0)
    let deleted = try rangeclose("\(target.pid)", "--deleted", "--path", scratch("mount/**"))
    #expect(deleted.status == 0 && deleted.output.contains("closed 1 descriptor"), "\(deleted)")
    #expect(try target.ask("list") == "0-2 5 7")
    let named = try rangeclose("\(target.pid)", "--path", scratch("mount/*"))
    #expect(named.status == 0 && named.output.contains("closed 1 descriptor"), "\(named)")
    #expect(try target.ask("list") == "0-2 7")
  }

  /// Another mount covers the directory of a file that is called "x (deleted)".
  ///
  /// A lookup of the name finds nothing, which does not prove that the name was removed.
  @Test func aNameThatAMountCoversIsUnknown() throws {
    let scratch = Scratch()
    mkdir(scratch("covered"), 0o755)
    mkdir(scratch("covered/a"), 0o755)
    let target = try holder(
      "open 5 \(scratch("covered/a/x (deleted)"))", "open 6 \(scratch("covered/a/y"))",
      "open 7 \(scratch("z (deleted)"))")
    try expect(target, "3-", "path:\(scratch.path)/**/x*", picks: "5")
    _ = try scratch.mountMemory("covered", bytes: 1 << 20)
    try expect(target, "3-", "path:\(scratch.path)/**/x*", picks: "")
    try expect(target, "3- and not path:\(scratch.path)/**/x*", picks: "6 7")
    try expect(target, "--path", scratch("z (deleted)"), picks: "7")
  }

  /// The process chose the name of its file.
  ///
  /// For us the name could lead to an automounter. rangeclose does not follow the name in its own namespace,
  /// and nowhere beyond the kernel's cache.
  @Test(.enabled(if: Programs.has("strace"))) func aMadeUpNameIsLookedUpInTheCacheOfItsNamespace() throws {
    let scratch = Scratch()
    mkdir(scratch("net"), 0o755)
    // This file has the name for us.
    scratch.write("net/x (deleted)")
    let script = "mount -t tmpfs none \"$0\" && exec \"$1\""
    let target = try Target(
      "unshare", ["-m", "sh", "-c", script, scratch("net"), Programs.fixture("holder")])
    try target.expect("ready")
    try target.order("open 5 \(scratch("net/x (deleted)"))", "open 6 \(scratch("net/y"))")
    #expect(
      try Target(
        "ln",
        [
          "/proc/\(target.pid)/root\(scratch("net/y"))",
          "/proc/\(target.pid)/root\(scratch("net/z"))",
        ]
      ).wait() == 0)
    try target.order("unlink \(scratch("net/y"))")
    try expect(target, "3-", "path:\(scratch("net"))/x*", picks: "5")
    try expect(target, "--path", scratch("net/x (deleted)"), picks: "5")
    try expect(target, "--path", scratch("net/y"), picks: "6")
    let run = try Target(
      "strace", ["-o", scratch("trace"), Programs.rangeclose, "-n", "\(target.pid)", "5", "path:**/x*"])
    #expect(pickedNumbers(try run.rest()) == "5")
    let lookups = scratch.read("trace").split(separator: "\n").filter { $0.contains("\(scratch("net"))/") }
    // One line is the readlink(2) of the descriptor, and one the listing that rangeclose wrote.
    let calls = lookups.filter { !$0.hasPrefix("readlinkat(") && !$0.hasPrefix("write(") }
    #expect(!calls.isEmpty, "\(lookups)")
    for call in calls {
      #expect(call.hasPrefix("openat2(") && call.contains("RESOLVE_CACHED"), "\(call)")
      #expect(!call.contains("AT_FDCWD"), "\(call)")
    }
  }

  // MARK: - From inside

  @Test(arguments: [["-p", "-m"], ["-a"]])
  func rangecloseWorksInsideThePIDNamespace(entered: [String]) throws {
    let inmate = try Inmate("-p", "-f", "--kill-child", "--mount-proc", "-n", "-u")
    try inmate.unshare.order("leak 3 9", "threads 2")
    let run = try entering(inmate.pid, entered, "-v", "--force=init", "1", "5-8")
    #expect(run.status == 0 && run.output.contains("3 threads stopped"), "\(run)")
    #expect(try inmate.ask("list") == "0-4 9")
    // Inside, the outer process ID belongs to no process or to another process.
    let outer = try entering(inmate.pid, entered, "\(inmate.pid)", "3-")
    #expect(outer.status == 3 && outer.output.contains("no such process"), "\(outer)")
    #expect(try inmate.ask("list") == "0-4 9")
  }

  /// The numbers in the outer `/proc` belong to other processes, so rangeclose touches no process.
  @Test(arguments: [[], ["-n"], ["--method=close"]])
  func rangecloseRefusesTheProcOfAnotherPIDNamespace(options: [String]) throws {
    let inmate = try Inmate("-p", "-f", "--kill-child")
    try inmate.unshare.order("leak 900 909")
    let run = try entering(inmate.pid, ["-p"], options + ["1", "900-"])
    #expect(run.status == 3, "\(run)")
    #expect(run.output.contains("/proc belongs to another PID namespace"), "\(run)")
    #expect(try inmate.ask("list") == "0-2 900-909")
    // Both namespaces know this number; in the outer one it is a process of this test.
    let bystander = try holder("leak 900 909")
    let other = try entering(inmate.pid, ["-p"], options + ["\(bystander.pid)", "900-"])
    #expect(other.status == 3, "\(other)")
    #expect(other.output.contains("/proc belongs to another PID namespace"), "\(other)")
    #expect(try bystander.ask("list") == "0-2 900-909")
  }

  // MARK: - Barriers

  @Test func aHiddenProcessIsReportedAsMissing() throws {
    let scratch = Scratch()
    let program = try scratch.copy(of: Programs.rangeclose, "rangeclose")
    let (others, own) = (try holder("leak 3 9"), try nobodysHolder(scratch))
    try own.order("leak 3 9")
    let script = "mount -t proc -o hidepid=2 proc /proc && exec \"$@\""
    func run(_ target: Target) throws -> (status: Int32, output: String) {
      try ended(
        "unshare", ["-m", "sh", "-c", script, "sh"] + asNobodyPrefix + [program, "\(target.pid)", "5-"])
    }
    let hidden = try run(others)
    #expect(hidden.status == 3, "\(hidden)")
    #expect(
      hidden.output == "rangeclose: \(others.pid): no such process, or it is hidden from you;"
        + " check the ID, or run as root\n",
      "\(hidden)")
    #expect(try others.ask("list") == "0-9")
    let seen = try run(own)
    #expect(seen.status == 0, "\(seen)")
    #expect(try own.ask("list") == "0-4")
  }

  /// A setuid program has more rights than the user who started it.
  ///
  /// That user may not close its descriptors, not even after the program has dropped the rights.
  @Test func theUserOfASetuidProgramIsRefused() throws {
    let scratch = Scratch()
    let program = try scratch.copy(of: Programs.fixture("holder"), "holder")
    #expect(chmod(program, 0o4755) == 0)
    let target = try Target(asNobodyPrefix[0], asNobodyPrefix.dropFirst() + [program])
    try target.expect("ready")
    try target.order("leak 3 9")
    for (order, reason) in [("", "it runs as root (uid 0)"), ("drop", "it is protected from its own user")] {
      if !order.isEmpty { try target.order(order) }
      let refused = try rangeclose(["\(target.pid)", "3-"], asNobody: true)
      #expect(refused.status == 3 && refused.errors.contains("permission denied: \(reason)"), "\(refused)")
    }
    #expect(try target.ask("list") == "0-9")
    #expect(try rangeclose("\(target.pid)", "5-").status == 0)
    #expect(try target.ask("list") == "0-4")
  }

  @Test(arguments: ["auto", "close"]) func rootMayCloseInAProcessThatIsNotDumpable(method: String) throws {
    let target = try holder("leak 3 9", "threads 2", "undumpable")
    let run = try rangeclose("-v", "\(target.pid)", "5-", "--path=/dev/null", "--method", method)
    #expect(run.status == 0 && run.output.contains("closed 5 descriptors"), "\(run)")
    #expect(try target.ask("list") == "0-4")
  }

  /// Paths are those that rangeclose sees, not those inside the chroot.
  @Test func pathsOfAChrootedProcessAreThoseOutside() throws {
    let scratch = Scratch()
    mkdir(scratch("root"), 0o755)
    let target = try holder("chroot \(scratch("root"))", "open 5 /file", "open 6 /other", "unlink /other")
    #expect(access(scratch("root/file"), F_OK) == 0)
    #expect(try rangeclose("\(target.pid)", "--path", "/file").status == 1)
    #expect(try rangeclose("\(target.pid)", "--path", scratch("root/file")).status == 0)
    #expect(try target.ask("list") == "0-2 6")
    #expect(try rangeclose("\(target.pid)", "--deleted").status == 0)
    #expect(try target.ask("list") == "0-2")
  }

  // MARK: - Helpers

  private func ended(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let run = try Target(program, arguments)
    let output = try run.rest()
    return (run.wait(), output)
  }

  /// Runs the command in namespaces of a process; `flags` are options of nsenter(1).
  private func entering(
    _ pid: pid_t, _ flags: [String], _ arguments: String...
  ) throws -> (status: Int32, output: String) {
    try entering(pid, flags, arguments)
  }

  private func entering(
    _ pid: pid_t, _ flags: [String], _ arguments: [String]
  ) throws -> (status: Int32, output: String) {
    try ended("nsenter", ["-t", "\(pid)"] + flags + [Programs.rangeclose] + arguments)
  }
}
