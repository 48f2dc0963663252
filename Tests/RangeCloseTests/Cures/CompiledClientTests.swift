import Glibc
import TestSupport
import Testing

/// As `HungClientTests`, with clients that have to be compiled.
@Suite(.enabled(if: Programs.has("python3", "setpriv")), .timeLimit(.minutes(5)))
struct CompiledClientTests {
  /// The program of Go, which is compiled once, among the built products.
  static let go = Result { () throws -> String in
    let scratch = Scratch()
    let program = Programs.directory + "/client-in-go"
    scratch.write(
      "client.go",
      #"""
      package main

      import (
        "fmt"
        "io"
        "net"
        "os"
        "strings"
      )

      func turn(name string) {
        connection, err := net.Dial("tcp", "127.0.0.1:"+os.Args[1])
        if err != nil { panic(err) }
        defer connection.Close()
        fmt.Fprint(connection, "hello\n")
        buffer := make([]byte, 1000)
        count, err := connection.Read(buffer)
        switch {
        case err == io.EOF: fmt.Println(name, "EOF")
        case err != nil: fmt.Println(name, err)
        case strings.Contains(string(buffer[:count]), "served"): fmt.Println(name, "served")
        default: fmt.Println(name, "data")
        }
      }

      func main() {
        turn("first:")
        turn("second:")
      }
      """#)
    let compiler = try Target(
      "go", ["build", "-o", program, scratch("client.go")],
      environment: ["GOCACHE=\(scratch("cache"))", "GO111MODULE=off", "CGO_ENABLED=0"])
    let errors = try compiler.rest(within: 240)
    guard compiler.wait() == 0 else { throw Target.Failure(description: errors) }
    return program
  }

  @Test(.enabled(if: Programs.has("go")), arguments: Cure.allCases) func goNet(cure: Cure) throws {
    let program = try Self.go.get()
    let server = try HungServer()
    let client = try Target(program, [server.port])
    let errors = dropped(
      cure, aborted: "read: software caused connection abort", reset: "read: connection reset by peer")
    try expectRecovery(of: client, from: server, by: cure, cure == .shutDown ? ["EOF"] : errors)
  }

  /// The directory with the program of Java, which is compiled once.
  private static let java = Result { () throws -> String in
    let scratch = Scratch()
    let classes = Programs.directory + "/client-in-java"
    scratch.write(
      "Client.java",
      #"""
      import java.io.*;
      import java.net.*;
      import java.net.http.*;
      import java.nio.*;
      import java.nio.channels.*;

      public class Client {
        static String word(byte[] bytes, int count) {
          if (count < 0) return "" + count;
          return new String(bytes, 0, count).contains("served") ? "served" : "data";
        }
        static String socket(int port) throws Exception {
          try (var socket = new Socket("127.0.0.1", port)) {
            socket.getOutputStream().write("hello\n".getBytes());
            var bytes = new byte[1000];
            return word(bytes, socket.getInputStream().read(bytes));
          }
        }
        static String channel(int port) throws Exception {
          try (var selector = Selector.open();
              var channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port))) {
            channel.write(ByteBuffer.wrap("hello\n".getBytes()));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            selector.select();
            var buffer = ByteBuffer.allocate(1000);
            return word(buffer.array(), channel.read(buffer));
          }
        }
        static HttpClient client = HttpClient.newHttpClient();
        static String http(int port) throws Exception {
          var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
            .version(HttpClient.Version.HTTP_1_1).build();
          return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        }
        public static void main(String[] arguments) throws Exception {
          int port = Integer.parseInt(arguments[1]);
          for (var turn : new String[] {"first: ", "second: "}) {
            try {
              System.out.println(turn + switch (arguments[0]) {
                case "Socket" -> socket(port);
                case "SocketChannel" -> channel(port);
                default -> http(port);
              });
            } catch (IOException e) { System.out.println(turn + e.getMessage()); }
          }
        }
      }
      """#)
    let compiler = try Target("javac", ["-d", classes, scratch("Client.java")])
    let errors = try compiler.rest(within: 120)
    guard compiler.wait() == 0 else { throw Target.Failure(description: errors) }
    return classes
  }

  @Test(
    .enabled(if: Programs.has("java", "javac")), arguments: ["Socket", "SocketChannel", "HttpClient"],
    Cure.allCases)
  func java(client kind: String, cure: Cure) throws {
    let classes = try Self.java.get()
    let server = try HungServer()
    let client = try Target("java", ["-Xmx64m", "-cp", classes, "Client", kind, server.port])
    let errors = dropped(
      cure, aborted: "Software caused connection abort", reset: "Connection reset")
    // HttpClient repeats a GET by itself.
    let results = kind == "HttpClient" ? ["served"] : cure == .shutDown ? ["-1"] : errors
    try expectRecovery(of: client, from: server, by: cure, results)
  }
}
