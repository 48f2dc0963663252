import Glibc
import Synchronization

extension Programs {
  private static let built = Mutex<Result<Bool, Target.Failure>?>(nil)

  /// Builds the fixture `i386`, if clang is installed, and returns whether this computer can run it.
  ///
  /// It is the only fixture of another architecture, so the package manager cannot build it. A kernel without
  /// CONFIG_IA32_EMULATION cannot run it. Throws if clang cannot build it.
  package static func hasI386() throws -> Bool {
    try built.withLock { built in
      let result = built ?? Result { () throws(Target.Failure) in try buildI386() }
      built = result
      return try result.get()
    }
  }

  private static func buildI386() throws(Target.Failure) -> Bool {
    let program = fixture("i386")
    if has("clang") {
      let own = "\(program).\(getpid())"
      let sources =
        #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" } + "/Fixtures/i386/"
      let flags = "-m32 -O1 -nostdlib -static -ffreestanding -fno-pic -fuse-ld=lld"
      let compiler = try? Target("sh", ["-c", "clang \(flags) -o '\(own)' '\(sources)'*.c"])
      let errors = (try? compiler?.rest()) ?? "clang does not start"
      guard compiler?.wait() == 0, rename(own, program) == 0 else {
        throw Target.Failure(description: "clang cannot build \(sources): \(errors)")
      }
    }
    guard let target = try? Target(program), (try? target.hear()) == "ready" else { return false }
    target.endInput()
    return target.wait() == 0
  }
}
