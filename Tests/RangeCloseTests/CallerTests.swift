import Glibc
import TestSupport
import Testing

/// The choice of the calling thread.
@Suite struct CallerTests {
  private func uring(_ kind: String, _ path: String = "") throws -> Target? {
    let target = try Target(Programs.fixture("io-uring-threads"), [kind, path])
    let line = try target.hear()
    // A kernel may lack io_uring, or refuse it; see the sysctl kernel.io_uring_disabled.
    return line == "ready" ? target : nil
  }

  /// Threads that the kernel made never return to user mode, so they could not begin a call.
  @Test(.timeLimit(.minutes(5)), arguments: ["worker", "poller"])
  func theKernelsOwnThreadsMakeNoCalls(kind: String) throws {
    guard let target = try uring(kind) else { return }
    sleepUntilBlocked()
    let run = try rangeclose("-v", "\(target.pid)", "9", "--timeout=2")
    // A worker is not stopped.
    let stopped = kind == "worker" ? "1 thread stopped" : "2 threads stopped"
    #expect(run.status == 0 && run.output.contains(stopped), "\(run)")
    #expect(try target.ask("") == "closed")
  }

  /// A stop of a worker would fail the request that it makes.
  @Test(.timeLimit(.minutes(5)), arguments: ["worker", "fifo"])
  func aRequestOfAWorkerGoesOn(kind: String) throws {
    let scratch = Scratch()
    mkfifo(scratch("fifo"), 0o600)
    guard let target = try uring(kind, scratch("fifo")) else { return }
    sleepUntilBlocked()
    // The worker may open a file at a free number, so no range runs over one.
    let run = try rangeclose("-v", "\(target.pid)", "9-")
    #expect(run.status == 0 && run.output.contains("1 call of close_range(2)"), "\(run)")
    let warnings = run.hints.split(separator: "\n")
    #expect(warnings.count == 1 && warnings[0].contains("1 worker of io_uring(7) was not stopped"), "\(run)")
    #expect(try target.ask("") == "closed")
    let result = try target.ask("finish")
    #expect(kind == "worker" ? result == "1" : Int(result).map { $0 > 2 } == true, "\(result)")
    #expect(stoppedThreads(of: target.pid).isEmpty)
  }

  /// If the leader is in vfork(2), no thread can make the call.
  @Test(.timeLimit(.minutes(5))) func aKernelThreadDoesNotStandInForTheLeader() throws {
    guard let target = try uring("vfork") else { return }
    sleepUntilBlocked()
    let run = try rangeclose("\(target.pid)", "9", "--timeout=0.5")
    #expect(run.status == 3 && run.errors.contains("did not stop in time"), "\(run)")
    #expect(stoppedThreads(of: target.pid).isEmpty)
  }

  /// A thread exits while rangeclose attaches, and another process gets its ID.
  ///
  /// That process is not part of the target.
  @Test(.enabled(if: Programs.isRoot && Programs.has("strace")), .timeLimit(.minutes(5)))
  func aThreadIDThatAnotherProcessGotIsLeftAlone() throws {
    let target = try Target(Programs.fixture("recycled-thread-id"))
    let tid = try target.hear(beginning: "ready").split(separator: " ").last.map(String.init) ?? ""
    sleepUntilBlocked()
    // The second PTRACE_SEIZE is delayed, so that the thread can exit and the other process can take over its
    // ID.
    let trace = try Trace(target, ["-v", "9"], injecting: "ptrace:delay_enter=2000000:when=2")
    #expect(trace.status == 0)
    #expect(try target.hear() == "stranger")
    #expect(trace.count("ptrace", "PTRACE_SEIZE, \(tid)") == 1, "\(trace.calls)")
    #expect(try target.ask("") == "closed")
    #expect(trace.output.contains("1 thread stopped"), "\(trace.output)")
    // The stop did not interrupt a call of the other process, and no process traces it any more.
    #expect(tracer(of: Int32(tid) ?? 0) == 0 && processState(Int32(tid) ?? 0) == "S")
    target.say("end")
    #expect(try !target.rest().contains("EINTR"))
  }
}
