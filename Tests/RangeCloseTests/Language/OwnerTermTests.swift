import Glibc
import TestSupport
import Testing

/// `owner:` matches by the process at the other end of pipes, FIFOs and Unix-domain sockets.
@Suite struct OwnerTermTests {
  private let scratch = Scratch()

  @Test func ownerFindsAForkedChild() throws {
    let target = try holder(
      "pipe 10 11", "pair 12 13", "pipe 14 15", "eventfd 16", "open 17 \(scratch("file"))", "dup 11 18",
      "socket 19 2 1")
    let writer = try target.ask("fork 11 12"), none = try target.ask("fork 16 17")
    // The child holds the writing end of one pipe and one socket of the pair. The term picks the opposite
    // ends, not these ends themselves.
    try expect(target, "owner:\(writer)", picks: "10 13")
    try expect(target, "owner:\(none)", picks: "")
    try expect(target, "10- and not owner:\(writer)", picks: "11 12 14 15 16 17 18 19")
    // The target itself keeps both ends of all of them.
    try expect(target, "10-", "owner:\(target.pid)", picks: "10 11 12 13 14 15 18")
    try target.order("close 13", "close 14")
    try expect(target, "10-", "owner:\(target.pid)", picks: "10 11 18")
    try expect(target, "10-", "owner:\(target.pid),\(writer)", picks: "10 11 18")
    #expect(try rangeclose("-q", "\(target.pid)", "owner:\(writer)").status == 0)
    #expect(try target.ask("list") == "0-2 11-12 15-19")
    // The target now holds no end opposite to those of the child.
    let run = try rangeclose("-n", writer, "owner:\(target.pid)")
    #expect(run.status == 1, "\(run)")
  }

  @Test func ownerFindsFIFOsAndNamedSockets() throws {
    mkfifo(scratch("fifo"), 0o600)
    let (target, other) = (try holder(), try holder())
    try other.order("flags 10 4000 \(scratch("fifo"))", "unix-listen 11 \(scratch("x"))")
    try target.order(
      "flags 10 4000 \(scratch("fifo"))", "flags 11 1 \(scratch("fifo"))", "flags 12 2 \(scratch("fifo"))",
      "flags 13 10000000 \(scratch("fifo"))", "unix-connect 14 \(scratch("x"))",
      "unix-connect 15 \(scratch("x"))")
    try other.order("accept 11 12")
    // Two readers are not at opposite ends. A descriptor opened with O_PATH is at no end.
    // A connection in the queue of the listening socket belongs to the process that has this socket.
    try expect(target, "owner:\(other.pid)", picks: "11 12 14 15")
    try expect(other, "owner:\(target.pid)", picks: "10 12")
    try expect(target, "10- and not owner:\(other.pid)", picks: "10 13")
    try other.order("accept 11 13")
    try expect(target, "owner:\(other.pid)", "--type=unix", picks: "14 15")
    #expect(try rangeclose("-q", "\(target.pid)", "owner:\(other.pid) and type:fifo").status == 0)
    #expect(try target.ask("list") == "0-2 10 13-15")
  }

  /// The tests hold the other ends of a target's standard streams.
  @Test func ownerMayBeAnyProcess() throws {
    let target = try holder("eventfd 10")
    try expect(target, "owner:\(getpid())", picks: "0 1 2")
    try expect(target, "owner:\(target.pid),\(getpid())", picks: "0 1 2")
  }

  @Test func aMissingOwnerIsRefused() throws {
    let (target, gone) = (try holder("leak 3 9"), try Target("true"))
    gone.wait()
    for owner in ["\(gone.pid)", "\(target.pid),\(gone.pid)", "2147483647"] {
      let run = try rangeclose("\(target.pid)", "3-", "owner:\(owner)")
      #expect(run.status == 2 && run.errors.contains("there is no process "), "\(run)")
    }
    #expect(try target.ask("list") == "0-9")
  }

  /// A process that has exited holds nothing but is still a process.
  @Test func aZombieOwnsNothing() throws {
    let target = try holder("pipe 10 11")
    let zombie = try target.ask("zombie")
    let run = try rangeclose("\(target.pid)", "10-", "owner:\(zombie)")
    #expect(run.status == 1, "\(run)")
    #expect(try target.ask("list") == "0-2 10-11")
  }
}
