import Glibc
import TestSupport
import Testing

/// Sockets that hang: `idle`, `recvq` and `sendq`.
@Suite(.enabled(if: Programs.has("python3"))) struct ActivityTests {
  private let scratch = Scratch()

  /// Starts a Python process with connections at 40 to 47, a listening socket at 50 and other files.
  ///
  /// Nobody reads what arrived at 41 and 45. What 42 sent fills the queues of both sides.
  private func target() throws -> Target {
    let lines = [
      "import os, sys, time", "from socket import *", "kept = []",
      "def at(number, *made):", "  for one in made: os.dup2(one.fileno(), number); number += 1",
      "  kept.extend(made)", "listener = create_server(('127.0.0.1', 0), backlog=8)", "at(50, listener)",
      "def connected():", "  client = create_connection(listener.getsockname())",
      "  return client, listener.accept()[0]",
      "one, two, three = connected(), connected(), socketpair()", "at(40, *one)", "at(42, *two)",
      "at(44, *three)", "udp = [socket(AF_INET, SOCK_DGRAM) for _ in range(2)]", "at(46, *udp)",
      "udp[1].bind(('127.0.0.1', 0))", "udp[0].connect(udp[1].getsockname())",
      "at(51, socket(), socket(AF_NETLINK, SOCK_RAW, 0))", "os.dup2(os.memfd_create('x'), 53)",
      "one[0].send(b'1234'); udp[0].send(b'12345'); three[0].send(b'12'); two[0].setblocking(False)",
      "try:", "  while True: two[0].send(bytes(65536))", "except BlockingIOError: pass",
      "time.sleep(1.2)", "one[1].send(b'x'); print('ready', flush=True)", "sys.stdin.readline()",
      "late = create_connection(listener.getsockname()); at(54, late); print('connected', flush=True)",
      "sys.stdin.read()",
    ]
    let target = try Target("python3", ["-c", lines.joined(separator: "\n")])
    try target.expect("ready")
    return target
  }

  @Test func queuesAreCompared() throws {
    let target = try target()
    try expect(target, "40-53", "recvq>0", picks: "40 41 43 45 47")
    try expect(target, "40-53", "recvq=4", picks: "41")
    try expect(target, "40-53", "recvq=5", picks: "47")
    try expect(target, "40-53", "recvq>1K", picks: "43")
    try expect(target, "40-53 and type:tcp", "sendq>1K", picks: "42")
    try expect(target, "40-53 and type:tcp", "sendq=0", picks: "40 41 43 51")
    // A listening socket has no such bytes, and what netlink(7) has is unknown.
    try expect(target, "50-53 and not recvq>0", picks: "50 51 53")
    try expect(target, "50-53 and not sendq=0", picks: "50 53")
    #expect(try rangeclose("-q", "\(target.pid)", "40-53", "recvq>1K or sendq>1M").status == 0)
    try expect(target, "40-43", picks: "40 41")
  }

  @Test func idleIsTheTimeSinceTheLastData() throws {
    let target = try target()
    // The sender probes the full queue of 43. 40 has just received. 42 has received nothing since it was
    // connected.
    try expect(target, "40-42,44-53", "idle>=1s", picks: "41 42")
    try expect(target, "40-42,44-53", "idle<1", picks: "40")
    try expect(target, "40-53", "idle>1h", picks: "")
    try expect(target, "40-53", "idle<=1d", picks: "40 41 42 43")
    // A listening socket and one without a connection have received nothing, and no other socket counts.
    try expect(target, "40-53 and not idle<=1d", picks: "44 45 46 47 50 51 52 53")
    target.say("")
    try target.expect("connected")
    try expect(target, "54", "idle<1", picks: "54")
    #expect(try rangeclose("-q", "\(target.pid)", "40-42", "idle>=1s").status == 0)
    try expect(target, "40-42", picks: "40")
  }

  @Test func timesAreChecked() throws {
    let target = try holder()
    for (text, message) in [
      ("idle>1y", "not a time"), ("idle>50d", "starts again at 0 after 49 days"), ("idle>=0", "every file"),
      ("idle<0s", "never true"), ("recvq>x", "not an amount"), ("idle>1h and idle<1m", "satisfy both"),
      ("idle:1h", "write 'idle>1h'"),
      ("idle>1h and type:udp", "no descriptor can match both"),
    ] {
      let run = try rangeclose("\(target.pid)", text)
      #expect(run.status == 2 && run.errors.contains(message), "\(text): \(run.errors)")
    }
    try expect(target, "idle>49d or sendq!=0 or 0", picks: "0")
  }

  /// Without the right to attach, the queues are unknown.
  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv", "strace")))
  func queuesThatCannotBeReadAreUnknown() throws {
    let target = try target()
    for fault in ["pidfd_getfd:error=EPERM", "ioctl:error=ENOTTY", "getsockopt:error=EPERM"] {
      for selector in ["40-47 and recvq>=1", "40-47 and not recvq>=1", "53 and not sendq>0"] {
        let trace = try Trace(target, ["-n", selector], injecting: fault)
        #expect(pickedNumbers(trace.output) == (selector.hasPrefix("53") ? "53" : ""), "\(fault) \(trace)")
      }
    }
  }
}
