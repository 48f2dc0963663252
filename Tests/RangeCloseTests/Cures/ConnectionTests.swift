import TestSupport
import Testing

/// Connections that are shut down or dropped: their addresses, namespaces, and the rights of the user.
///
/// Both ends wait in recv(2) and report what they read.
@Suite(.enabled(if: Programs.has("python3", "setpriv"))) struct ConnectionTests {
  /// The name that a drop leaves to the socket: SOCK_DESTROY gives ECONNABORTED.
  ///
  /// After connect(2) with AF_UNSPEC, a call that waited answers EPIPE, and the next one ECONNRESET.
  @Test(arguments: ["::1", "::ffff:127.0.0.1", "127.0.0.1"]) func eachFamilyIsDropped(address: String) throws
  {
    let faults = try faults(
      #"""
      address = arguments[0]
      family = socket.AF_INET6 if ":" in address else socket.AF_INET
      shown = "[::1]" if address == "::1" else "127.0.0.1"
      for after, errors in ((), ["ECONNABORTED"]), (without_rights, ["EPIPE", "ECONNRESET"]):
        if os.geteuid() != 0: after, errors = [], ["EPIPE", "ECONNRESET"]
        server, client, port = connected(family, address)
        both_wait(server, client)
        words = "-v", client.pid, "--peer", f"{shown}:{port}"
        status, text = does(after, *words, "--drop")
        if after and "EBUSY" in text:
          # Some kernels refuse that while a thread waits, since commit 4faeee0 and before 419ce133.
          check(status == 3 and "--shutdown" in text, status, text)
          outcome(0, ["shut down 1 descriptor"], *words, "--shutdown", after=after)
          check(client.end() == b"" and server.end() == b"", after, "not shut down")
          continue
        check(status == 0 and "dropped 1 descriptor" in text, after, status, text)
        check("no thread was stopped" in text, text)
        end = client.end()
        check(end in errors, after, "the target read", end)
        end = server.end()
        check(end == "ECONNRESET", after, "the peer read", end)
        # The number stays, so no other file gets it.
        check(client.do("os.fstat(s.fileno()).st_mode >> 12") == 12, "the number is not a socket")
        outcome(3, ["dropped 0 descriptors", "not connected"], client.pid, "type:tcp", "--drop", after=after)
      """#, address)
    #expect(faults == "")
  }

  @Test(arguments: ["::1", "::ffff:127.0.0.1", "127.0.0.1"]) func eachHalfIsShutDown(address: String) throws {
    let faults = try faults(
      #"""
      address = arguments[0]
      family = socket.AF_INET6 if ":" in address else socket.AF_INET
      for half, here, there in ("both", b"", b""), ("read", b"", "nothing"), ("write", "nothing", b""):
        server, client, port = connected(family, address)
        both_wait(server, client)
        outcome(0, ["shut down 1 descriptor"], client.pid, f"peer::{port}", "--shutdown=" + half)
        for end, subject, expected in ("here", client, here), ("there", server, there):
          seen = subject.end(1 if expected == "nothing" else 20)
          check(seen == expected, half, end, seen)
        # A socket that is shut down for reading still has its connection.
        if half == "read":
          check(client.do("s.send(b'x')") == 1 and server.end() == b"x", "the peer is not reached")
      """#, address)
    #expect(faults == "")
  }

  /// Two sockets with the same addresses are distinguished by their namespaces and cookies.
  @Test(.enabled(if: Programs.isRoot && Programs.has("ip"))) func aForeignNamespaceIsAskedForTheSocket()
    throws
  {
    let faults = try faults(
      #"""
      own_network = ["ctypes.CDLL(None).unshare(0x40000000)", "os.system('ip link set lo up')"]
      reuse = "setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)"
      def connect(subject, port):
        orders = [
          "a = socket.socket()", f"a.{reuse}", f"a.bind(('127.0.0.1', {port}))", "a.listen()",
          "s = socket.socket()", f"s.{reuse}", f"s.bind(('127.0.0.1', {port + 1}))",
          f"s.connect(('127.0.0.1', {port}))", "b = a.accept()[0]",
        ]
        # The first error ends it: after a failed connect(2), accept(2) would wait for ever.
        return not any(isinstance(subject.do(order), str) for order in orders)
      # Each round has ports of its own: the connection of the last one is in TIME_WAIT.
      ports = iter(range(20000, 30000, 2))
      for after, end in ((), "ECONNABORTED"), (without_rights, "EPIPE"):
        here, there = Subject(), Subject(*own_network)
        port = next(port for port in ports if connect(here, port))
        check(connect(there, port), "no connection in the namespace")
        there.block("s.recv(9)")
        outcome(0, ["dropped 1 descriptor"], there.pid, f"peer::{port}", "--drop", after=after)
        seen = there.end(), there.do("b.recv(9)")
        check(seen == (end, "ECONNRESET"), after, seen)
        check(here.do("s.send(b'x')") == 1 and here.do("b.recv(9)") == b"x", after, "the other one is gone")
      """#)
    #expect(faults == "")
  }

  /// A socket stays in the namespace in which it was made, whatever its process does.
  @Test(.enabled(if: Programs.isRoot && Programs.has("ip")), arguments: ["--drop", "--shutdown"])
  func theProcessHasMovedToAnotherNamespace(operation: String) throws {
    let faults = try faults(
      #"""
      server, client, port = connected()
      client.do("ctypes.CDLL(None).unshare(0x40000000)")
      both_wait(server, client)
      outcome(0, [" 1 descriptor"], client.pid, f"peer::{port}", arguments[0])
      seen = client.end(), server.end()
      check(seen == (("ECONNABORTED", "ECONNRESET") if arguments[0] == "--drop" else (b"", b"")), seen)
      """#, operation)
    #expect(faults == "")
  }

  @Test(.enabled(if: Programs.isRoot)) func anOrdinaryUserEndsItsOwnConnectionsAndNoOthers() throws {
    let scratch = Scratch()
    let (server, own, other) = (try holder(), try nobodysHolder(scratch), try holder())
    let port = try server.ask("listen 10")
    for (operation, ends) in [("--shutdown", [""]), ("--drop", ["ECONNRESET", "EPIPE"])] {
      for (target, end) in [(own, 11), (other, 12)] {
        try target.order("tcp 30 \(port) 127.0.0.1")
        try server.order("accept 10 \(end)")
      }
      own.say("receive 30")
      sleepUntilBlocked()
      let run = try rangeclose(["\(own.pid)", "peer::\(port)", operation], asNobody: true)
      #expect(run.status == 0 && run.output.hasSuffix(" 1 descriptor\n"), "\(run)")
      let end = try own.hear()
      #expect(ends.contains(end), "\(operation): \(end)")
      let refused = try rangeclose(["\(other.pid)", "peer::\(port)", operation], asNobody: true)
      #expect(refused.status == 3 && refused.errors.contains("permission denied"), "\(refused)")
      try other.order("write 30", "close 30")
      #expect(try server.ask("receive 12") == "data")
      try own.order("close 30")
    }
  }
}
