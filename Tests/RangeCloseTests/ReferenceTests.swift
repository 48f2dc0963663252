import TestSupport
import Testing

/// The target does not wait for the storage of a large file to be freed, nor for a socket that lingers.
@Suite struct ReferenceTests {
  /// rangeclose opens the file before the stop, and closes it after the last thread has been detached.
  @Test(.enabled(if: Programs.isRoot && Programs.has("strace")))
  func theLastReferenceToALargeFileIsDroppedAfterTheStop() throws {
    let scratch = Scratch()
    let disk = try scratch.mountMemory("disk", bytes: 64 << 20)
    let target = try holder(
      "open 10 \(disk)/large", "fill 10 \(32 << 20)", "open 11 \(disk)/small", "fill 11 4096")
    try target.order("unlink \(disk)/large", "unlink \(disk)/small")
    let trace = try Trace(target, ["--deleted"])
    #expect(trace.output.contains("closed 2 descriptors, freed 32.0 MiB"), "\(trace.output)")
    let opened = trace.calls.indices.filter { trace.calls[$0].contains("O_PATH") }
    #expect(
      opened.count == 1 && trace.calls[opened[0]].contains("/fd/10"), "\(opened.map { trace.calls[$0] })")
    let seized = trace.calls.firstIndex { $0.contains("PTRACE_SEIZE") } ?? 0
    let detached = trace.calls.lastIndex { $0.contains("PTRACE_DETACH") } ?? trace.calls.count
    let closed = trace.calls.lastIndex { $0.hasPrefix("close(") && $0.contains("large") } ?? 0
    #expect(opened[0] < seized && detached < closed)
    #expect(try target.ask("list") == "0-2" && freeBytes(at: disk) > 63 << 20)
  }

  /// A socket with SO_LINGER and unsent data is duplicated.
  ///
  /// The peer sees its end all the same.
  @Test(.enabled(if: Programs.has("strace", "python3"))) func aLingeringSocketIsClosedAfterTheStop() throws {
    let script = """
      import socket, struct, sys
      listener = socket.create_server(("127.0.0.1", 0))
      client = socket.create_connection(listener.getsockname())
      client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 60))
      plain = socket.create_connection(listener.getsockname())
      peer, _ = listener.accept()
      print("ready", client.fileno(), plain.fileno(), flush=True)
      sys.stdin.readline()
      print(len(peer.recv(10)), flush=True)
      """
    let target = try Target("python3", ["-c", script])
    let numbers = try target.hear(beginning: "ready").split(separator: " ").dropFirst().map(String.init)
    let trace = try Trace(target, [numbers.joined(separator: ",")])
    #expect(trace.output.contains("closed 2 descriptors"), "\(trace.output)")
    #expect(trace.count("pidfd_getfd", ", \(numbers[0])<") > 0, "\(trace.calls)")
    let detached = trace.calls.lastIndex { $0.contains("PTRACE_DETACH") } ?? trace.calls.count
    let seized = trace.calls.firstIndex { $0.contains("PTRACE_SEIZE") } ?? 0
    func isClosed(_ call: String) -> Bool { call.hasPrefix("close(") && call.contains("<socket:") }
    #expect(!trace.calls[seized..<detached].contains(where: isClosed), "\(trace.calls)")
    #expect(trace.calls[detached...].contains(where: isClosed), "\(trace.calls)")
    target.say("")
    #expect(try target.hear() == "0")
  }
}
