import Testing
import TestSupport

/// Typical uses of the command, end to end, with programs that were not written for it.
@Suite struct StoryTests {
  /// An HTTP client hangs on a server that never answers.
  ///
  /// Once its socket is closed, the client reads an error. It then does what it does after any failed fetch.
  @Test(.enabled(if: Programs.has("perl"))) func aPerlClientHungOnItsServer() throws {
    let server = try holder()
    let port = try server.ask("listen 10")
    let client = try Target(
      "perl",
      [
        "-e",
        """
        use HTTP::Tiny; $| = 1;
        my $answer = HTTP::Tiny->new(timeout => 28800)->get("http://localhost:$ARGV[0]/fetch");
        print "status $answer->{status} ", $answer->{content} =~ s/\\s+/ /gr, "\\n";
        print "going on\\n"; <STDIN>;
        """, port,
      ])
    try server.order("accept 10 11")
    // The kernel completes a connection before connect(2) returns in the client. A close at that moment does
    // not hit a client that waits for a response, and IO::Socket::IP prints a warning about it. After the
    // request has arrived, the client sleeps only in select(2), and waits for the response there.
    try server.expect("GET /fetch HTTP/1.1", to: "receive 11")
    #expect(eventually { processState(client.pid) == "S" })
    let run = try rangeclose("\(client.pid)", "--peer", "localhost:\(port)")
    #expect(run.status == 0 && run.output.contains(": closed 1 descriptor"))
    try client.expect(beginning: "status 599")
    try client.expect("going on")
    #expect(client.isRunning)
  }

  /// The same with read(2) itself, which returns the error.
  @Test(.enabled(if: Programs.has("perl"))) func aPerlReadAnswersBadDescriptor() throws {
    let server = try holder()
    let port = try server.ask("listen 10")
    let client = try Target(
      "perl",
      [
        "-MIO::Socket::INET", "-e",
        """
        $| = 1; my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die; print "connected\\n";
        my $n = sysread($s, my $b, 100); print defined $n ? "read $n" : "error: $!", "\\n";
        print "going on\\n";
        <STDIN>;
        """, port,
      ])
    try client.expect("connected")
    #expect(eventually { processState(client.pid) == "S" })
    #expect(try rangeclose("\(client.pid)", "--peer", "127.0.0.1:\(port)").status == 0)
    try client.expect("error: Bad file descriptor")
    try client.expect("going on")
  }

  /// The writer of a deleted log loses its descriptor and goes on, and its space is free again.
  @Test(.enabled(if: Programs.isRoot && Programs.has("python3")))
  func aDeletedLogThatFillsAFileSystem() throws {
    let scratch = Scratch()
    let disk = try scratch.mountMemory("log", bytes: 16 << 20)
    let writer = try Target(
      "python3",
      [
        "-c",
        """
        import os, sys, time
        log = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        written = 0
        while True:
            try:
                written += os.write(log, b"x" * 65536)
                if written == 8 << 20: os.unlink(sys.argv[1]); print("deleted", flush=True)
            except OSError as error:
                print(error.strerror, flush=True)
                log = os.open(sys.argv[1] + ".new", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
                print("going on", flush=True)
                sys.stdin.readline()
            time.sleep(0.0005 if written < 8 << 20 else 0.05)
        """, "\(disk)/app.log",
      ])
    try writer.expect("deleted")
    let before = freeBytes(at: disk)
    #expect(before < 9 << 20)
    let run = try rangeclose("-v", "\(writer.pid)", "--deleted")
    #expect(run.status == 0 && run.output.contains("app.log (deleted)"))
    #expect(run.output.contains("closed 1 descriptor, freed ") && run.output.contains(" MiB\n"))
    #expect(run.errors.contains(" is open for writing, and the file was written to"), "\(run)")
    try writer.expect("Bad file descriptor")
    try writer.expect("going on")
    #expect(freeBytes(at: disk) > 15 << 20)
  }

  /// rangeclose does not report space as released if another process still holds it.
  @Test func spaceThatIsHeldElsewhereIsNotLetGo() throws {
    let scratch = Scratch()
    // Other tests write to the file system of the temporary directory, and free inode numbers there.
    let disk = Programs.isRoot ? try scratch.mountMemory("disk", bytes: 4 << 20) : scratch.path
    let shared = "\(disk)/shared"
    let holders = try (0..<2).map { _ in try Target(Programs.fixture("holder")) }
    for holder in holders {
      _ = try holder.hear()
      try holder.order("open 10 \(shared)")
    }
    try holders[0].order("fill 10 1048576", "unlink \(shared)")
    let first = try rangeclose("\(holders[0].pid)", "--deleted")
    #expect(
      first.output.contains("closed 1 descriptor; 1.0 MiB still held by \(holders[1].pid) (fixture-holder)"))
    let second = try rangeclose("\(holders[1].pid)", "--deleted")
    #expect(second.output == "\(holders[1].shown): closed 1 descriptor, freed 1.0 MiB\n")
    // A mapping also keeps a file alive, and so does a second descriptor of the same process.
    try holders[0].order("open 10 \(scratch("mapped"))", "fill 10 8192", "map \(scratch("mapped"))")
    try holders[0].order("unlink \(scratch("mapped"))", "dup 10 11")
    let third = try rangeclose("\(holders[0].pid)", "--deleted")
    #expect(
      third.output.contains(
        "closed 2 descriptors; 8.0 KiB still held by \(holders[0].pid)"))
  }

  /// Ten thousand descriptors have leaked, among them a few that the target needs.
  @Test func tenThousandLeakedDescriptors() throws {
    let scratch = Scratch()
    let target = try Target("sh", ["-c", "ulimit -n 12000; exec \"$0\"", Programs.fixture("holder")])
    _ = try target.hear()
    try target.order("leak 3 10002")
    let living = [7, 1234, 5000, 9999]
    for number in living { try target.order("open \(number) \(scratch("live\(number)"))") }
    try target.order("pair 6000 6001")
    let run = try rangeclose("-v", "\(target.pid)", "3-", "--path", "/dev/null")
    #expect(run.status == 0 && run.output.contains(": closed 9994 descriptors\n"))
    #expect(run.output.contains("6 calls of close_range(2), 1 thread stopped"))
    try target.expect("0-2 7 1234 5000 6000-6001 9999", to: "list")
    for number in living { try target.order("write \(number)") }
  }

  @Test func whatWasMarkedIsGoneAfterTheExec() throws {
    let target = try holder()
    try target.order("leak 3 20")
    let run = try rangeclose("\(target.pid)", "5-8,15-", "--cloexec")
    #expect(run.output == "\(target.shown): marked 10 descriptors close-on-exec\n")
    try target.expect("0-20", to: "list")
    try target.expect("5-8 15-20", to: "cloexec")
    try target.order("exec")
    try target.expect("ready")
    try target.expect("0-4 9-14", to: "list")
  }

  /// nginx goes on writing its log to the closed number, which the next client's socket has taken.
  ///
  /// The CAVEATS of the manual page warn of this. The answers still arrive, with the log line after them.
  @Test(.enabled(if: Programs.has("nginx"))) func nginxGoesOnServingWithoutItsDeletedLog() throws {
    let scratch = Scratch()
    let configuration = scratch.write(
      "nginx.conf",
      """
      daemon off; master_process on; worker_processes 2; pid \(scratch("pid")); user root;
      error_log \(scratch("error.log"));
      events {}
      http {
        access_log \(scratch("access.log"));
        server { listen unix:\(scratch("http.sock")); location / { return 200 "served\\n"; } }
      }
      """)
    let nginx = try Target("nginx", ["-c", configuration, "-p", scratch.path])
    func fetch() throws -> String {
      let client = try Target(
        "python3",
        [
          "-c",
          """
          import socket, sys
          s = socket.socket(socket.AF_UNIX); s.settimeout(10); s.connect(sys.argv[1])
          s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n"); data = b""
          while True:
              got = s.recv(4096)
              if not got: break
              data += got
          print(data.split(b"\\r\\n\\r\\n")[1].split(b"\\n")[0].decode())
          """, scratch("http.sock"),
        ])
      return try client.hear()
    }
    #expect(eventually { (try? fetch()) == "served" })
    _ = try Target("rm", [scratch("access.log")]).wait()
    let children = childProcesses(of: nginx.pid)
    #expect(children.count == 2)
    for pid in [nginx.pid] + children {
      let run = try rangeclose("\(pid)", "--deleted", "--path", "**/access.log")
      #expect(run.status == 0 && run.output.contains("closed 1 descriptor"))
      #expect(run.errors.contains("; --truncate or --replace frees the storage and keeps the number"))
    }
    for _ in 0..<10 { #expect(try fetch() == "served") }
    // The workers end with their master. The master ends them and itself on SIGTERM.
    _ = try Target("kill", ["-TERM", "\(nginx.pid)"]).wait()
    nginx.wait()
  }

  @Test(.enabled(if: Programs.has("redis-server"))) func redisGoesOnAnswering() throws {
    let scratch = Scratch()
    // redis starts with a descriptor that its parent forgot to close.
    let redis = try Target(
      "sh",
      [
        "-c", "exec redis-server \"$@\" 9</dev/zero", "sh", "--port", "0", "--unixsocket",
        scratch("redis.sock"),
        "--dir", scratch.path, "--appendonly", "yes",
      ])
    let client = try Target(
      "python3",
      [
        "-c",
        """
        import os, socket, sys, time
        while not os.path.exists(sys.argv[1]): time.sleep(0.01)
        def ask(s, line):
            s.sendall(line + b"\\r\\n"); return s.recv(4096)
        s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(10)
        idle = socket.socket(socket.AF_UNIX); idle.connect(sys.argv[1]); idle.settimeout(10)
        print(ask(s, b"PING"), ask(idle, b"PING"), flush=True)
        n = 0
        while input() == "go":
            for i in range(2000): n += 1; assert ask(s, b"INCR n") == b":%d\\r\\n" % n
            print("counted", n, flush=True)
        try: print("idle", ask(idle, b"PING"), flush=True)
        except OSError as error: print("idle", error, flush=True)
        """, scratch("redis.sock"),
      ])
    try client.expect(beginning: "b'+PONG")
    client.say("go")
    for _ in 0..<20 { #expect(try rangeclose("-q", "\(redis.pid)", "3-", "--cloexec").status == 0) }
    try client.expect("counted 2000")
    let run = try rangeclose("-v", "\(redis.pid)", "--path", "/dev/zero")
    #expect(run.status == 0 && run.output.contains("closed 1 descriptor"))
    client.say("go")
    try client.expect("counted 4000")
  }

  /// A Java virtual machine has threads of its own, and one thread hangs in the read of a socket.
  @Test(.enabled(if: Programs.has("java", "javac")), .timeLimit(.minutes(3)))
  func javaGoesOnWithoutItsHungSocket() throws {
    let scratch = Scratch()
    let server = try holder()
    let port = try server.ask("listen 10")
    let source = scratch.write(
      "Hung.java",
      """
      import java.net.*;
      import java.util.concurrent.*;
      public class Hung {
        public static void main(String[] arguments) throws Exception {
          var ticks = new ConcurrentHashMap<String, Long>();
          for (var name : new String[] {"sleeper", "waiter"}) {
            var lock = new Object();
            var thread = new Thread(() -> {
              for (long tick = 1; ; tick++) {
                try {
                  if (name.equals("sleeper")) Thread.sleep(5); else synchronized (lock) { lock.wait(5); }
                } catch (InterruptedException e) { System.out.println("interrupted"); }
                ticks.put(name, tick);
              }
            });
            thread.setDaemon(true);
            thread.start();
          }
          var socket = new Socket("127.0.0.1", Integer.parseInt(arguments[0]));
          System.out.println("connected");
          try {
            System.out.println("read " + socket.getInputStream().read());
          } catch (SocketException e) {
            System.out.println("failed: " + e.getMessage());
          }
          var before = new TreeMapView(ticks).toString();
          System.gc();
          Thread.sleep(300);
          System.out.println(before.equals(new TreeMapView(ticks).toString()) ? "stuck" : "going on");
        }
        record TreeMapView(ConcurrentHashMap<String, Long> map) {
          public String toString() { return new java.util.TreeMap<>(map).toString(); }
        }
      }
      """)
    let java = try Target("java", ["-Xmx64m", source, port])
    #expect(try java.hear(beginning: "connected", within: 120) == "connected")
    sleepUntilBlocked()
    let run = try rangeclose("-v", "\(java.pid)", "--peer", "127.0.0.1:\(port)")
    #expect(run.status == 0 && run.output.contains("closed 1 descriptor"))
    try java.expect(beginning: "failed: ")
    try java.expect("going on")
    #expect(java.wait() == 0)
  }
}
