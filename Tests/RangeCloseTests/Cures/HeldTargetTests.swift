import Glibc
import TestSupport
import Testing

/// Targets that a session could not stop, or not through their leader, and kernels without duplicates.
@Suite(.enabled(if: Programs.has("python3"))) struct HeldTargetTests {
  private static let tracing = #"""
    def tracer(pid): return open(f"/proc/{pid}/status").read().split("TracerPid:")[1].split()[0]

    """#

  /// A session cannot attach while another tracer is attached.
  @Test(.enabled(if: Programs.has("strace")), arguments: ["--shutdown", "--drop"])
  func aProcessThatIsTraced(operation: String) throws {
    let faults = try faults(
      Self.tracing + #"""
        server, client, port = connected()
        both_wait(server, client)
        words = ["strace", "-o", "/dev/null", "-p", str(client.pid)]
        strace = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        check(eventually(lambda: tracer(client.pid) == str(strace.pid)), "strace does not attach")
        check(does((), client.pid, "type:tcp")[0] == 3, "a session attaches")
        outcome(0, [" 1 descriptor"], client.pid, f"peer::{port}", arguments[0])
        seen = client.end(), server.end()
        check(seen[1] == (b"" if arguments[0] == "--shutdown" else "ECONNRESET"), seen)
        check(tracer(client.pid) == str(strace.pid), "strace was detached")
        strace.terminate(); strace.wait()
        """#, operation)
    #expect(faults == "")
  }

  /// gdb holds the process stopped; the peer learns of the shutdown meanwhile.
  @Test(.enabled(if: Programs.has("gdb"))) func aProcessThatADebuggerHolds() throws {
    let faults = try faults(
      Self.tracing + #"""
        server, client, port = connected()
        both_wait(server, client)
        streams = dict(stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        gdb = subprocess.Popen(["gdb", "-q", "-nx", "-p", str(client.pid)], text=True, **streams)
        check(eventually(lambda: state(client.pid) == "t", 60), "gdb does not attach")
        outcome(0, ["shut down 1"], client.pid, f"peer::{port}", "--shutdown")
        check(server.end() == b"", "the peer was not told")
        check(state(client.pid) == "t" and tracer(client.pid) != "0", "the debugger lost the process")
        gdb.stdin.write("detach\nquit\n"); gdb.stdin.flush()
        check(client.end() == b"", "the target was not told")
        gdb.wait()
        """#)
    #expect(faults == "")
  }

  private func connectedHolder(_ server: Target, _ port: String, _ orders: String...) throws -> Target {
    let target = try holder()
    for order in orders { try target.order(order) }
    try target.order("tcp 30 \(port) 127.0.0.1")
    try server.order("accept 10 11")
    return target
  }

  /// A parent that waits in vfork(2) is in uninterruptible sleep, and a leader that has exited has no table.
  @Test(arguments: ["hang 3000", "end-leader"], ["--shutdown", "--drop"])
  func aProcessThatWaitsInVforkOrHasLostItsLeader(order: String, operation: String) throws {
    let server = try holder()
    let port = try server.ask("listen 10")
    let target = try connectedHolder(server, port, order)
    target.say("receive 30")
    sleepUntilBlocked()
    let run = try rangeclose("-v", "\(target.pid)", "peer::\(port)", operation)
    #expect(run.status == 0 && run.output.contains("no thread was stopped"), "\(run)")
    let end = try target.hear()
    #expect((operation == "--shutdown" ? [""] : ["ECONNABORTED", "ECONNRESET", "EPIPE"]).contains(end))
    #expect(try server.ask("receive 11") == (operation == "--shutdown" ? "" : "ECONNRESET"))
  }

  /// Before Linux 6.9 there are no duplicates from a thread, and before Linux 5.6 there are none at all.
  ///
  /// shutdown(2) is injected then. A drop is refused with the reason.
  @Test(arguments: ["", "PIDFD_THREAD", "pidfd_getfd", "5.3"])
  func aThreadWithItsOwnTable(feature: String) throws {
    let server = try holder()
    let port = try server.ask("listen 10")
    let target = try connectedHolder(server, port, "own-table")
    let thread = try target.ask("tid")
    let prefix = feature.isEmpty ? [] : [Programs.fixture("old-kernel"), feature]
    // The process has its own table, without this connection.
    #expect(try rangeclose("\(target.pid)", "peer::\(port)", "--shutdown").status == 1)
    let drop = try rangeclose(["-v", thread, "peer::\(port)", "--drop"], after: prefix)
    let hasDuplicates = drop.status == 0
    #expect(hasDuplicates || drop.status == 3 && drop.errors.contains("pidfd_getfd(2)"), "\(drop)")
    #expect(feature.isEmpty || !hasDuplicates)
    if hasDuplicates {
      #expect(try server.ask("receive 11") == "ECONNRESET")
      try target.order("close 30", "tcp 30 \(port) 127.0.0.1")
      try server.order("accept 10 11")
    }
    let run = try rangeclose(["-v", thread, "peer::\(port)", "--shutdown"], after: prefix)
    #expect(run.status == 0 && run.output.contains("shut down 1 descriptor"), "\(run)")
    #expect(run.output.contains("no thread was stopped") == hasDuplicates, "\(run)")
    #expect(try target.ask("receive 30") == "" && server.ask("receive 11") == "")
  }

  @Test(arguments: ["pidfd_getfd", "5.3"]) func aKernelWithoutDuplicates(feature: String) throws {
    let scratch = Scratch()
    let prefix = [Programs.fixture("old-kernel"), feature]
    let server = try holder()
    let port = try server.ask("listen 10")
    let target = try connectedHolder(server, port, "open 40 \(scratch("kept"))", "fill 40 4096")
    for (operation, selector) in [("--drop", "peer::\(port)"), ("--truncate", "type:reg"), ("--drop", "30")] {
      let run = try rangeclose(["\(target.pid)", selector, operation], after: prefix)
      #expect(run.status == 3 && run.errors.contains("pidfd_getfd(2)"), "\(operation): \(run)")
    }
    try target.order("write 30")
    #expect(try server.ask("receive 11") == "data")
    var status = stat()
    #expect(stat(scratch("kept"), &status) == 0 && status.st_size == 4096)
    try target.order("tcp-begin 31 \(port)")
    let port2 = try target.ask("tcp-bind 32 1")
    target.say("receive 30")
    sleepUntilBlocked()
    let run = try rangeclose(["-v", "\(target.pid)", "30-", "--shutdown"], after: prefix)
    #expect(run.status == 0 && run.output.contains("shut down 2 descriptors"), "\(run)")
    #expect(run.output.contains("1 thread stopped") && run.output.contains("listening"), "\(run)")
    #expect(try target.hear() == "" && server.ask("receive 11") == "")
    #expect(try server.ask("tcp 50 \(port2) 127.0.0.1") == "ok")
  }
}
