import Glibc
import TestSupport
import Testing

/// Threads that may be in the middle of a restartable sequence; the soak checks that no count is lost.
@Suite struct SequenceTests {
  /// Before Linux 5.13, the kernel does not report where a thread has its `struct rseq`.
  ///
  /// Without the page map, rangeclose cannot search for it. A call of the thread would lose counts.
  @Test(.enabled(if: Programs.has("strace"))) func aThreadInAnUnknownSequenceMakesNoCall() throws {
    let target = try Target(
      Programs.fixture("rseq"), ["own", "none"], environment: ["GLIBC_TUNABLES=glibc.pthread.rseq=0"])
    guard try target.hear() == "ready" else { return }
    for _ in 0..<5 {
      let run = try Target(
        Programs.fixture("filtered"),
        [
          "sequences", "/usr/bin/env", "strace", "-qq", "-o", "/dev/null", "-P",
          "/proc/\(target.pid)/task/\(target.pid)/pagemap", "-e", "inject=pread64:error=EIO",
          Programs.rangeclose, "\(target.pid)", "0-2", "--cloexec",
        ])
      let error = try run.rest()
      #expect(error.hasPrefix("rangeclose: \(target.shown): no thread is in a system call"), "\(error)")
      #expect(error.contains("failed: Input/output error (EIO); nothing was changed; try again,"))
      #expect(run.wait() == 3)
    }
    kill(target.pid, SIGUSR1)
    let words = try target.hear().split(separator: " ")
    #expect(words.count == 6 && words[1] == words[3] && words[1] != "0", "\(words)")
  }
}
