import Glibc
import TestSupport
import Testing

/// Targets with memory that a stopped thread, or a server without an answer, would have to provide.
///
/// Only SIGKILL ends a wait for such a page.
@Suite(.enabled(if: Programs.isRoot)) struct WatchedMemoryTests {
  private let scratch = Scratch()

  @Test func codeThatAStoppedThreadProvidesIsNotWaitedFor() throws {
    mkdir("/dev/shm/rangeclose-\(getpid())", 0o700)
    defer {
      unlink("/dev/shm/rangeclose-\(getpid())/ld-watched")
      rmdir("/dev/shm/rangeclose-\(getpid())")
    }
    // The page is there at some moments and not at others.
    for _ in 0..<10 { try expectClose(["code", "/dev/shm/rangeclose-\(getpid())"]) }
  }

  @Test func aStackThatAStoppedThreadProvidesIsNotWaitedFor() throws {
    try expectClose(["stack"])
  }

  @Test(.enabled(if: access("/dev/fuse", R_OK | W_OK) == 0))
  func codeOfAServerWithoutAnAnswerIsNotWaitedFor() throws {
    let server = try interruptedServer(at: scratch("mount"))
    defer { end(server, at: scratch("mount")) }
    try expectClose(["file", scratch("mount/ld-file")]) {
      try server.expect("holding", to: "hold")
    }
    try server.expect("held")
  }

  /// A thread sleeps in mmap(2), and the kernel has locked the memory map for it.
  @Test(.enabled(if: access("/dev/fuse", R_OK | W_OK) == 0))
  func aMapThatASleepingThreadHasLockedIsNotWaitedFor() throws {
    let server = try interruptedServer(at: scratch("mount"))
    defer { end(server, at: scratch("mount")) }
    let target = try Target(Programs.fixture("watched-memory"), ["locked", scratch("mount/cached")])
    try target.expect("ready")
    try server.expect("holding", to: "hold")
    try target.expect("locking", to: "lock")
    try server.expect("held")
    let run = try Target(Programs.rangeclose, ["--timeout", "1", "\(target.pid)", "9"])
    defer { run.end() }
    #expect(try run.rest(within: 20).contains("a read of its memory or of a file's status did not return"))
    #expect(run.wait() == 3 && stoppedThreads(of: target.pid).isEmpty)
    try server.expect("answered", to: "answer")
    try target.expect("open", to: "9")
    #expect(try rangeclose("-q", "\(target.pid)", "9").status == 0)
    try target.expect("closed", to: "9")
  }

  /// Closes 9 in a target, and expects that it takes no longer than some graces of a fifth of a second.
  private func expectClose(_ arguments: [String], _ prepare: () throws -> Void = {}) throws {
    let target = try Target(Programs.fixture("watched-memory"), arguments)
    try target.expect("ready")
    sleepUntilBlocked()
    try prepare()
    let run = try Target(Programs.rangeclose, ["--timeout", "1", "\(target.pid)", "9"])
    defer { run.end() }
    let begun = time(nil)
    #expect(try run.rest(within: 10).contains("closed 1 descriptor"))
    #expect(run.wait() == 0 && time(nil) - begun < 3)
    try target.expect("closed", to: "9")
  }
}
