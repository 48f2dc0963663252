import FDCore
import TestSupport
import Testing

/// Targets that cannot run `close_range(2)`, because their seccomp filter refuses it.
///
/// The filter answers as old kernels and old containers do. The session finds out by trying the call.
@Suite struct FallbackTests {
  private func session(
    _ target: Target, _ action: CloseSession.Action, _ numbers: [UInt32]
  ) throws -> (outcomes: [CloseReport.Outcome], account: CloseSession.Account) {
    let process = try TargetProcess(target.pid)
    let session = CloseSession(
      with: process, action, by: .auto, timeout: 5000, filters: .ignore, stalled: {})
    return try session.run { (_, _) throws(TargetError) in
      ClosePlan(picked: numbers, open: try process.descriptors().openNumbers(of: process))
    }
  }

  @Test(arguments: [("enosys", Errno(38)), ("eperm", Errno(1))])
  func theSessionFallsBackToSingleCalls(filter: String, error: Errno) throws {
    let target = try Target(Programs.fixture("holder"))
    _ = try target.hear()
    try target.order("leak 3 9", "filter \(filter)")
    let closed = try session(target, .close, [3, 5, 6, 9])
    #expect(closed.outcomes == [.closed, .closed, .closed, .closed])
    #expect(closed.account.reason == .refused(error) && closed.account.method == .close)
    #expect(closed.account.calls == 4)
    #expect(try target.ask("list") == "0-2 4 7-8")
    let marked = try session(target, .markCloseOnExec, [4, 8])
    #expect(marked.outcomes == [.markedCloseOnExec, .markedCloseOnExec])
    #expect(try target.ask("cloexec") == "4 8")
  }
}
