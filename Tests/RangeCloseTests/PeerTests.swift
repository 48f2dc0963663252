import Testing
import TestSupport

/// Sockets picked by their remote end.
@Suite struct PeerTests {
  /// The target has sockets of several address forms, ports and protocols.
  @Test func peersMatchHostsAndPortsInEveryForm() throws {
    let server = try holder(), target = try holder()
    let port = try server.ask("listen 10"), other = try server.ask("listen 11")
    try target.order(
      "tcp 20 \(port) 127.0.0.1", "tcp 21 \(port) ::1", "tcp 22 \(port) ::ffff:127.0.0.1",
      "udp 23 \(port) 127.0.0.1", "tcp 24 \(other) 127.0.0.1", "udp 25 \(port) 127.0.0.2", "pair 26 27",
      "eventfd 28")
    func picked(_ peers: String...) throws -> [String] {
      let run = try rangeclose(["-n", "\(target.pid)"] + peers.flatMap { ["--peer", $0] })
      return run.output.split(separator: "\n").dropFirst().map {
        String($0.split(separator: " ")[0])
      }
    }
    #expect(try picked("127.0.0.1:\(port)") == ["20", "22", "23"])
    // A host name matches all of its addresses. hosts(5) may list one or two for localhost.
    let addresses = try Target("getent", ["ahosts", "localhost"]).rest()
    let localhost = ["20"] + (addresses.contains("::1 ") ? ["21"] : []) + ["22", "23"]
    #expect(try picked("localhost:\(port)") == localhost)
    #expect(try picked("[::1]:\(port)") == ["21"])
    #expect(try picked("[::ffff:127.0.0.1]:\(port)") == ["20", "22", "23"])
    #expect(try picked(":\(port)") == ["20", "21", "22", "23", "25"])
    #expect(try picked("127.0.0.1") == ["20", "22", "23", "24"])
    #expect(try picked("127.0.0.0/8") == ["20", "22", "23", "24", "25"])
    #expect(try picked("127.0.0.2/32:\(port)", "::1") == ["21", "25"])
    #expect(try picked("::1/128", "127.0.0.1:\(other)") == ["21", "24"])
    #expect(try picked("10.0.0.0/8").isEmpty)
    #expect(try rangeclose("\(target.pid)", "--peer", "localhost:\(port)", "--peer", "[::1]").status == 0)
    #expect(try target.ask("list") == "0-2 24-28")
    // The listener has no peer, so even a pattern for every address does not match it.
    #expect(try rangeclose("-n", "\(server.pid)", "--peer", "*").status == 1)
  }

  @Test func unixPeersMatchByTheNameOfTheOtherEnd() throws {
    let scratch = Scratch()
    let server = try holder(), target = try holder()
    let abstract = "@rangeclose-test-\(server.pid)"
    try server.order("unix-listen 10 \(scratch("x.sock"))", "unix-listen 11 \(abstract)")
    try target.order(
      "unix-connect 20 \(scratch("x.sock"))", "unix-connect 21 \(abstract)",
      "unix-connect 22 \(scratch("x.sock"))", "pair 23 24")
    try server.order("accept 10 12")
    #expect(try rangeclose("\(target.pid)", "--peer", "unix:\(abstract)").status == 0)
    #expect(try target.ask("list") == "0-2 20 22-24")
    #expect(try rangeclose("\(target.pid)", "20-21", "--peer", "unix:\(scratch("x.sock"))").status == 0)
    #expect(try target.ask("list") == "0-2 22-24")
    #expect(try rangeclose("\(target.pid)", "--peer", "unix:\(scratch.path)/*").status == 0)
    #expect(try target.ask("list") == "0-2 23-24")
    // The accepted end's own name is not the name of its peer.
    #expect(try rangeclose("\(server.pid)", "--peer", "unix:\(scratch("x.sock"))").status == 1)
  }

  /// The tables are those of the target's network namespace, whose loopback is another one.
  @Test(.enabled(if: Programs.isRoot && Programs.has("ip")))
  func peersInAnotherNetworkNamespaceArePicked() throws {
    let target = try holder()
    let outside = try holder()
    let foreignPort = try outside.ask("listen 10")
    try target.order("tcp 30 \(foreignPort) 127.0.0.1", "namespace")
    let port = try target.ask("listen 10")
    try target.order("tcp 20 \(port) 127.0.0.1", "accept 10 21", "udp 22 \(port) 127.0.0.1")
    let listing = try rangeclose("-n", "\(target.pid)", "--peer", "127.0.0.1")
    #expect(listing.output.contains("(ESTABLISHED)"))
    #expect(try rangeclose("\(target.pid)", "--peer", "127.0.0.1:\(port)").status == 0)
    #expect(try target.ask("list") == "0-2 10 21 30")
    // The target made this socket before it left the tests' namespace. No table of its new namespace lists
    // it.
    #expect(try rangeclose("\(target.pid)", "--peer", "127.0.0.1:\(foreignPort)").status == 0)
    #expect(try target.ask("list") == "0-2 10 21")
  }

  /// The peer does not even answer the connection.
  ///
  /// getpeername(2) does not return such a peer, but the table lists it.
  @Test(.enabled(if: Programs.has("python3"))) func aConnectingSocketIsPickedByItsPeer() throws {
    let target = try Target(
      "python3",
      [
        "-c",
        """
        import socket, time
        server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen(0)
        port = server.getsockname()[1]
        filler = [socket.socket() for _ in range(3)]
        for s in filler: s.setblocking(False); s.connect_ex(("127.0.0.1", port))
        time.sleep(0.2)
        late = socket.socket(); print(port, late.fileno(), flush=True)
        try: late.connect(("127.0.0.1", port))
        except OSError as error: print(error.strerror, flush=True)
        input()
        """,
      ])
    let words = try target.hear().split(separator: " ").map(String.init)
    #expect(
      eventually { (try? rangeclose("-n", "\(target.pid)", words[1]).output.contains("(SYN_SENT)")) == true })
    let run = try rangeclose("\(target.pid)", words[1], "--peer", "127.0.0.1:\(words[0])")
    #expect(run.status == 0 && run.output.contains("closed 1 descriptor"), "\(run.output)\(run.errors)")
    try target.expect("Bad file descriptor")
  }

  @Test func anUnknownHostNameChangesNothing() throws {
    let target = try holder()
    let port = try target.ask("listen 10")
    try target.order("tcp 20 \(port) 127.0.0.1")
    let run = try rangeclose("\(target.pid)", "--peer", "127.0.0.1:\(port)", "--peer", "no-such-host.invalid")
    #expect(run.status == 2)
    #expect(try target.ask("list") == "0-2 10 20")
  }
}
