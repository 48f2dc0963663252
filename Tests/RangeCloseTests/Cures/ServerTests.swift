import Glibc
import TestSupport
import Testing

/// Servers go on serving after the connection of one client has ended.
///
/// Nobody wrote these programs for the tests. Each test has a client whose connection ends, one that was
/// there before, and clients that come later. A close of the number lets haproxy abort, and lets the next
/// clients of redis and memcached wait for good.
@Suite(.enabled(if: Programs.has("python3", "setpriv")), .timeLimit(.minutes(5))) struct ServerTests {
  private let scratch = Scratch()

  /// Runs a script with the names of `serving`; it returns what does not hold.
  private func faults(_ script: String, _ cure: Cure, _ words: String...) throws -> String {
    try python(serving + script, [cure.option, cure.prefix.joined(separator: " "), scratch.path] + words)
  }

  @Test(.enabled(if: Programs.has("redis-server")), arguments: Cure.allCases) func redis(cure: Cure) throws {
    let faults = try faults(Self.lines, cure, "redis")
    #expect(faults == "")
  }

  @Test(.enabled(if: Programs.has("memcached")), arguments: Cure.allCases) func memcached(cure: Cure) throws {
    let faults = try faults(Self.lines, cure, "memcached")
    #expect(faults == "")
  }

  /// A client that asks in lines, and whose requests are answered in lines.
  private static let lines = #"""
    def served(client, request, answer): client.sendall(request); return client.recv(4096).startswith(answer)
    port = free_port()
    program, request, answer = {
      "redis": (
        ["redis-server", "--port", str(port), "--save", "", "--dir", directory], b"PING\r\n", b"+PONG"),
      "memcached": (["memcached", "-p", str(port), "-u", "root"], b"version\r\n", b"VERSION"),
    }[arguments[3]]
    server = start(*program)
    other, idle = connect(port), connect(port)
    for client in other, idle: check(served(client, request, answer), "not served at first")
    cure(server.pid, "--peer", name(idle))
    check(end_of(idle) == ending, "the client saw another end")
    # The server may give the number of the connection to the next client.
    for turn in range(10):
      following = connect(port)
      for _ in range(10): check(served(following, request, answer), "the next client", turn, "is not served")
      check(served(other, request, answer), "the other client is not served")
    check(server.poll() is None, "the server has ended", server.poll())
    server.terminate()
    """#

  /// haproxy has a connection to the client, and one to the server behind it.
  @Test(.enabled(if: Programs.has("haproxy")), arguments: ["client", "server"], Cure.allCases)
  func haproxy(side: String, cure: Cure) throws {
    let faults = try faults(
      #"""
      backend, asked, ends = socket.create_server(("127.0.0.1", 0)), [], []
      def serve(client):
        while isinstance(data := end_of(client), bytes) and data:
          if b"/hang" in data: asked.append(client.getpeername()); ends.append(end_of(client)); return
          client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nserved")
      def accept():
        while True: threading.Thread(target=serve, args=[backend.accept()[0]], daemon=True).start()
      threading.Thread(target=accept, daemon=True).start()
      port = free_port()
      with open(directory + "/haproxy.cfg", "w") as file: file.write(f"""
      defaults
        mode http
        timeout client 1h
        timeout server 1h
        timeout connect 10s
        retries 0
        option abortonclose
      frontend front
        bind 127.0.0.1:{port}
        default_backend back
      backend back
        server one 127.0.0.1:{backend.getsockname()[1]}
      """)
      haproxy = start("haproxy", "-db", "-f", directory + "/haproxy.cfg")
      def answer(client, path):
        client.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path)
        return client.recv(4096)
      other, hung = connect(port), connect(port)
      check(b"served" in answer(other, b"/"), "not served at first")
      hung.sendall(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n")
      check(eventually(lambda: asked), "the request did not arrive")
      peer = name(hung) if arguments[3] == "client" else "%s:%d" % backend.getsockname()
      # The connection to the backend that is in use for the hung request, and not one that waits for reuse.
      wanted = ["--peer", peer] + ([f"local::{asked[0][1]}"] if arguments[3] == "server" else [])
      cure(haproxy.pid, *wanted)
      end = end_of(hung)
      if arguments[3] == "client": check(end == ending, "the client saw", end)
      else: check(b" 502 " in end[:20], "the client saw", end)
      check(eventually(lambda: ends), "the backend was not told")
      for turn in range(10):
        check(b"served" in answer(connect(port), b"/"), "the next client", turn, "is not served")
        check(b"served" in answer(other, b"/"), "the other client is not served")
      check(haproxy.poll() is None, "haproxy has ended", haproxy.poll())
      haproxy.terminate()
      """#, cure, side)
    #expect(faults == "")
  }

  /// A backend is idle in a transaction and holds a lock, for which another client waits.
  @Test(
    .enabled(if: Programs.has("psql") && hasPostgreSQL),
    arguments: Cure.allCases)
  func postgreSQL(cure: Cure) throws {
    let programs = try #require(Self.serverPrograms, "the programs of PostgreSQL's server")
    let faults = try faults(
      #"""
      port = free_port()
      programs = arguments[3]
      # PostgreSQL does not run as root. A change of the user takes the signal for the end of the parent away.
      user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--pdeathsig=KILL"]
      if os.geteuid() != 0: user = []
      if user: os.chown(directory, 65534, 65534)
      data = directory + "/data"
      made = subprocess.run(
        [*user, programs + "/initdb", "-N", "-A", "trust", "-U", "tester", "-D", data], capture_output=True)
      check(made.returncode == 0, made.stderr)
      log = open(directory + "/log", "w")
      words = [programs + "/postgres", "-D", data, "-p", str(port), "-k", directory, "-F"]
      server = start(*user, *words, stderr=log)
      words = ["psql", "-XqAt", "-h", "127.0.0.1", "-p", str(port), "-U", "tester", "postgres"]
      def ask(query):
        done = subprocess.run([*words, "-c", query], capture_output=True, text=True, timeout=60)
        return done.stdout.strip()
      check(eventually(lambda: ask("select 1") == "1"), "not served at first")
      ask("create table accounts (amount int)")
      begun = ask("select pg_postmaster_start_time()")
      pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
      holder = start(*words, **pipes)
      holder.stdin.write("begin; lock table accounts; select pg_backend_pid(), inet_client_port();\n")
      holder.stdin.flush()
      backend, client_port = holder.stdout.readline().strip().split("|")
      waiter = start(*words, "-c", "insert into accounts values (1)", stderr=subprocess.PIPE)
      waiting = "select count(*) from pg_locks where not granted"
      check(eventually(lambda: ask(waiting) == "1"), "nobody waits for the lock")
      cure(backend, "--peer", "127.0.0.1:" + client_port)
      check(waiter.wait(timeout=30) == 0, "the waiting client failed")
      check(ask("select count(*) from accounts") == "1", "the next client is not served")
      check(eventually(lambda: not os.path.exists("/proc/" + backend)), "the backend has not ended")
      check(ask("select pg_postmaster_start_time()") == begun, "the server has started again")
      holder.stdin.write("select 1;\n"); holder.stdin.close()
      said = holder.stdout.read()
      check("connection to server was lost" in said, "the holder read", said)
      check(server.poll() is None, "the server has ended")
      server.send_signal(signal.SIGINT); server.wait(timeout=30)
      """#, cure, programs)
    #expect(faults == "")
  }

  /// Whether the tests of PostgreSQL's server run; see `Programs.has`.
  static var hasPostgreSQL: Bool { serverPrograms != nil || Programs.has("postgres") }

  /// The directory of PostgreSQL's server, which Debian has outside of PATH, and one for each version.
  static let serverPrograms: String? = {
    let base = "/usr/lib/postgresql"
    let newest = numbers(in: base).max().map { "\(base)/\($0)/bin" }
    return [newest, "/usr/bin"].compactMap { $0 }.first { access($0 + "/initdb", X_OK) == 0 }
  }()
}
