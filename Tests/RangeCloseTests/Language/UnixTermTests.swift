import TestSupport
import Testing

/// Unix-domain sockets, picked by their names and by the socket at the other end.
@Suite struct UnixTermTests {
  private let scratch = Scratch()

  /// The other end as the listing shows it.
  private func peer(_ target: Target, _ number: Int) throws -> String {
    let run = try rangeclose("-n", "-r", "--no-headings", "-o", "PEER", "\(target.pid)", "\(number)")
    return String(run.output.dropLast())
  }

  @Test func acceptedSocketsHaveTheNameOfTheListener() throws {
    let target = try holder(
      "unix-listen 10 \(scratch("x"))", "unix-connect 11 \(scratch("x"))", "accept 10 12",
      "unix-listen 13 @rangeclose-\(scratch.path)", "unix-connect 14 @rangeclose-\(scratch.path)",
      "accept 13 15", "pair 16 17", "socket 18 1 1", "eventfd 19", "unix-bind 20 \(scratch("datagrams"))",
      "unlink \(scratch("x"))")
    try expect(target, "local:unix:\(scratch("x"))", picks: "10 12")
    try expect(target, "peer:unix:\(scratch("x"))", picks: "11")
    try expect(target, "local:unix:@rangeclose-\(scratch.path)", picks: "13 15")
    try expect(target, "peer:unix:@rangeclose-**", picks: "14")
    try expect(target, "peer:unix:@rangeclose-*", picks: "")
    try expect(target, "local:unix:\(scratch.path)/*", picks: "10 12 20")
    try expect(target, "local:unix:\(scratch("X"))", picks: "")
    // A list may end with a name. A comma in the name is an ordinary comma.
    try expect(target, "peer:127.0.0.1,unix:\(scratch("x"))", picks: "11")
    try expect(target, "peer:unix:\(scratch("x")),unix:**", picks: "")
    // A socket without a name matches no pattern for names.
    try expect(target, "local:unix:**,", picks: "")
    try expect(target, "10- and not peer:unix:**", picks: "10 12 13 15 16 17 18 19 20")
    #expect(try rangeclose("-q", "\(target.pid)", "local:unix:** and state:established").status == 0)
    #expect(try target.ask("list") == "0-2 10-11 13-14 16-20")
  }

  /// A row has no more columns than the others, and the name as it is printed picks the socket.
  @Test func blanksInANameMakeNoColumns() throws {
    let name = "@\(scratch.path)  left alone  /etc/shadow"
    let target = try holder(
      "unix-listen 10 \(name)", "unix-connect 11 \(name)", "open 12 \(scratch("two  blanks"))",
      "open 13 \(scratch("one blank"))", "open 14 \(scratch("a\u{2003}wide one"))")
    let rows = try rangeclose("-n", "\(target.pid)", "10-").output.split(separator: "\n")
    for row in rows {
      let columns = row.split(separator: " ", omittingEmptySubsequences: false).split(separator: "")
      #expect(columns.count == 7, "\(row)")
    }
    let printed = "unix:@\(scratch.path)\\ \\ left alone\\ \\ /etc/shadow"
    #expect(rows[2].hasSuffix("->\(printed)"), "\(rows[2])")
    #expect(rows[4].hasSuffix("/one blank") && rows[5].hasSuffix("/a\\342\\200\\203wide one"), "\(rows)")
    try expect(target, "peer:\"\(printed)\"", picks: "11")
    try expect(target, "--peer", printed, picks: "11")
    try expect(target, "--path", scratch("two\\ \\ blanks"), picks: "12")
    try expect(target, "--path", scratch("a\\342\\200\\203wide one"), picks: "14")
  }

  @Test func aNameThatEndsLikeAPortNeedsAnEscape() throws {
    let target = try holder("unix-listen 10 \(scratch("x:80"))", "unix-connect 11 \(scratch("x:80"))")
    let run = try rangeclose("\(target.pid)", "peer:unix:\(scratch("x:80"))")
    #expect(run.status == 2 && run.errors.contains("a Unix-domain socket has no port"), "\(run)")
    try expect(target, "peer:unix:\(scratch("x\\:80"))", picks: "11")
    try expect(target, "--peer", "unix:\(scratch("x\\:80"))", picks: "11")
    try expect(target, "peer:unix:\(scratch("x:8?"))", picks: "11")
  }

  @Test func peersMatchByTheInodeOfTheOtherEnd() throws {
    let server = try holder("unix-listen 10 \(scratch("x"))")
    let target = try holder("pair 10 11", "unix-connect 12 \(scratch("x"))", "pair 13 14", "eventfd 15")
    try server.order("accept 10 11")
    // A pair has no names. The listing shows the text that picks it.
    let (ten, thirteen) = (try peer(target, 10), try peer(target, 13))
    #expect(ten.hasPrefix("socket:[") && thirteen.hasPrefix("socket:[") && ten != thirteen)
    try expect(target, "peer:\(ten)", picks: "10")
    try expect(target, "peer:\(ten),\(thirteen)", picks: "10 13")
    try expect(target, "path:\(ten)", picks: "11")
    // The accepted side's peer has no name. The client's peer is the accepted side, whatever the name of that
    // side is.
    try expect(server, "peer:\(try peer(server, 11))", picks: "11")
    let accepted = try Target("readlink", ["/proc/\(server.pid)/fd/11"]).rest().dropLast()
    try expect(target, "peer:\(accepted)", picks: "12")
    try expect(target, "peer:socket:[1]", picks: "")
    try expect(target, "peer:\(ten),unix:\(scratch("x"))", picks: "10 12")
    try expect(target, "10- and not peer:\(ten)", picks: "11 12 13 14 15")
    let own = try rangeclose("\(target.pid)", "local:\(ten)")
    #expect(own.status == 2 && own.errors.contains("write inode:"), "\(own)")
    #expect(try rangeclose("-q", "\(target.pid)", "peer:\(ten) or peer:\(accepted)").status == 0)
    #expect(try target.ask("list") == "0-2 11 13-15")
  }

  /// These are more sockets than rangeclose queries one at a time.
  @Test func peersOfManySocketsAreFound() throws {
    let target = try holder()
    for index in 0..<30 { try target.order("pair \(10 + 2 * index) \(11 + 2 * index)") }
    let (some, other) = (try peer(target, 20), try peer(target, 41))
    try expect(target, "peer:\(some),\(other)", picks: "20 41")
    try target.order("close 21")
    try expect(target, "peer:\(some)", picks: "")
  }
}
