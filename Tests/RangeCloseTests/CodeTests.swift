import TestSupport
import Testing

/// Targets of every kind of build, and targets that have changed their executable memory.
///
/// A session searches that memory for system call instructions.
@Suite(.enabled(if: Programs.has("clang"))) struct CodeTests {
  /// A way to build the fixture, as compiler flags.
  enum Build: String, CaseIterable {
    case freestanding = "-nostdlib -static -ffreestanding"
    case freestandingPIE = "-nostdlib -static-pie -fPIE -ffreestanding"
    case library = "-DHAS_LIBRARY -fPIE -pie"
    case notPIE = "-DHAS_LIBRARY -fno-pie -no-pie"
    case staticLibrary = "-DHAS_LIBRARY -static"
    case stripped = "-DHAS_LIBRARY -s"
  }

  @Test(arguments: Build.allCases, ["call", "spin"])
  func targetsOfEveryBuildAreClosed(build: Build, how: String) throws {
    let scratch = Scratch()
    try closeAndAsk(try start(build, "nothing", how, scratch))
  }

  @Test(arguments: ["unmap", "move", "garbage", "traps", "jit", "unreadable"], ["call", "spin"])
  func targetsWithChangedExecutableMemoryAreClosed(what: String, how: String) throws {
    let scratch = Scratch()
    try closeAndAsk(try start(.freestanding, what, how, scratch))
  }

  /// If no system call instruction can be read, rangeclose reports it and the target goes on.
  ///
  /// A CPU without protection keys lets executable memory be read. The kernel's rules forbid the read all the
  /// same.
  @Test(arguments: ["call", "spin"]) func unreadableCodeIsReported(how: String) throws {
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

  /// The kernel answers queries about mappings since Linux 6.11; older kernels show the same as text.
  ///
  /// In both cases the calling thread has its signal frame, which the session lays and takes away.
  @Test(.enabled(if: Programs.has("strace")), arguments: [nil, "ioctl:error=ENOTTY"])
  func mappingsAreQueriedOrReadAsText(injection: String?) throws {
    let target = try Target(Programs.fixture("holder"))
    _ = try target.hear()
    try target.order("leak 3 9")
    let trace = try Trace(target, ["3-8"], injecting: injection)
    #expect(trace.status == 0)
    #expect(try target.ask("list") == "0-2 9")
    #expect(trace.count("process_vm_writev") == 2)
    let queries = trace.calls.filter { $0.hasPrefix("ioctl(") && $0.contains("/maps>") }
    let isText = queries.contains { $0.contains("ENOTTY") }
    #expect(isText || injection == nil)
    // The C library reads the map of rangeclose itself.
    #expect((trace.count("read", "/task/\(target.pid)/maps>") > 0) == isText)
  }

  /// A seccomp filter on rangeclose, or the kernel's configuration, may refuse the calls for memory.
  @Test(
    .enabled(if: Programs.has("strace")),
    arguments: [
      "process_vm_readv:error=EPERM", "process_vm_readv,process_vm_writev:error=EPERM",
      "process_vm_readv,process_vm_writev:error=ENOSYS",
    ])
  func memoryIsReachedThroughItsFile(injection: String) throws {
    let target = try holder("leak 3 9")
    let trace = try Trace(target, ["3-8"], injecting: injection)
    #expect(trace.status == 0)
    #expect(try target.ask("list") == "0-2 9")
    #expect(trace.count("preadv") > 0)
    // The signal frame, and what was there before.
    #expect(trace.count("pwritev") == (injection.contains("writev") ? 2 : 0))
  }

  @Test(.enabled(if: Programs.has("strace"))) func unreadableMemoryIsNamed() throws {
    let target = try holder("leak 3 9")
    let run = try Target(
      "strace",
      [
        "-qq", "-o", "/dev/null", "-e", "inject=process_vm_readv,preadv:error=EPERM", Programs.rangeclose,
        "\(target.pid)", "3-8",
      ])
    let refusal = "rangeclose: \(target.shown): process_vm_readv(2): Operation not permitted (EPERM)\n"
    #expect(try run.rest() == refusal)
    #expect(run.wait() == 3)
    #expect(try target.ask("list") == "0-9")
  }

  private func start(_ build: Build, _ what: String, _ how: String, _ scratch: Scratch) throws -> Target {
    let source =
      #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" }
      + "/Fixtures/unusual-code/main.c"
    let flags = build.rawValue.split(separator: " ").map(String.init)
    let compiler = try Target(
      "clang", ["-O1", "-fno-stack-protector", "-fuse-ld=lld"] + flags + ["-o", scratch("code"), source])
    #expect(try compiler.rest() == "")
    try #require(compiler.wait() == 0)
    let target = try Target(scratch("code"), [what, how])
    try target.expect("ready")
    return target
  }

  /// Expects that a session of each method closes what was asked for.
  ///
  /// The target checks that its registers are as they were.
  private func closeAndAsk(_ target: Target) throws {
    #expect(try target.ask("") == "012..56789")
    sleepUntilBlocked()
    // With so many ranges the thread makes the calls through a ROP chain, if its code has the gadgets.
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
