import TestSupport
import Testing

/// Targets of every make, and such as have done odd things to the code that a session looks for calls in.
@Suite(.enabled(if: Programs.has("clang"))) struct CodeTests {
  /// How the fixture is built, as flags of the compiler.
  enum Make: String, CaseIterable {
    case freestanding = "-nostdlib -static -ffreestanding"
    case freestandingPIE = "-nostdlib -static-pie -fPIE -ffreestanding"
    case library = "-DHAS_LIBRARY -fPIE -pie"
    case notPIE = "-DHAS_LIBRARY -fno-pie -no-pie"
    case staticLibrary = "-DHAS_LIBRARY -static"
    case stripped = "-DHAS_LIBRARY -s"
  }

  @Test(arguments: Make.allCases, ["call", "spin"]) func makes(make: Make, how: String) throws {
    let scratch = Scratch()
    try closeAndAsk(try start(make, "nothing", how, scratch))
  }

  @Test(arguments: ["unmap", "move", "garbage", "traps", "jit", "unreadable"], ["call", "spin"])
  func oddities(what: String, how: String) throws {
    let scratch = Scratch()
    try closeAndAsk(try start(.freestanding, what, how, scratch))
  }

  /// Where no instruction can be read that enters the kernel, it is said, and the target goes on.
  ///
  /// A CPU without protection keys lets what can be executed be read; the kernel's rules forbid it all the
  /// same.
  @Test(arguments: ["call", "spin"]) func codeThatCannotBeRead(how: String) throws {
    let scratch = Scratch()
    let target = try start(.freestanding, "hide", how, scratch)
    sleepUntilBlocked()
    let run = try rangeclose("\(target.pid)", "5-")
    switch run.status {
    case 0: #expect(try target.ask("") == "012.......")
    case 3: #expect(run.errors.hasPrefix("rangeclose: \(target.pid)"))
    default: Issue.record("\(run)")
    }
    #expect(try target.ask("").hasPrefix("012") && target.isRunning)
  }

  /// Kernels answer questions about mappings since Linux 6.11; on older ones their text says the same, and the
  /// thread that makes the calls has its signal frame, laid and taken away.
  @Test(.enabled(if: Programs.has("strace")), arguments: [nil, "ioctl:error=ENOTTY"])
  func mappingsAreAskedForOrRead(injection: String?) throws {
    let target = try Target(Programs.fixture("holder"))
    _ = try target.hear()
    try target.order("leak 3 9")
    let trace = try Trace(target, ["3-8"], injecting: injection)
    #expect(trace.status == 0)
    #expect(try target.ask("list") == "0-2 9")
    #expect(trace.count("process_vm_writev") == 2)
    let isText = trace.calls.contains { $0.hasPrefix("ioctl(") && $0.contains("ENOTTY") }
    #expect(isText || injection == nil)
    #expect((trace.count("read", "/maps>") > 0) == isText)
  }

  private func start(_ make: Make, _ what: String, _ how: String, _ scratch: Scratch) throws -> Target {
    let source =
      #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" }
      + "/Fixtures/unusual-code/main.c"
    let flags = make.rawValue.split(separator: " ").map(String.init)
    let compiler = try Target(
      "clang", ["-O1", "-fno-stack-protector", "-fuse-ld=lld"] + flags + ["-o", scratch("code"), source])
    #expect(try compiler.rest() == "")
    try #require(compiler.wait() == 0)
    let target = try Target(scratch("code"), [what, how])
    try target.expect("ready")
    return target
  }

  /// Sessions of each method close what was asked for, and the target finds its registers as they were.
  private func closeAndAsk(_ target: Target) throws {
    #expect(try target.ask("") == "012..56789")
    sleepUntilBlocked()
    // So many ranges that the thread makes the calls by itself, where it has what that takes.
    let many = stride(from: 1001, to: 1101, by: 2).map(String.init).joined(separator: ",")
    for (selectors, left) in [
      (["-q", "9,\(many)"], "012..5678."), (["8-9"], "012..567.."),
      (["5,7", "--method=close"], "012...6..."),
      (["6-", "--cloexec"], "012...6..."), (["3-"], "012......."),
    ] {
      let run = try rangeclose(["\(target.pid)"] + selectors)
      #expect(run.status == 0, "\(run.errors)")
      #expect(try target.ask("") == left)
    }
  }
}
