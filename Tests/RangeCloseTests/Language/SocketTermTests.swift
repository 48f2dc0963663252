import Glibc
import TestSupport
import Testing

/// The states of sockets, and the ends of sockets that have hosts and ports.
@Suite struct SocketTermTests {
  @Test func tcpSocketsHaveTheirStates() throws {
    let target = try holder("socket 15 2 1", "eventfd 30", "pair 31 32")
    let port = try target.ask("tcp-bind 10 8")
    try target.order("tcp 11 \(port) 127.0.0.1", "accept 10 12")
    // One side shuts its connection down.
    try target.order("tcp 13 \(port) 127.0.0.1", "accept 10 14", "shutdown 13")
    // Both sides of the next connection shut it down. A third is reset because of what 18 has sent.
    try target.order("tcp 16 \(port) 127.0.0.1", "accept 10 17", "shutdown 16", "shutdown 17")
    try target.order("tcp 18 \(port) 127.0.0.1", "accept 10 19", "write 18", "close 19")
    // The queue of the listener is full, so nothing answers.
    let full = try target.ask("tcp-bind 20 0")
    try target.order("tcp-begin 21 \(full)", "tcp-begin 22 \(full)", "tcp-begin 23 \(full)")
    try expect(target, "--type=tcp", "--state=listen", picks: "10 20")
    try expect(target, "type:tcp and state:listening", picks: "10 20")
    try expect(target, "11-19", "state:established", picks: "11 12")
    try expect(target, "state:fin-wait-2", picks: "13")
    try expect(target, "state:close-wait", picks: "14")
    try expect(target, "state:CLOSE_WAIT,FIN_WAIT2", picks: "13 14")
    try expect(target, "state:closed and type:tcp", picks: "15 16 17 18")
    try expect(target, "23", "state:syn-sent", picks: "23")
    try expect(target, "23", "peer:127.0.0.1:\(full)", picks: "23")
    try expect(target, "state:time-wait,syn-recv,last-ack,closing,fin-wait-1", picks: "")
    // An ended connection has lost its remote end. A descriptor that is no socket has no state.
    try expect(target, "15-18", "peer:*", picks: "")
    try expect(target, "10-20,30- and not state:established", picks: "10 13 14 15 16 17 18 20 30")
    #expect(try rangeclose("-q", "\(target.pid)", "state:close-wait,closed").status == 0)
    #expect(try target.ask("list") == "0-2 10-13 20-23 30-32")
  }

  @Test func otherSocketsHaveThreeStates() throws {
    let scratch = Scratch()
    let target = try holder(
      "pair 10 11", "unix-listen 12 \(scratch("a"))", "unix-connect 13 \(scratch("a"))", "socket 14 1 1",
      "socket 15 2 2", "udp 16 9 127.0.0.1", "socket 17 16 2", "unix-bind 18 \(scratch("b"))", "pair 19 20",
      "close 20", "memfd 21")
    try expect(target, "10-", "state:established", picks: "10 11 13 16 19")
    try expect(target, "10-", "state:listen", picks: "12")
    try expect(target, "10-", "state:closed", picks: "14 15 17 18")
    try expect(target, "10-", "state:unconnected,LISTEN", picks: "12 14 15 17 18")
    try expect(target, "10- and not state:closed,listen,established", picks: "21")
    try expect(target, "10-", "state:close-wait", picks: "")
  }

  /// The sockets are connected UDP sockets, whose remote ends need not exist.
  @Test func peersMatchByHostPortServiceAndNetwork() throws {
    let target = try holder(
      "udp 10 53 127.0.0.1", "udp 11 80 127.0.0.1", "udp 12 6000 127.0.1.7", "udp 13 6010 127.8.0.1",
      "udp 14 6011 127.0.0.2", "eventfd 15", "socket 16 2 2", "read 17 /dev/null")
    let port = try target.ask("udp-bind 18")
    try target.order("tcp-begin 19 \(port)")
    let cases = [
      (":53", "10"), ("*:53", "10"), ("127.0.0.1:53", "10"), ("127.0.0.2:53", ""), (":53,:80", "10 11"),
      ("127.0.0.1", "10 11"), ("127.0.0.1:*", "10 11"), ("*", "10 11 12 13 14"),
      (":6000-6010", "12 13"), (":6001-6009", ""), (":6000-6011,:53", "10 12 13 14"), (":5999-6000", "12"),
      ("127.0.0.0/24", "10 11 14"), ("127.0.0.0/23", "10 11 12 14"), ("127.0.0.0/8:6010", "13"),
      ("127.0.1.7/32", "12"), ("128.0.0.0/1", ""), ("0.0.0.0/0", "10 11 12 13 14"), ("0.0.0.0/0:80", "11"),
      ("[::ffff:127.0.0.1]:80", "11"), ("::1", ""),
      ("127.0.1.7:6000-6001,127.0.0.2", "12 14"), ("localhost:80,[::1]:53", "11"),
    ]
    for (end, picked) in cases {
      try expect(target, "10-18", "peer:\(end)", picks: picked)
    }
    try expect(target, "10-18", "peer::53", "peer::80", picks: "10 11")
    try expect(target, "10-18 and not peer:127.0.0.0/24", picks: "12 13 15 16 17 18")
    #expect(try rangeclose("-q", "\(target.pid)", "10-18", "peer:127.0.0.0/24:6000-7000").status == 0)
    #expect(try target.ask("list") == "0-2 10-13 15-19")
  }

  @Test(.enabled(if: Programs.has("getent"))) func peersMatchByService() throws {
    let target = try holder("udp 10 53 127.0.0.1", "udp 11 80 127.0.0.1")
    guard try Target("getent", ["services", "domain"]).wait() == 0 else { return }
    try expect(target, "10-", "peer::domain", picks: "10")
    try expect(target, "10-", "peer:127.0.0.1:http,:domain", picks: "10 11")
    try expect(target, "10-", "peer:127.0.0.2:http", picks: "")
    let run = try rangeclose("\(target.pid)", "peer::no-such-service")
    #expect(run.status == 2 && run.errors.contains("there is no service 'no-such-service'"), "\(run)")
    #expect(try target.ask("list") == "0-2 10-11")
  }

  @Test func localMatchesTheOwnEnd() throws {
    let target = try holder("pair 20 21", "eventfd 22")
    let port = try target.ask("tcp-bind 10 8"), other = try target.ask("listen 11")
    try target.order("tcp 12 \(port) 127.0.0.1", "accept 10 13", "tcp 14 \(other) ::1", "accept 11 15")
    let bound = try target.ask("udp-bind 16")
    // The listener and the sockets that it accepted have that port. A socket that connected has it as the
    // port of its peer.
    try expect(target, "local::\(port)", picks: "10 13")
    try expect(target, "peer::\(port)", picks: "12")
    try expect(target, "local:[::1]:\(other)", picks: "15")
    try expect(target, "local::\(other)", picks: "11 15")
    try expect(target, "local:127.0.0.1:\(bound)", picks: "16")
    try expect(target, "local:127.0.0.2:\(bound)", picks: "")
    try expect(target, "local:127.0.0.1 and type:tcp", picks: "10 12 13")
    try expect(target, "10- and not local:127.0.0.1,::1", picks: "11 20 21 22")
    #expect(try rangeclose("-q", "\(target.pid)", "local::\(port) and not state:listen").status == 0)
    #expect(try target.ask("list") == "0-2 10-12 14-16 20-22")
  }
}
