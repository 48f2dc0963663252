import Glibc
import TestSupport
import Testing

/// Clients that hang on a server notice the end of their connection, and their next request is served.
///
/// Nobody wrote these programs for the tests. A close of the number leaves most of them hung for good: the
/// number leaves their epoll set silently.
@Suite(.enabled(if: Programs.has("python3", "setpriv"))) struct HungClientTests {
  @Test(.enabled(if: Programs.has("perl")), arguments: Cure.allCases) func perl(cure: Cure) throws {
    let server = try HungServer()
    let client = try Target(
      "perl",
      [
        "-MIO::Socket::INET", "-e",
        #"""
        $| = 1;
        for my $turn ("first", "second") {
          my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die;
          $s->autoflush(1); print $s "hello\n";
          my $n = sysread($s, my $b, 1000);
          print "$turn: ", !defined $n ? $! : $b =~ /served/ ? "served" : "read $n", "\n";
        }
        """#, server.port,
      ])
    let errors = dropped(
      cure, aborted: "Software caused connection abort", reset: "Connection reset by peer")
    // AF_UNSPEC leaves the socket without a connection, and perl may read that.
    try expectRecovery(
      of: client, from: server, by: cure, cure == .shutDown ? ["read 0"] : errors + ["Broken pipe"])
  }

  @Test(.enabled(if: Programs.has("curl")), arguments: Cure.allCases) func curl(cure: Cure) throws {
    let server = try HungServer()
    let script = #"""
      curl -sS "http://127.0.0.1:$0/" & echo $!; wait $!; echo "first: $?"
      echo "second: $(curl -sS "http://127.0.0.1:$0/")"
      """#
    let client = try Target("sh", ["-c", script, server.port])
    let pid = try #require(Int32(try client.hear()))
    // 52 is an empty reply, and 56 a failure to receive.
    try expectRecovery(of: client, pid, from: server, by: cure, cure == .shutDown ? ["52"] : ["56"])
  }

  /// The event loop goes on meanwhile, too.
  @Test(arguments: Cure.allCases) func asyncio(cure: Cure) throws {
    let server = try HungServer()
    let client = try Target(
      "python3",
      [
        "-c",
        #"""
        import asyncio, sys
        async def turn(name):
          reader, writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
          writer.write(b"hello\n")
          try: got = await reader.read(1000); print(name, "served" if b"served" in got else got, flush=True)
          except OSError as error: print(name, type(error).__name__, flush=True)
        async def main():
          await turn("first:")
          await turn("second:")
        asyncio.run(main())
        """#, server.port,
      ])
    let errors = dropped(cure, aborted: "ConnectionAbortedError", reset: "ConnectionResetError")
    try expectRecovery(of: client, from: server, by: cure, cure == .shutDown ? ["b''"] : errors)
  }

  @Test(.enabled(if: Programs.has("node")), arguments: Cure.allCases) func nodeNet(cure: Cure) throws {
    try expectNodeRecovers(
      by: cure, endingWith: "end",
      #"""
      function turn(name, next) {
        const seen = []
        const socket = require("net").connect(Number(process.argv[1]), "127.0.0.1")
        socket.on("connect", () => socket.write("hello\n"))
        socket.on("data", data => seen.push(String(data).includes("served") ? "served" : "data"))
        socket.on("end", () => seen.push("end"))
        socket.on("error", error => seen.push(error.code))
        socket.on("close", () => {
          console.log(name, seen[0] == "served" ? "served" : seen.join(" "))
          next()
        })
      }
      """#)
  }

  /// node reports the end of a connection without an answer as ECONNRESET, too.
  @Test(.enabled(if: Programs.has("node")), arguments: Cure.allCases) func nodeHTTP(cure: Cure) throws {
    try expectNodeRecovers(
      by: cure, endingWith: "ECONNRESET",
      #"""
      function turn(name, next) {
        require("http").get({ port: Number(process.argv[1]), host: "127.0.0.1", agent: false }, answer => {
          answer.on("data", data => { console.log(name, String(data)); next() })
        }).on("error", error => { console.log(name, error.code); next() })
      }
      """#)
  }

  /// Runs a client of node that makes two requests, and expects that the cure ends the first.
  ///
  /// - Parameters:
  ///   - end: the report of the client after a shutdown.
  ///   - turn: the function of JavaScript that makes one request.
  private func expectNodeRecovers(by cure: Cure, endingWith end: String, _ turn: String) throws {
    let server = try HungServer()
    let script = turn + "\n" + #"turn("first:", () => turn("second:", () => {}))"#
    let client = try Target("node", ["-e", script, server.port])
    let errors = dropped(cure, aborted: "ECONNABORTED", reset: "ECONNRESET")
    try expectRecovery(of: client, from: server, by: cure, cure == .shutDown ? [end] : errors)
  }
}
