import TestSupport
import Testing

/// A thread has its own descriptor table: every fact is read through the thread, not through its process.
@Suite struct ThreadTableTests {
  private let scratch = Scratch()

  @Test func everyFactIsReadThroughTheThread() throws {
    let target = try holder("open 10 \(scratch("leaders"))", "own-table")
    let thread = try target.ask("tid")
    try target.order(
      "close 10", "open 10 \(scratch("gone"))", "unlink \(scratch("gone"))", "pair 11 12", "pipe 13 14",
      "open 15 \(scratch("file"))", "lock 15 flock", "dup 15 16", "write 15", "set-cloexec 16")
    let port = try target.ask("tcp-bind 17 8")
    try target.order("tcp 18 \(port) 127.0.0.1", "accept 17 19", "socket 20 2 1")
    let cases = [
      ("deleted", "10"), ("path:\(scratch("file"))", "15 16"), ("type:unix", "11 12"),
      ("type:tcp", "17 18 19 20"),
      ("10- and mode:w", "14"), ("locked", "15 16"), ("offset=4", "15 16"), ("cloexec", "16"),
      ("same-as:16", "15 16"), ("state:listen", "17"), ("peer::\(port)", "18"), ("local::\(port)", "17 19"),
      ("10-", "10 11 12 13 14 15 16 17 18 19 20"),
    ]
    for (selector, picked) in cases {
      let run = try rangeclose("-n", thread, selector)
      #expect(pickedNumbers(run.output) == picked, "\(selector) \(run.errors)")
    }
    // The process has its own table, in which none of these files is open.
    try expect(target, "10-", picks: "10")
    try expect(target, "path:\(scratch("leaders"))", picks: "10")
    let explained = try rangeclose("--explain", thread, "same-as:15 or deleted").output
    #expect(explained.contains("     3        0  same-as:15 or deleted\n"), "\(explained)")
    #expect(try rangeclose("-q", thread, "locked or deleted or state:established").status == 0)
    #expect(try target.ask("list") == "0-2 13-14 17 20")
    try expect(target, "10-", picks: "10")
  }

  /// A thread ID in `owner:` means that thread, too.
  @Test func ownerAcceptsAThreadID() throws {
    let target = try holder("pipe 10 11", "pair 12 13", "own-table")
    let thread = try target.ask("tid")
    try target.order("close 10", "close 13")
    // The leader still has both ends. The thread has one end of each.
    try expect(target, "10- and owner:\(thread)", picks: "10 13")
    try expect(target, "10- and owner:\(target.pid)", picks: "10 11 12 13")
    #expect(pickedNumbers(try rangeclose("-n", thread, "10- and owner:\(thread)").output) == "")
    #expect(pickedNumbers(try rangeclose("-n", thread, "10- and owner:\(target.pid)").output) == "11 12")
  }
}
