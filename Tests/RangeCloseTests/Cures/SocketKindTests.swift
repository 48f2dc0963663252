import TestSupport
import Testing

/// Files that one of the operations cannot serve: each of them gets a row, and the rest is done.
@Suite(.enabled(if: Programs.has("python3", "setpriv"))) struct SocketKindTests {
  /// The descriptor stays open, and a call that waits on it goes on waiting.
  @Test func unconnectedUDPIsShutDownAndNotDropped() throws {
    let faults = try faults(
      #"""
      bound = "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)", "u.bind(('127.0.0.1', 0))"
      subject = Subject(*bound)
      subject.block("u.recv(9)")
      outcome(3, ["dropped 0", "left alone", "not connected"], subject.pid, "type:udp", "--drop")
      check(subject.end(1) == "nothing", "a call has returned")
      outcome(0, ["shut down 1", "not connected"], subject.pid, "type:udp", "--shutdown")
      check(subject.end() == b"", "the call has not returned")
      """#)
    #expect(faults == "")
  }

  /// connect(2) with AF_UNSPEC would leave the call blocked, so rangeclose does not use it for UDP.
  @Test func connectedUDPIsDroppedWithTheRightOnly() throws {
    let faults = try faults(
      #"""
      subject = Subject("s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)", "s.connect(('127.0.0.1', 9))")
      port = subject.do("s.getsockname()[1]")
      subject.block("s.recv(9)")
      words = subject.pid, "type:udp", "--drop"
      outcome(3, ["dropped 0", "EPERM", "try --shutdown"], *words, after=without_rights)
      check(subject.end(1) == "nothing", "a call has returned")
      if os.geteuid() == 0:
        outcome(0, ["dropped 1"], *words)
        end = subject.end()
        check(end == "ECONNABORTED", "the target read", end)
      else:
        outcome(0, ["shut down 1"], subject.pid, "type:udp", "--shutdown")
        check(subject.end() == b"", "the call has not returned")
      """#)
    #expect(faults == "")
  }

  @Test func multipathTCPIsDroppedAndShutDown() throws {
    let faults = try faults(
      #"""
      try: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).close()
      except OSError: sys.exit()
      for operation, there in ("--drop", "ECONNRESET"), ("--shutdown", b""):
        server, client, port = connected(protocol=262)
        both_wait(server, client)
        outcome(0, [" 1 descriptor"], client.pid, f"type:mptcp and peer::{port}", operation)
        seen = client.end(), server.end()
        # The other call returns, whatever the kernel answers it.
        check(seen[0] != "nothing" and seen[1] == there, operation, seen)
      """#)
    #expect(faults == "")
  }

  @Test(arguments: ["SOCK_STREAM", "SOCK_SEQPACKET", "SOCK_DGRAM"])
  func unixSocketsAreShutDownAndNotDropped(kind: String) throws {
    let faults = try faults(
      #"""
      subject = Subject("a, b = socket.socketpair(socket.AF_UNIX, socket.%s)" % arguments[0])
      number = subject.do("a.fileno()")
      subject.block("a.recv(9)")
      words = subject.pid, number, "type:unix"
      outcome(3, ["dropped 0", "left alone", "--shutdown"], *words, "--drop")
      check(subject.end(1) == "nothing", "a call has returned")
      outcome(0, ["shut down 1"], *words, "--shutdown")
      check(subject.end() == b"", "the call has not returned")
      """#, kind)
    #expect(faults == "")
  }

  /// A listening socket would accept nobody any more, so it takes `state:listen`.
  @Test(arguments: ["AF_INET", "AF_UNIX"], ["--shutdown", "--drop"])
  func listenersAreLeftAloneUnlessTheyAreNamed(family: String, operation: String) throws {
    let faults = try faults(
      #"""
      family, operation = arguments
      address = "'\\0proof-%d' % os.getpid()" if family == "AF_UNIX" else "('127.0.0.1', 0)"
      server = Subject("a = socket.socket(socket.%s)" % family, f"a.bind({address})", "a.listen()")
      client = Subject("s = socket.socket(socket.%s)" % family)
      connect = f"s.connect({server.do('a.getsockname()')!r})"
      unserved = family == "AF_UNIX" and operation == "--drop"
      for words in ["type:unix or type:tcp"], ["not state:listen or type:sock"]:
        facts = ["left alone", "--shutdown" if unserved else "state:listen"]
        outcome(3, facts, server.pid, *words, operation)
      # The ranges pass it over, too.
      outcome(3, ["left alone"], server.pid, "3-", operation)
      check(client.do(connect) is None, "the server does not accept")
      check(server.do("a.accept() and 1") == 1, "the server does not accept")
      if unserved: sys.exit()
      server.block("a.accept()")
      outcome(0, [" 1 descriptor"], server.pid, "state:listen", operation)
      end = server.end()
      check(end == "EINVAL", "accept(2) answered", end)
      """#, family, operation)
    #expect(faults == "")
  }

  @Test func otherFilesGetARowIfASelectorPicksThem() throws {
    let faults = try faults(
      #"""
      subject = Subject(
        "n = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)", "a, b = socket.socketpair()",
        "f = open('/dev/null')", "p, q = os.pipe()")
      text = outcome(0, ["shut down 2"], "-v", subject.pid, "3- and not path:/proc/**", "--shutdown")
      rows = [line for line in text.splitlines() if "left alone" in line]
      check([row.split()[1] for row in rows] == ["netlink", "chr", "fifo", "fifo"], text)
      check(all("not a socket" in row for row in rows[1:]) and "cannot be shut down" in rows[0], text)
      # Nothing was done.
      for operation in "--shutdown", "--drop", "--truncate":
        outcome(3, ["left alone, not a"], subject.pid, "type:fifo", operation)
        outcome(3, [], "-q", subject.pid, "type:fifo", operation)
        # Ranges pass over what the operation does not have, unless nothing else is there.
        outcome(3, [" 0 descriptors", "left alone, not a"], "-v", subject.pid, "0-1", operation)
      check(subject.do("len(os.listdir('/proc/self/fd'))") == 10, "descriptors were closed")
      """#)
    #expect(faults == "")
  }
}
