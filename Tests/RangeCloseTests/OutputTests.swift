import Glibc
import TestSupport
import Testing

/// What becomes of a target while a command reports.
@Suite struct OutputTests {
  /// The session is over before anything is printed.
  @Test func outputThatNobodyReadsHoldsNobodyUp() throws {
    let target = try holder("leak 3 3002", "threads 3")
    let command = try Target(Programs.rangeclose, ["-v", "\(target.pid)", "3-"])
    #expect(try target.ask("list") == "0-2" || eventually { (try? target.ask("list")) == "0-2" })
    // The thread that answers may be let go before the others.
    #expect(eventually { stoppedThreads(of: target.pid).isEmpty && tracer(of: target.pid) == 0 })
    #expect(command.isRunning)
    #expect(try command.rest().contains("closed 3000 descriptors"))
    #expect(command.wait() == 0)
  }
}
