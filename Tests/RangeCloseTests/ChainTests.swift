import Glibc
import TestSupport
import Testing

/// Selections of many ranges, whose calls one thread makes by itself through a ROP chain.
@Suite struct ChainTests {
  private func numbers(_ first: Int, _ last: Int, by step: Int) -> String {
    stride(from: first, through: last, by: step).map(String.init).joined(separator: ",")
  }

  @Test(arguments: [nil, "threads 5"]) func everySecondDescriptorIsClosedAndNoOther(threads: String?) throws {
    let target = try holder("leak 100 2099")
    if let threads { try target.order(threads) }
    let run = try rangeclose("-v", "\(target.pid)", numbers(100, 2099, by: 2))
    #expect(run.status == 0 && run.hints.isEmpty, "\(run.errors)")
    #expect(run.output.contains("1000 calls of close_range(2)"))
    #expect(run.output.contains("closed 1000 descriptors"))
    #expect(try target.ask("list") == "0-2 " + numbers(101, 2099, by: 2).replacing(",", with: " "))
    // A second run picks from the rest by path.
    #expect(
      try rangeclose("-q", "\(target.pid)", "path:/dev/null and not \(numbers(101, 2099, by: 4))").status == 0
    )
    #expect(try target.ask("list") == "0-2 " + numbers(101, 2099, by: 4).replacing(",", with: " "))
  }

  @Test func everyThirdDescriptorIsMarked() throws {
    let target = try holder("leak 100 999")
    let run = try rangeclose("\(target.pid)", "--cloexec", numbers(100, 999, by: 3))
    #expect(run.status == 0 && run.output.contains("marked 300 descriptors"), "\(run)")
    #expect(try target.ask("cloexec") == numbers(100, 999, by: 3).replacing(",", with: " "))
    #expect(try target.ask("list") == "0-2 100-999")
  }

  /// A range names numbers, so a descriptor that was opened since the scan is also closed and counted.
  @Test func theReportCountsWhatTheKernelClosed() throws {
    let target = try holder("leak 100 199")
    let run = try rangeclose("\(target.pid)", "100-")
    #expect(run.output.hasPrefix("\(target.shown): closed 100 descriptors"), "\(run)")
    let again = try rangeclose("\(target.pid)", "100-")
    #expect(again.status == 0 && again.output.hasPrefix("\(target.shown): closed 0 descriptors"), "\(again)")
  }

  /// 32-bit code has its own gadgets, and the vdso has the rest.
  @Test(.enabled(if: Programs.has("strace")), arguments: [[], ["--cloexec"]])
  func a32BitTargetMakesItsCallsByItself(arguments: [String]) throws {
    guard try Programs.hasI386() else { return }
    for roles in [["poll"], ["spin", "nanosleep"]] {
      let target = try Target(Programs.fixture("i386"), ["400"] + roles)
      try target.expect("ready")
      let trace = try Trace(target, ["-v", numbers(5, 400, by: 2)] + arguments)
      #expect(trace.status == 0 && trace.output.contains("198 calls of "), "\(trace.output)")
      // The first call has two stops, and all others have one together. Before Linux 6.4 there are no chains,
      // and the kernel refuses PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG.
      if !trace.calls.contains(where: { $0.contains("0x4211") && $0.contains("EIO") }) {
        #expect(trace.count("ptrace", "PTRACE_SYSCALL,") == 2 && trace.count("ptrace", "PTRACE_CONT,") == 1)
      }
      let answer = try target.ask("")
      let isMarked = arguments == ["--cloexec"]
      #expect(answer.contains(" open \(isMarked ? 396 : 198) low yes "), "\(answer)")
      #expect(answer.contains(" wrong 0 "), "\(answer)")
    }
  }
}
