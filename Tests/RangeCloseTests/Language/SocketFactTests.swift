import Glibc
import TestSupport
import Testing

/// The facts about sockets that are unconnected, unbound, waiting or hung up.
@Suite(.enabled(if: Programs.has("python3"))) struct SocketFactTests {
  private let scratch = Scratch()

  /// Starts a Python process that opens sockets at numbers from 40 up.
  private func python(_ lines: String...) throws -> Target {
    let before = [
      "import os, sys, time", "from socket import *", "kept = []", "def at(made, number):",
      "  os.dup2(made.fileno(), number)", "  kept.append(made)", "  return made",
    ]
    let after = ["print('ready', flush=True)", "sys.stdin.read()"]
    let target = try Target("python3", ["-c", (before + lines + after).joined(separator: "\n")])
    let line = try target.hear()
    if line != "ready" { throw Target.Failure(description: "python3: \(line) \(try target.rest())") }
    return target
  }

  /// A descriptor opened with O_PATH refers to the socket, but no call on it answers.
  @Test func aSocketOpenedAsAPathIsUnknown() throws {
    let target = try python(
      "at(socket(AF_INET, SOCK_DGRAM), 40)", "pair = socketpair()", "at(pair[0], 41)",
      "for number in (40, 41): os.dup2(os.open(f'/proc/self/fd/{number}', os.O_PATH), number + 10)")
    for term in ["state:established", "peer:127.0.0.1", "peer:unix:/x", "local:127.0.0.1", "local:unix:/x"] {
      try expect(target, "50-51", term, picks: "")
      try expect(target, "50-51 and not \(term)", picks: "")
    }
    // The kind is known, and so is what does not depend on the socket.
    try expect(target, "50-51", "type:udp", picks: "50")
  }

  /// The kernel shows the address 0.0.0.0 and port 0 for a socket that was never bound.
  @Test func aSocketThatWasNeverBoundHasNoLocalEnd() throws {
    let target = try python(
      "at(socket(), 40)", "at(socket(AF_INET, SOCK_DGRAM), 41)", "at(socket(AF_INET6), 42)",
      "at(socket(AF_INET, SOCK_DGRAM), 43).bind(('0.0.0.0', 0))", "at(socket(), 44).bind(('127.0.0.1', 0))",
      "at(socket(AF_INET6), 45).listen()")
    try expect(target, "40-45", "local:*", picks: "43 44 45")
    try expect(target, "40-45", "local:0.0.0.0", picks: "43")
    try expect(target, "40-45", "local:::", picks: "45")
    try expect(target, "40-45 and not local:*", picks: "40 41 42")
    #expect(try rangeclose("-q", "\(target.pid)", "40-45", "local:*").status == 0)
    try expect(target, "40-45", picks: "40 41 42")
  }

  /// The tables of raw and ping sockets show a protocol or an ID at the place of a port.
  @Test(.enabled(if: Programs.isRoot && Programs.has("unshare")))
  func protocolsAndIDsAreNotPorts() throws {
    let lines = [
      "import os, sys", "from socket import *",
      "open('/proc/sys/net/ipv4/ping_group_range', 'w').write('0 100')", "os.system('ip link set lo up')",
      "made = [socket(AF_INET, SOCK_RAW, 22) for _ in range(3)] + [socket(AF_INET, SOCK_DGRAM, 1)]",
      "made[1].bind(('127.0.0.1', 0))", "made[2].connect(('127.0.0.1', 0))",
      "made[3].bind(('127.0.0.1', 8080))", "for n, one in enumerate(made): os.dup2(one.fileno(), 40 + n)",
      "print('ready', flush=True)", "sys.stdin.read()",
    ]
    let target = try Target("unshare", ["-n", "python3", "-c", lines.joined(separator: "\n")])
    try target.expect("ready")
    try expect(target, "40-43", "local::22,:8080", picks: "")
    try expect(target, "40-43 and not local::1-65535", picks: "40 41 42 43")
    try expect(target, "40-43", "local:127.0.0.1", picks: "41 42 43")
    try expect(target, "40-43", "peer:127.0.0.1", picks: "42")
    try expect(target, "40-43", "state:established", picks: "42")
  }

  /// ss(8) shows a bound datagram socket as established once another socket has connected to it.
  @Test func aBoundDatagramSocketHasTheStateThatTheKernelShows() throws {
    let target = try python(
      "at(socket(AF_UNIX, SOCK_DGRAM), 40).bind('\(scratch("a"))')",
      "at(socket(AF_UNIX, SOCK_DGRAM), 41).connect('\(scratch("a"))')",
      "at(socket(AF_UNIX, SOCK_DGRAM), 42).bind('\(scratch("b"))')", "at(socket(AF_UNIX, SOCK_DGRAM), 43)")
    try expect(target, "40-43", "state:established", picks: "40 41")
    try expect(target, "40-43", "state:closed", picks: "42 43")
    try expect(target, "40-43 and not state:established", picks: "42 43")
    try expect(target, "40-43", "state:listen", picks: "")
  }

  @Test func aSocketIsHungUpIfItsOtherEndIsClosedOrShutDown() throws {
    let target = try python(
      "closed, shut, writing, datagrams, fine = [socketpair() for _ in range(3)] + [socketpair(AF_UNIX,"
        + " SOCK_DGRAM), socketpair()]",
      "for number, pair in enumerate((closed, shut, writing, datagrams, fine)):",
      "  at(pair[0], 40 + 2 * number); at(pair[1], 41 + 2 * number)",
      "def end(number): kept[number - 40].close(); os.close(number)", "end(41); end(47)",
      "shut[1].shutdown(SHUT_RDWR)", "writing[1].shutdown(SHUT_WR)")
    try expect(target, "40-49", "state:hung-up", picks: "40 42 43 44 46")
    try expect(target, "40-49 and not state:hung_up", picks: "45 48 49")
    try expect(target, "40-49", "state:hung-up,listen and not state:close-wait", picks: "40 42 43 44 46")
    #expect(try rangeclose("-q", "\(target.pid)", "40-49", "state:hung-up").status == 0)
    try expect(target, "40-49", picks: "45 48 49")
  }

  /// The process made sockets, and then went to another network namespace.
  ///
  /// getpeername(2) reports no peer with port 0, and no table of the new namespace has these sockets.
  @Test(.enabled(if: Programs.isRoot && Programs.has("strace")))
  func socketsAreLookedUpInTheirOwnNamespace() throws {
    let target = try python(
      "import ctypes", "raw = at(socket(AF_INET, SOCK_RAW, 255), 40)", "raw.connect(('127.0.0.1', 0))",
      "at(socket(AF_INET, SOCK_DGRAM), 41).connect(('127.0.0.1', 0))",
      "at(socket(AF_INET, SOCK_RAW, 254), 42)",
      "at(socket(AF_INET, SOCK_DGRAM), 43).bind(('127.0.0.1', 0))", "at(socket(AF_INET, SOCK_DGRAM), 44)",
      "at(socket(), 45)", "ctypes.CDLL(None).unshare(0x40000000)",
      "at(socket(AF_INET, SOCK_RAW, 253), 46)")
    try expect(target, "40-46", "peer:127.0.0.1", picks: "40 41")
    try expect(target, "40-46 and not peer:127.0.0.1", picks: "42 43 44 45 46")
    try expect(target, "40-46", "state:established", picks: "40 41")
    try expect(target, "40-46", "state:closed", picks: "42 43 44 45 46")
    // Without the right to ask for the namespace, the sockets that may be connected are unknown.
    for (selector, picked) in [
      ("peer:127.0.0.1", ""), ("state:established", ""), ("not peer:127.0.0.1", "44 45 46"),
      ("state:closed", "44 45 46"), ("not state:established", "44 45 46"), ("not state:listen", "44 45 46"),
    ] {
      let trace = try Trace(target, ["-n", "40-46", selector], injecting: "ioctl:error=EPERM")
      #expect(pickedNumbers(trace.output) == picked, "\(selector) \(trace.output)")
    }
    #expect(try rangeclose("-q", "\(target.pid)", "40-46", "peer:127.0.0.1").status == 0)
    try expect(target, "40-46", picks: "42 43 44 45 46")
  }
}
