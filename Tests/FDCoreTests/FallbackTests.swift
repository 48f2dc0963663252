import FDCore
import TestSupport
import Testing

/// Targets that cannot run `close_range(2)`, because their seccomp filter refuses it.
///
/// The filter returns the errors of old kernels and old containers. The session learns this from the first
/// call.
@Suite struct FallbackTests {
  private func session(
    _ target: Target, _ operation: FDCore.Operation, _ numbers: [UInt32]
  ) throws -> Session.Result {
    let session = try Session(stopping: TargetProcess(target.pid), timeout: 5000, stalled: {})
    let choice = try session.choose(operation, by: .auto, filters: .ignore)
    let result = try session.operate(operation, on: ClosePlan(picked: numbers), by: choice)
    _ = session.restore()
    return result
  }

  @Test(arguments: [("enosys", Errno(38)), ("eperm", Errno(1))])
  func theSessionFallsBackToSingleCalls(filter: String, error: Errno) throws {
    let target = try Target(Programs.fixture("holder"))
    _ = try target.hear()
    try target.order("leak 3 9", "filter \(filter)")
    let closed = try session(target, .close, [3, 5, 6, 9])
    #expect(closed.outcomes == [.done, .done, .done, .done])
    #expect(closed.statistics.fallback == .refused(error) && closed.statistics.call == "close(2)")
    #expect(closed.statistics.calls == 4)
    #expect(try target.ask("list") == "0-2 4 7-8")
    let marked = try session(target, .closeOnExec, [4, 8])
    #expect(marked.outcomes == [.done, .done])
    #expect(try target.ask("cloexec") == "4 8")
  }
}
