import Glibc
import TestSupport
import Testing

/// Calls on a file server that answers EINTR when the kernel interrupts a request.
@Suite(.enabled(if: Programs.isRoot && access("/dev/fuse", R_OK | W_OK) == 0)) struct ServedCallTests {
  /// The calls that may have changed something before they return EINTR.
  private static let unrepeatable: Set = [
    "append", "append-flag", "open-truncating", "open-exclusive", "mkdir", "unlink", "ftruncate",
    "fallocate-punching",
  ]

  @Test func callsThatChangeNothingStartAgain() throws {
    let scratch = Scratch()
    let server = try interruptedServer(at: scratch("mount"))
    defer { end(server, at: scratch("mount")) }
    let target = try Target(Programs.fixture("served-calls"), [scratch("mount")])
    defer { target.end() }
    try target.expect("ready")
    let names = try target.ask("names").split(separator: " ").map(String.init)
    #expect(names.count > 40)
    for name in names {
      try target.expect("prepared", to: name)
      try server.expect("holding", to: "hold")
      target.say("go")
      try server.expect("held")
      let isRepeated = !Self.unrepeatable.contains(name)
      // The stop may find the call once more, after it has been restarted.
      for _ in 0..<(isRepeated ? 2 : 1) {
        let run = try rangeclose("-q", "\(target.pid)", "901-")
        #expect(run.status == 0 && run.errors == "", "\(name): \(run)")
        try server.expect("interrupted")
        if isRepeated { try server.expect("held") }
      }
      if isRepeated {
        try server.expect("answered", to: "answer")
        #expect(try target.hear() == "ok", "\(name)")
      } else {
        #expect(try target.hear() == "EINTR", "\(name)")
        // The kernel may have made another request since.
        server.say("answer")
        _ = try server.hear(beginning: "answered")
      }
    }
  }
}
