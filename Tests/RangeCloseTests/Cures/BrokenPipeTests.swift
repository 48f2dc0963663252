import TestSupport
import Testing

/// A write to a socket that was shut down or dropped raises SIGPIPE, which ends a process by default.
@Suite(.enabled(if: Programs.has("python3"))) struct BrokenPipeTests {
  @Test func theWarningIsTrue() throws {
    let faults = try faults(
      #"""
      for operation in "--shutdown", "--shutdown=write", "--drop":
        server, client, port = connected()
        client.do("signal.signal(signal.SIGPIPE, signal.SIG_DFL)")
        outcome(0, ["SIGPIPE"], client.pid, f"peer::{port}", operation)
        # The first write after a reset reports the reset.
        end = client.do("s.send(b'x')")
        if end != "gone": end = client.do("s.send(b'x')")
        check(end == "gone" and os.waitpid(client.pid, 0)[1] == signal.SIGPIPE, operation, end)
      """#)
    #expect(faults == "")
  }

  @Test(arguments: ["signal.SIG_DFL", "signal.SIG_IGN", "lambda *_: None"])
  func strictRefusesOnlyWhatWouldEndTheProcess(disposition: String) throws {
    let faults = try faults(
      #"""
      ends = arguments[0] == "signal.SIG_DFL"
      for operation in "--shutdown", "--shutdown=write", "--drop", "--shutdown=read", "--truncate":
        server, client, port = connected()
        client.do(f"signal.signal(signal.SIGPIPE, {arguments[0]})")
        client.do("f = open('/proc/self/comm', 'w')")
        words = client.pid, f"peer::{port}", operation
        warns = ends and operation not in ("--shutdown=read", "--truncate")
        outcome(3 if warns or operation == "--truncate" else 0, [], "-n", "--strict", *words)
        if operation == "--truncate": outcome(3, ["not a regular file"], "--strict", *words); continue
        if warns:
          text = outcome(3, ["SIGPIPE", "--strict"], "--strict", *words)
          outcome(3, ["SIGPIPE", "--strict"], "-q", "--strict", *words)
          # Nothing was touched.
          server.block("s.recv(9)")
          check(client.do("s.send(b'x')") == 1 and server.end() == b"x", operation, "the connection is gone")
          outcome(0, ["SIGPIPE", " 1 descriptor"], *words)
        else:
          check("SIGPIPE" not in outcome(0, [" 1 descriptor"], "--strict", *words), operation, "warns")
      """#, disposition)
    #expect(faults == "")
  }

  /// The operation acts on the socket of every process that has it.
  @Test func anotherProcessWithTheSocketIsLookedAt() throws {
    let faults = try faults(
      #"""
      def ignores(pid):
        line = [line for line in open(f"/proc/{pid}/status") if line.startswith("SigIgn")][0]
        return bool(int(line.split()[1], 16) >> 12 & 1)
      for disposition in "SIG_DFL", "SIG_IGN":
        server, client, port = connected()
        client.do("signal.signal(signal.SIGPIPE, signal.SIG_IGN)")
        begins = f"signal.signal(signal.SIGPIPE, signal.{disposition})"
        dies = "ctypes.CDLL(None).prctl(1, signal.SIGKILL)"
        child = client.do(f"(lambda pid: pid or ({dies}, {begins}, signal.pause()))(os.fork())")
        check(eventually(lambda: ignores(child) == (disposition == "SIG_IGN")), "the child is not ready")
        words = client.pid, f"peer::{port}"
        for operation in "--shutdown=read", "--shutdown", "--drop":
          warns = disposition == "SIG_DFL" and operation != "--shutdown=read"
          text = outcome(0, [], "-n", *words, operation)
          check((f"default action in {child} (" in text) == warns, disposition, operation, text)
        if disposition == "SIG_DFL":
          outcome(3, [f"default action in {child} (", "--strict"], "-q", "--strict", *words, "--shutdown")
          check(client.do("s.send(b'x')") == 1, "the connection is gone")
        outcome(0, [" 1 descriptor"], *words, "--shutdown")
      """#)
    #expect(faults == "")
  }

  /// The refusal of one process is no reason to leave the others out.
  @Test func strictRefusesOneOfSeveral() throws {
    let faults = try faults(
      #"""
      server, first, port = connected()
      second = Subject(f"s = socket.create_connection(('127.0.0.1', {port}))")
      first.do("signal.signal(signal.SIGPIPE, signal.SIG_DFL)")
      text = outcome(64, ["SIGPIPE"], f"{first.pid},{second.pid}", "--strict", f"peer::{port}", "--drop")
      check(second.do("s.recv(9)") == "ECONNABORTED" or second.do("s.recv(9)") == "ECONNRESET", text)
      check(first.do("s.send(b'x')") == 1, "the first connection is gone")
      """#)
    #expect(faults == "")
  }
}
