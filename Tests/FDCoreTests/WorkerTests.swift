import FDCore
import Glibc
import TestSupport
import Testing

/// Workers of io_uring(7), which run on while all other threads are stopped.
@Suite struct WorkerTests {
  /// A worker gives number 9 to another file after rangeclose has confirmed it.
  ///
  /// The files at 10 and 11 stay.
  @Test(.timeLimit(.minutes(5)), arguments: [Operation.close, .closeOnExec], Method.allCases)
  func aNumberThatAWorkerHasReusedIsLeftAlone(operation: FDCore.Operation, method: Method) throws {
    let scratch = Scratch()
    mkfifo(scratch("fifo"), 0o600)
    let target = try Target(Programs.fixture("io-uring-threads"), ["swap", scratch("fifo")])
    // A kernel may lack io_uring, or refuse it; see the sysctl kernel.io_uring_disabled.
    guard try target.hear() == "ready" else { return }
    let process = try TargetProcess(target.pid)
    let session = try Session(stopping: process, timeout: 5000, stalled: {})
    #expect(session.sleepers.count == 1)
    let confirmed = try process.descriptors().read([9, 10, 11], facts: .identity, at: .stopped)
    let choice = try session.choose(operation, by: method)
    let link = "/proc/\(target.pid)/fd/9"
    let before = targetOfLink(link)
    let writer = open(scratch("fifo"), O_RDWR | O_CLOEXEC)
    defer { close(writer) }
    #expect(eventually { ![before, nil].contains(targetOfLink(link)) })
    let plan = ClosePlan(picked: [9, 10, 11], files: confirmed.compactMap { $0.identity.value })
    let result = try session.operate(operation, on: plan, by: choice)
    _ = session.restore()
    #expect(result.outcomes == [.leftAlone, .done, .done], "\(result)")
    #expect(targetOfLink(link) == scratch("fifo"))
    #expect(try target.ask("") == "open")
    #expect(targetOfLink("/proc/\(target.pid)/fd/10") == (operation.freesNumbers ? nil : "/dev/null"))
  }

  private func targetOfLink(_ path: String) -> String? {
    var text = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &text, text.count)
    return count < 0 ? nil : String(decoding: text[..<count], as: UTF8.self)
  }
}
