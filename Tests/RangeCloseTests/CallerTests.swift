import TestSupport
import Testing

/// The thread that makes the calls of a session.
@Suite struct CallerTests {
  private func uring(_ kind: String) throws -> Target? {
    let target = try Target(Programs.fixture("uring"), [kind])
    let line = try target.hear()
    // A kernel may have no io_uring, or refuse it; see kernel.io_uring_disabled in sysctl.
    return line == "ready" ? target : nil
  }

  /// Threads that the kernel made never return to user mode, so no call of theirs would begin.
  @Test(.timeLimit(.minutes(1)), arguments: ["worker", "poller"])
  func theKernelsOwnThreadsMakeNoCalls(kind: String) throws {
    guard let target = try uring(kind) else { return }
    sleepUntilBlocked()
    let run = try rangeclose("-v", "\(target.pid)", "9", "--timeout=2")
    #expect(run.status == 0 && run.output.contains("2 threads stopped"), "\(run)")
    #expect(try target.ask("") == "closed")
  }

  /// With the leader in vfork(2) there is no thread that could make the call.
  @Test(.timeLimit(.minutes(1))) func aKernelThreadDoesNotStandInForTheLeader() throws {
    guard let target = try uring("vfork") else { return }
    sleepUntilBlocked()
    let run = try rangeclose("\(target.pid)", "9", "--timeout=0.5")
    #expect(run.status == 3 && run.errors.contains("did not stop in time"), "\(run)")
    #expect(stoppedThreads(of: target.pid).isEmpty)
  }
}
