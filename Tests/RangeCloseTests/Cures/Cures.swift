import TestSupport
import Testing

/// A way to end a connection without stopping the process that has it.
enum Cure: String, CaseIterable, CustomStringConvertible {
  case shutDown = "--shutdown"
  /// SOCK_DESTROY, for which rangeclose needs CAP_NET_ADMIN.
  case drop = "--drop"
  /// connect(2) with AF_UNSPEC, if rangeclose does not have CAP_NET_ADMIN.
  case disconnect = "--drop without CAP_NET_ADMIN"

  var description: String { rawValue }

  /// The option of rangeclose.
  var option: String { self == .shutDown ? "--shutdown" : "--drop" }

  /// The words in front of the command.
  var prefix: [String] { self == .disconnect ? Self.withoutNetworkRights : [] }

  /// Words that take CAP_NET_ADMIN away from root; another user does not have it.
  static let withoutNetworkRights =
    Programs.isRoot ? ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"] : []

  /// The next result that the peer reads.
  var peerReads: String { self == .shutDown ? "the end" : "ECONNRESET" }
}

/// A server that never answers its first client, and answers each later client.
///
/// The client may send anything. The answer is one of HTTP, with the body `served`.
final class HungServer {
  let port: String
  private let target: Target

  /// Starts the server on an address of this computer.
  init(at address: String = "127.0.0.1") throws {
    target = try Target("python3", ["-c", Self.program, address])
    port = try target.hear()
  }

  /// Waits until the request of the first client has arrived.
  func waitUntilAsked() throws { try target.expect("asked") }

  /// Returns what the server reads from its first client after the request: the end, data, or an error.
  func hearOfClient() throws -> String { try target.hear() }

  private static let program = #"""
    import errno, socket, sys, threading
    family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
    listener = socket.create_server((sys.argv[1], 0), family=family)
    turn, asked = threading.Lock(), 0
    def serve(client):
      global asked
      client.recv(4096)
      with turn: asked += 1; is_first = asked == 1
      if not is_first:
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nserved")
        return client.close()
      print("asked", flush=True)
      try: print("data" if client.recv(4096) else "the end", flush=True)
      except OSError as error: print(errno.errorcode[error.errno], flush=True)
    print(listener.getsockname()[1], flush=True)
    while True: threading.Thread(target=serve, args=[listener.accept()[0]], daemon=True).start()
    """#
}

/// Ends the connection of a client that waits for a server, and expects that the client goes on.
///
/// The client prints `first: ` and the result of the first request, and then `second: served`.
///
/// - Parameters:
///   - pid: the process that has the connection; by default the client itself.
///   - results: the results that are right.
func expectRecovery(
  of client: Target, _ pid: Int32? = nil, from server: HungServer, by cure: Cure, _ results: [String]
) throws {
  let pid = pid ?? client.pid
  try server.waitUntilAsked()
  #expect(eventually { processState(pid) == "S" })
  sleepUntilBlocked()
  let run = try rangeclose(
    ["-v", "\(pid)", "--peer", "127.0.0.1:\(server.port)", cure.option], after: cure.prefix)
  #expect(run.status == 0 && run.output.contains("no thread was stopped"), "\(run)")
  let first = try client.hear(beginning: "first: ").dropFirst("first: ".count)
  #expect(results.contains { first.hasSuffix($0) }, "\(first)")
  try client.expect("second: served")
  #expect(try server.hearOfClient() == cure.peerReads)
  #expect(client.wait() == 0)
}

/// The text of the error that a client reports after a cure.
///
/// SOCK_DESTROY gives the socket the error ECONNABORTED, and connect(2) with AF_UNSPEC gives ECONNRESET.
/// Without CAP_NET_ADMIN for the tests, `--drop` does the second, too.
func dropped(_ cure: Cure, aborted: String, reset: String) -> [String] {
  cure == .drop ? Programs.isRoot ? [aborted] : [aborted, reset] : [reset]
}
