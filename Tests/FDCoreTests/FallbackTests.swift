import FDCore
import TestSupport
import Testing

/// Targets that cannot run `close_range(2)`, because their seccomp filter refuses it.
///
/// The filter returns the errors of old kernels and old containers. The session learns this from the first
/// call.
@Suite struct FallbackTests {
  private func session(
    _ target: Target, _ operation: FDCore.Operation, _ numbers: [UInt32], separatingTable: Bool = false
  ) throws -> Session.Result {
    SessionTurn.begin()
    defer { SessionTurn.end() }
    let process = try TargetProcess(target.pid)
    let session = try Session(
      stopping: process, separatingTable: separatingTable, timeout: 5000, stalled: {})
    let choice = try session.choose(operation, by: .auto, filters: .ignore)
    let result = try session.operate(
      operation, on: ClosePlan(picked: numbers), by: choice, separatingTable: separatingTable)
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

  /// Starts a holder without a call or a flag of newer kernels.
  ///
  /// A whole version is not possible here: the fixture would trace the holder.
  private func holder(without feature: String) throws -> Target {
    let target = try Target(Programs.fixture("old-kernel"), [feature, Programs.fixture("holder")])
    try target.expect("ready")
    try target.order("leak 3 9")
    return target
  }

  /// Linux 5.9 and 5.10 have close_range(2), and not its flag for close-on-exec.
  @Test(arguments: [("CLOSE_RANGE_CLOEXEC", Errno(22)), ("close_range", Errno(38))])
  func anOldKernelMarksOneByOne(missing: String, error: Errno) throws {
    let target = try holder(without: missing)
    let marked = try session(target, .closeOnExec, [4, 5, 8])
    #expect(marked.outcomes == [.done, .done, .done])
    #expect(marked.statistics.fallback == .refused(error) && marked.statistics.call == "fcntl(2)")
    #expect(try target.ask("cloexec") == "4-5 8" && target.ask("list") == "0-9")
    let closed = try session(target, .close, [4, 5, 8])
    let isOlder = missing == "close_range"
    #expect(closed.statistics.call == (isOlder ? "close(2)" : "close_range(2)"))
    #expect(closed.statistics.fallback == (isOlder ? .refused(error) : nil))
    #expect(try target.ask("list") == "0-3 6-7 9")
  }

  /// rangeclose needs none of these flags, and a kernel that has them would accept them in silence.
  @Test(arguments: ["CLOSE_RANGE_EXCEPT", "CLOSE_RANGE_CLOEXEC_ONLY"])
  func theFlagsOfLinux74AreNotSent(flag: String) throws {
    let target = try holder(without: flag)
    let marked = try session(target, .closeOnExec, [4, 8])
    #expect(marked.statistics.fallback == nil && marked.statistics.call == "close_range(2)")
    let closed = try session(target, .close, [5, 7], separatingTable: true)
    #expect(closed.statistics.fallback == nil && closed.statistics.call == "close_range(2)")
    #expect(try target.ask("cloexec") == "4 8" && target.ask("list") == "0-4 6 8-9")
  }

  /// Without close_range(2), the target calls unshare(2) for a table of its own.
  @Test func anOldKernelSeparatesTheTable() throws {
    let target = try Target(
      Programs.fixture("old-kernel"), ["close_range", Programs.fixture("shared-tables"), "process"])
    _ = try target.hear(beginning: "ready")
    let result = try session(target, .close, [12, 13, 19], separatingTable: true)
    #expect(result.outcomes == [.done, .done, .done] && result.statistics.separatedTable)
    #expect(try target.ask("own") == "10-11 14-18 " && target.ask("other") == "10-19 ")
  }
}
