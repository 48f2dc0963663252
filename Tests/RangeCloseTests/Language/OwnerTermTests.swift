import Glibc
import TestSupport
import Testing

/// `owner:` matches by the process at the other end of pipes, FIFOs, Unix-domain sockets and TCP
/// connections.
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

  // MARK: - TCP

  /// `::ffff:127.0.0.1` is a socket of IPv6 that is connected to an IPv4 address.
  @Test(arguments: ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
  func ownerFindsTheServerOfAConnection(address: String) throws {
    let server = try holder()
    let port = try server.ask("listen 10")
    let client = try holder("tcp 10 \(port) \(address)", "dup 10 11", "udp 12 \(port) 127.0.0.1")
    // The connection waits for accept(2), so it belongs to the process that has the listening socket.
    try expect(client, "owner:\(server.pid)", picks: "10 11")
    try server.order("accept 10 11")
    try expect(client, "owner:\(server.pid)", picks: "10 11")
    try expect(server, "owner:\(client.pid)", picks: "11")
    try expect(client, "10- and not owner:\(server.pid)", picks: "12")
    try expect(server, "10- and not owner:\(client.pid)", picks: "10")
    #expect(try rangeclose("-q", "\(client.pid)", "owner:\(server.pid)").status == 0)
    #expect(try client.ask("list") == "0-2 12")
  }

  @Test func ownerFindsBothEndsInOneProcess() throws {
    let target = try holder()
    let port = try target.ask("listen 10")
    try target.order("tcp 11 \(port) 127.0.0.1", "accept 10 12")
    try expect(target, "10-", "owner:\(target.pid)", picks: "11 12")
  }

  /// A connection has two owners if the server has made a child.
  @Test func ownerFindsEachHolderOfTheOtherEnd() throws {
    let server = try holder()
    let port = try server.ask("listen 10")
    let client = try holder("tcp 10 \(port) 127.0.0.1", "tcp 11 \(port) 127.0.0.1")
    try server.order("accept 10 11", "accept 10 12")
    let child = try server.ask("fork 11 11")
    try expect(client, "owner:\(child)", picks: "10")
    try expect(client, "owner:\(server.pid)", picks: "10 11")
    try server.order("close 11", "close 12")
    // The client has not closed its end of the second connection, and nobody has the other end.
    try expect(client, "owner:\(child)", picks: "10")
    try expect(client, "owner:\(server.pid)", picks: "")
    try expect(client, "10- and not owner:\(server.pid)", picks: "10 11")
  }

  /// If several listening sockets may have a connection in their queues, its owner is unknown.
  @Test func aSharedPortLeavesTheOwnerUnknown() throws {
    let script = """
      import socket, sys
      def listener(port):
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(("127.0.0.1", port))
        made.listen()
        return made
      one = listener(0)
      other = listener(one.getsockname()[1])
      client = socket.create_connection(one.getsockname())
      print(client.fileno(), flush=True)
      sys.stdin.readline()
      """
    let target = try Target("python3", ["-c", script])
    let number = try target.hear()
    try expect(target, number, "owner:\(target.pid)", picks: "")
    try expect(target, "\(number) and not owner:\(target.pid)", picks: "")
  }

  /// In another namespace, a socket can have the same ends without being the other end.
  @Test(.enabled(if: Programs.isRoot && Programs.has("unshare", "ip")))
  func ownerKnowsNetworkNamespaces() throws {
    // This server makes its first sockets in the namespace of the tests, and then goes to another one.
    let server = try holder()
    let port = try server.ask("listen 10")
    let client = try holder("tcp 10 \(port) 127.0.0.1")
    try server.order("accept 10 11", "namespace")
    // Its sockets stay in the namespace in which they were made.
    try expect(client, "owner:\(server.pid)", picks: "10")
    try expect(server, "owner:\(client.pid)", picks: "11")
    let inner = try server.ask("listen 20")
    try server.order("tcp 21 \(inner) 127.0.0.1", "accept 20 22")
    try expect(server, "10-", "owner:\(server.pid)", picks: "21 22")
    try expect(server, "10- and not owner:\(server.pid)", picks: "10 11 20")
  }

  /// A peer in another namespace is like a peer on another machine.
  @Test(.enabled(if: Programs.isRoot && Programs.has("unshare", "ip", "nsenter")))
  func aPeerInAnotherNamespaceHasNoOwner() throws {
    let server = try Target("unshare", ["-n", Programs.fixture("holder")])
    try server.expect("ready")
    let (name, net) = ("rco\(server.pid % 100_000)", "198.18.\(server.pid % 256)")
    let script = """
      set -e
      ip link add \(name)a type veth peer name \(name)b netns \(server.pid)
      ip addr add \(net).1/30 dev \(name)a && ip link set \(name)a up
      nsenter -t \(server.pid) -n sh -c 'ip addr add \(net).2/30 dev \(name)b && ip link set \(name)b up'
      """
    let made = try Target("sh", ["-c", script])
    let output = try made.rest()
    try #require(made.wait() == 0, "\(output)")
    let port = try server.ask("listen 10")
    let client = try holder("tcp 10 \(port) \(net).2")
    try server.order("accept 10 11")
    try expect(client, "10 and not owner:\(server.pid)", picks: "10")
    try expect(server, "11 and not owner:\(client.pid)", picks: "11")
    try expect(client, "owner:\(server.pid)", picks: "")
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
