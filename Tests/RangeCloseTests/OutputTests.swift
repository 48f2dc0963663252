import Glibc
import TestSupport
import Testing

/// The state of a target while the command prints its report.
@Suite struct OutputTests {
  /// The session ends before rangeclose prints anything.
  @Test func unreadOutputDoesNotHoldUpTheTarget() throws {
    let target = try holder("leak 3 3002", "threads 3")
    let command = try Target(Programs.rangeclose, ["-v", "\(target.pid)", "3-"])
    #expect(try target.ask("list") == "0-2" || eventually { (try? target.ask("list")) == "0-2" })
    // The thread that answers may be detached before the others.
    #expect(eventually { stoppedThreads(of: target.pid).isEmpty && tracer(of: target.pid) == 0 })
    #expect(command.isRunning)
    #expect(try command.rest().contains("closed 3000 descriptors"))
    #expect(command.wait() == 0)
  }

  /// A supervisor may have made the pipe non-blocking, for itself.
  @Test(.enabled(if: Programs.has("perl"))) func aFullNonBlockingPipeLosesNothing() throws {
    let target = try holder("leak 3 3002")
    let nonBlocking =
      "use Fcntl; for $f (*STDOUT, *STDERR) { fcntl $f, F_SETFL, O_WRONLY | O_NONBLOCK or die } exec @ARGV"
    let command = try Target(
      "perl", ["-e", nonBlocking, Programs.rangeclose, "-v", "\(target.pid)", "3-"])
    #expect(eventually { (try? target.ask("list")) == "0-2" })
    sleepUntilBlocked()
    #expect(command.isRunning)
    let output = try command.rest()
    #expect(command.wait() == 0)
    #expect(output.split(separator: "\n").count { $0.contains("  closed  ") } == 3000)
    #expect(output.hasSuffix("closed 3000 descriptors\n"))
  }
}
