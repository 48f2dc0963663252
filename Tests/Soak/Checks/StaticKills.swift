import Glibc
import TestSupport

extension SoakCheck {
  /// A static program of musl goes on as if there had been no session, whenever SIGKILL ends the command.
  ///
  /// A static program without sigaction(2) has no trampoline for signal frames, so rangeclose uses a gadget
  /// in its place.
  static let musl = SoakCheck(
    "musl", counting: "commands killed at a random moment, aimed at static programs of musl in turn",
    short: 40
  ) { count in
    guard Programs.has("musl-gcc") else { return SoakResult() }
    let scratch = Scratch()
    let program = scratch("registers")
    try compile(program)
    if hasTrampoline(program) { throw Target.Failure(description: "the fixture has a trampoline") }
    return try kill(count, VictimKind.ofMusl(program), by: [SIGKILL])
  }

  /// Compiles the fixture `registers` without its signal handler.
  private static func compile(_ program: String) throws {
    let source =
      #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
      + "/Fixtures/registers/main.c"
    // musl has no headers of the kernel. Debian keeps some of them in the second directory.
    let headers = ["-idirafter", "/usr/include", "-idirafter", "/usr/include/x86_64-linux-gnu"]
    let compiler = try Target(
      "musl-gcc",
      ["-static", "-O1", "-D_GNU_SOURCE", "-DWITHOUT_HANDLER"] + headers + ["-o", program, source])
    let complaint = try compiler.rest()
    guard compiler.wait() == 0 else { throw Target.Failure(description: complaint) }
  }

  /// Whether a program contains `mov $15,%rax; syscall`.
  private static func hasTrampoline(_ program: String) -> Bool {
    guard let file = fopen(program, "re") else { return true }
    defer { fclose(file) }
    var content = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&content, 1, content.count, file)
    let trampoline: [UInt8] = [0x48, 0xC7, 0xC0, 0x0F, 0x00, 0x00, 0x00, 0x0F, 0x05]
    return content[..<count].firstRange(of: trampoline) != nil
  }
}

extension VictimKind {
  fileprivate static func ofMusl(_ program: String) -> [VictimKind] {
    let many = manyDescriptors
    var kinds = ["read", "epoll_wait", "spin", "poll"].map { role in
      VictimKind(name: "musl, \(role)", selectors: ["5-"]) {
        try Worker(program: program, last: 36, [role])
      }
    }
    kinds += [
      VictimKind(name: "musl, threads", selectors: ["5-"]) {
        try Worker(
          program: program, last: 36, ["read", "spin", "futex", "poll", "epoll_wait", "nanosleep"])
      },
      // With these, the session is nearly the whole run of the command.
      VictimKind(name: "musl, long call", selectors: ["5-"]) {
        try Worker(program: program, last: many, ["read"])
      },
      VictimKind(name: "musl, chains", selectors: [everySecond]) {
        var worker = try Worker(program: program, last: many, ["read"])
        worker.kept = worker.leaks / 2
        return worker
      },
      VictimKind(name: "musl, many calls", selectors: ["5-", "--method=close"]) {
        try Worker(program: program, last: many / 8, ["read"])
      },
    ]
    return kinds
  }
}
