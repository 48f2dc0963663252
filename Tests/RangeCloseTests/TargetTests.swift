import Glibc
import TestSupport
import Testing

/// Processes that rangeclose refuses: it prints the reason and leaves them as they were.
@Suite struct TargetTests {
  private func refusal(_ arguments: String..., asNobody: Bool = false) throws -> String {
    let run = try rangeclose(arguments, asNobody: asNobody)
    #expect(run.status == 3)
    #expect(run.output.isEmpty)
    return run.errors
  }

  @Test func aMissingProcessIsReported() throws {
    let target = try holder()
    target.end()
    #expect(
      try refusal("\(target.pid)", "3-")
        == "rangeclose: \(target.pid): no such process, or it is hidden from you;"
        + " check the ID, or run as root\n")
  }

  @Test func aThreadIDIsAnsweredWithItsProcess() throws {
    let target = try holder("threads 1")
    let threads = try #require(opendir("/proc/\(target.pid)/task"))
    closedir(threads)
    let tid = try Target("sh", ["-c", "ls /proc/\(target.pid)/task | tail -1"]).hear()
    #expect(
      try refusal(tid, "3-")
        == "rangeclose: \(tid): is a thread of \(target.pid) (fixture-holder), not a process;"
        + " give \(target.pid)\n")
  }

  @Test func aZombieIsReportedWithItsParent() throws {
    let target = try holder()
    let zombie = try target.ask("zombie")
    let message = try refusal(zombie, "3-")
    #expect(message.hasPrefix("rangeclose: \(zombie) (fixture-holder): is a zombie"))
    #expect(message.contains("its parent \(target.pid) (fixture-holder)"))
  }

  @Test(.enabled(if: processState(2) != "")) func aKernelThreadIsRefused() throws {
    #expect(
      try refusal("2", "3-") == "rangeclose: 2 (kthreadd): is a kernel thread, which has no descriptors\n")
  }

  @Test func rangecloseRefusesItself() throws {
    let run = try Target("sh", ["-c", "exec \"$0\" $$ 3-", Programs.rangeclose])
    #expect(
      try run.rest() == "rangeclose: \(run.pid): is rangeclose itself; give the ID of another process\n")
    #expect(run.wait() == 3)
  }

  @Test(.enabled(if: Programs.has("gdb"))) func aTracedProcessIsRefused() throws {
    let target = try holder("leak 3 9")
    let gdb = try Target(
      "gdb", ["-q", "-nx", "--batch", "-p", "\(target.pid)", "-ex", "shell echo held; sleep 60"])
    _ = try gdb.hear(beginning: "held")
    #expect(
      try refusal("\(target.pid)", "3-")
        == "rangeclose: \(target.shown): already traced by \(gdb.pid) (gdb); detach that tracer first\n")
    // A dry run attaches to nothing.
    #expect(try rangeclose("-n", "\(target.pid)", "3-").status == 0)
    _ = try Target("pkill", ["-KILL", "-P", "\(gdb.pid)"]).wait()
    gdb.end()
    #expect(try target.ask("list") == "0-9")
  }

  @Test(.enabled(if: Programs.has("strace"))) func aProcessWithATracedThreadIsRefused() throws {
    let target = try holder("leak 3 9", "threads 1")
    let tid = try Target("sh", ["-c", "ls /proc/\(target.pid)/task | tail -1"]).hear()
    let strace = try Target("strace", ["-o", "/dev/null", "-p", tid])
    _ = try strace.hear(beginning: "strace: Process")
    #expect(try refusal("\(target.pid)", "3-").contains("already traced by \(strace.pid) (strace)"))
    strace.end()
    #expect(try target.ask("list") == "0-9")
  }

  @Test(.enabled(if: Programs.has("strace"))) func rangecloseRefusesItsOwnTracer() throws {
    let script = "exec strace -qq -o /dev/null \"$0\" $$ 3-"
    let strace = try Target("sh", ["-c", script, Programs.rangeclose])
    #expect(try strace.rest(within: 10).contains("(strace): traces rangeclose"))
  }

  /// A tracer in ptrace(2) is a thread, and rangeclose would stop all threads of the process.
  @Test(.enabled(if: Programs.has("python3"))) func rangecloseRefusesAThreadThatTracesIt() throws {
    let script = """
      import ctypes, os, signal, sys, threading
      libc = ctypes.CDLL(None)
      def trace():
        child = os.fork()
        if child == 0:
          libc.ptrace(0, 0, None, None)
          os.execv(sys.argv[1], [sys.argv[1], str(os.getppid()), "100-"])
        print(threading.get_native_id(), flush=True)
        status = os.waitpid(child, 0)[1]
        while os.WIFSTOPPED(status):
          number = os.WSTOPSIG(status)
          libc.ptrace(7, child, None, 0 if number == signal.SIGTRAP else number)
          status = os.waitpid(child, 0)[1]
        print(os.waitstatus_to_exitcode(status), flush=True)
      threading.Thread(target=trace, daemon=True).start()
      sys.stdin.read()
      """
    let debugger = try Target("python3", ["-c", script, Programs.rangeclose])
    let thread = try debugger.hear()
    try debugger.expect(
      "rangeclose: \(debugger.pid) (python3): its thread \(thread) traces rangeclose,"
        + " so rangeclose cannot trace it; run rangeclose without this tracer")
    try debugger.expect("3")
  }

  /// While the tracer of its tracer is stopped, that tracer cannot resume rangeclose.
  @Test(.enabled(if: Programs.has("strace"))) func rangecloseRefusesTheTracerOfItsTracer() throws {
    let strace = "strace -qq -o /dev/null"
    let outer = try Target("sh", ["-c", "exec \(strace) \(strace) \"$0\" $$ 100-", Programs.rangeclose])
    #expect(try outer.rest(within: 10).contains("\(outer.pid) (strace): traces rangeclose"))
  }

  @Test(.enabled(if: Programs.isRoot && Programs.has("unshare")))
  func aProcThatIsNoProcIsReported() throws {
    let target = try holder("leak 3 9")
    let script = "mount -t tmpfs none /proc; exec \"$0\" \"$1\" 3-"
    let run = try Target("unshare", ["-m", "sh", "-c", script, Programs.rangeclose, "\(target.pid)"])
    #expect(
      try run.rest() == "rangeclose: \(target.pid): /proc is not a proc(5) file system;"
        + " mount one (mount -t proc proc /proc)\n")
    #expect(run.wait() == 3)
    #expect(try target.ask("list") == "0-9")
  }

  /// Runs the command as nobody with these capabilities only.
  private func withCapabilities(
    _ scratch: Scratch, _ names: String, _ arguments: String...
  ) throws -> (status: Int32, output: String) {
    let command = try scratch.copy(of: Programs.rangeclose, "rangeclose")
    let user =
      asNobodyPrefix.dropFirst().dropLast() + ["--inh-caps=-all,\(names)", "--ambient-caps=\(names)"]
    let run = try Target("setpriv", user + [command] + arguments)
    let output = try run.rest()
    return (run.wait(), output)
  }

  /// The directories in `/proc/PID` have permissions of their own, besides the rules of ptrace(2).
  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")))
  func theSecondCapabilityIsNamed() throws {
    let scratch = Scratch()
    let target = try holder("leak 3 9")
    let alone = try withCapabilities(scratch, "+sys_ptrace", "\(target.pid)", "3-")
    #expect(alone.status == 3 && alone.output.contains("run with CAP_DAC_READ_SEARCH as well"), "\(alone)")
    #expect(try target.ask("list") == "0-9")
    let both = try withCapabilities(scratch, "+sys_ptrace,+dac_read_search", "\(target.pid)", "3-")
    #expect(both.status == 0, "\(both)")
    #expect(try target.ask("list") == "0-2")
  }

  /// The kernel lists the numbers, and nothing else.
  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")))
  func aListingWithoutFactsSaysWhyOnce() throws {
    let scratch = Scratch()
    let target = try holder("leak 3 9")
    let reason =
      "rangeclose: \(target.shown): no fact about its descriptors can be read: permission denied:"
      + " it runs as root (uid 0), and you are nobody (uid 65534); run as root or as its user"
    let listing = try withCapabilities(scratch, "+dac_read_search", "-n", "\(target.pid)", "5-")
    let lines = listing.output.split(separator: "\n").map(String.init)
    #expect(listing.status == 3 && lines.count == 7 && lines.contains(reason), "\(listing)")
    for options in [["-n"], ["-n", "-v"], ["-q"]] {
      let run = try withCapabilities(
        scratch, "+dac_read_search", options[0], options.last ?? "", "\(target.pid)", "--deleted")
      #expect(run.status == 3 && run.output == reason + "\n", "\(run)")
    }
    #expect(try target.ask("list") == "0-9")
  }

  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")))
  func theMissingPermissionIsReported() throws {
    let target = try holder("leak 3 9")
    let message = try refusal("\(target.pid)", "3-", asNobody: true)
    #expect(message.contains("permission denied: it runs as root (uid 0), and you are nobody (uid 65534)"))
    #expect(try target.ask("list") == "0-9")

    let scratch = Scratch()
    let own = try nobodysHolder(scratch)
    try own.order("leak 3 9")
    #expect(try rangeclose(["\(own.pid)", "3-"], asNobody: true).status == 0)
    #expect(try own.ask("list") == "0-2")

    try own.order("undumpable")
    #expect(try refusal("\(own.pid)", "3-", asNobody: true).contains("protected from its own user"))
    #expect(try own.ask("list") == "0-2")
  }

  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")))
  func rootWithoutTheCapabilityIsRefused() throws {
    let scratch = Scratch()
    let target = try nobodysHolder(scratch)
    let run = try Target(
      "setpriv",
      ["--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace", Programs.rangeclose, "\(target.pid)", "3-"])
    #expect(try run.rest().contains("you are root without CAP_SYS_PTRACE"))
    #expect(run.wait() == 3)
    // This target is root as well, with all capabilities.
    let peer = try holder("leak 3 9")
    let again = try Target(
      "setpriv",
      ["--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace", Programs.rangeclose, "\(peer.pid)", "3-"])
    #expect(try again.rest().contains("you are root without CAP_SYS_PTRACE"))
  }

  @Test(.enabled(if: Programs.isRoot && Programs.has("unshare")))
  func aProcessOutsideTheUserNamespaceIsRefused() throws {
    let target = try holder("leak 3 9")
    let run = try Target("unshare", ["-U", "-r", Programs.rangeclose, "\(target.pid)", "3-"])
    #expect(try run.rest().contains("permission denied: it belongs to a user namespace"))
    #expect(try target.ask("list") == "0-9")
  }

  /// A target that exits during the scan or the session leads to a clear error or a clear success.
  @Test func aTargetMayExitDuringTheRun() throws {
    for delay in 0..<60 {
      let target = try Target(
        "sh", ["-c", "exec 3</dev/null; i=0; while [ $i -lt $0 ]; do i=$((i + 1)); done", "\(delay * 40)"])
      let run = try rangeclose("\(target.pid)", "3-", "--path", "/dev/null")
      #expect([0, 1, 3].contains(run.status))
      if run.status == 3 {
        let reasons = ["exited meanwhile", "no such process", "is a zombie"]
        #expect(reasons.contains { run.errors.contains($0) }, "\(run.errors)")
      }
    }
  }
}
