import TestSupport
import Testing

/// A close of a number that a program goes on to use.
///
/// Nobody wrote these programs for the tests. The tests show what the close breaks, and that rangeclose has
/// said so before. `--strict` refuses each of these lines, and breaks nothing.
@Suite(.enabled(if: Programs.has("python3")), .timeLimit(.minutes(3))) struct ClosedNumberTests {
  private let scratch = Scratch()

  /// Runs a script with the names of `serving`, and with `close(PID, FACT..., WORD...)`.
  private func faults(_ script: String, _ words: String...) throws -> String {
    try python(serving + Self.closing + script, ["", "", scratch.path] + words)
  }

  /// `close(PID, WORDS, FACT...)` closes what the words pick, and expects the facts on standard error.
  ///
  /// First it tries `--strict`, which refuses the facts and touches nothing.
  private static let closing = #"""
    def close(pid, words, *facts):
      for option in ["--strict"], []:
        done = subprocess.run([command, *option, str(pid), *words], capture_output=True, text=True)
        check(all(fact in done.stderr for fact in facts), words, option, done)
        if option: check(done.returncode == 3 and "nothing was touched" in done.stderr, "not refused", done)
        else: check(done.returncode == 0 and "closed 1 descriptor" in done.stdout, "not closed", done)
    watched = "is watched by epoll descriptor ", ": the program would not notice"
    wakes = "--shutdown wakes it"

    """#

  // MARK: - Clients that hang

  /// The program of the client connects to the port, sends something, and waits.
  ///
  /// After the close the server reads the end, and the client does not notice.
  private func expectNotNoticed(_ client: (String) throws -> Target) throws {
    let server = try HungServer()
    let target = try client(server.port)
    try server.waitUntilAsked()
    sleepUntilBlocked()
    let words = ["\(target.pid)", "--peer", "127.0.0.1:\(server.port)"]
    let lines = [" is watched by epoll descriptor ", ": the program would not notice; --shutdown wakes it"]
    let refused = try rangeclose(["--strict"] + words)
    #expect(refused.status == 3 && lines.allSatisfy { refused.errors.contains($0) }, "\(refused)")
    let run = try rangeclose(words)
    #expect(run.status == 0 && lines.allSatisfy { run.errors.contains($0) }, "\(run)")
    #expect(run.errors.contains(" is connected to ") && run.output.contains("closed 1 descriptor"), "\(run)")
    #expect(try server.hearOfClient() == "the end")
    #expect(target.isRunning && processState(target.pid) == "S")
  }

  @Test func asyncio() throws {
    let script = """
      import asyncio, sys
      async def main():
        reader, writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
        writer.write(b"hello\\n")
        await reader.read(1000)
      asyncio.run(main())
      """
    try expectNotNoticed { try Target("python3", ["-c", script, $0]) }
  }

  @Test(.enabled(if: Programs.has("node"))) func node() throws {
    let script = """
      const socket = require("net").connect(Number(process.argv[1]), "127.0.0.1")
      socket.on("connect", () => socket.write("hello\\n"))
      for (const event of ["end", "error", "close"]) socket.on(event, () => process.exit(1))
      """
    try expectNotNoticed { try Target("node", ["-e", script, $0]) }
  }

  @Test(.enabled(if: Programs.has("go")), .timeLimit(.minutes(5))) func goNet() throws {
    let program = try CompiledClientTests.go.get()
    try expectNotNoticed { try Target(program, [$0]) }
  }

  /// curl waits in poll(2), which reports the closed number.
  @Test(.enabled(if: Programs.has("curl"))) func curlReportsTheClose() throws {
    let server = try HungServer()
    let client = try Target("sh", ["-c", "exec curl -sS http://127.0.0.1:$0/ 2>&1", server.port])
    try server.waitUntilAsked()
    sleepUntilBlocked()
    let run = try rangeclose("\(client.pid)", "--peer", "127.0.0.1:\(server.port)")
    #expect(run.status == 0 && run.output.contains("closed 1 descriptor"), "\(run)")
    #expect(run.errors.contains(" is connected to ") && !run.errors.contains("watched"), "\(run)")
    try client.expect(beginning: "curl: (55)")
  }

  // MARK: - Servers

  /// The number may go to the next client, and redis may not watch its connection.
  @Test(.enabled(if: Programs.has("redis-server"))) func redisIsNotNotified() throws {
    let faults = try faults(
      #"""
      port = free_port()
      server = start("redis-server", "--port", str(port), "--save", "", "--dir", directory)
      other, idle = connect(port), connect(port)
      def served(client): client.sendall(b"PING\r\n"); return client.recv(4096) == b"+PONG\r\n"
      check(served(other) and served(idle), "not served at first")
      close(server.pid, ["--peer", name(idle)], *watched, wakes)
      check(end_of(idle) == b"", "the client did not read the end")
      check(served(other), "the other client is not served")
      server.terminate()
      """#)
    #expect(faults == "")
  }

  @Test(.enabled(if: Programs.has("memcached"))) func memcachedIsNotNotified() throws {
    let faults = try faults(
      #"""
      port = free_port()
      server = start("memcached", "-p", str(port), "-u", "root")
      idle = connect(port)
      idle.sendall(b"version\r\n")
      check(idle.recv(99).startswith(b"VERSION"), "not served at first")
      close(server.pid, ["--peer", name(idle)], *watched, wakes)
      check(end_of(idle) == b"", "the client did not read the end")
      server.terminate()
      """#)
    #expect(faults == "")
  }

  /// haproxy watches the client no more while the server behind it works, and ends at the next client.
  ///
  /// The client is on this machine, but haproxy would end for any other client, too.
  @Test(.enabled(if: Programs.has("haproxy"))) func haproxyCrashesAtTheNextClient() throws {
    let faults = try faults(
      #"""
      backend, asked = socket.create_server(("127.0.0.1", 0)), []
      def serve(client):
        while data := client.recv(4096):
          if b"/hang" in data: asked.append(client); return
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
      frontend front
        bind 127.0.0.1:{port}
        default_backend back
      backend back
        server one 127.0.0.1:{backend.getsockname()[1]}
      """)
      haproxy = start("haproxy", "-db", "-f", directory + "/haproxy.cfg")
      def watches(client):
        words = ["-n", "-r", "-o", "FD", "--no-headings", str(haproxy.pid), "--peer", name(client)]
        number = int(subprocess.run([command, *words], capture_output=True, text=True).stdout)
        # The sets are open from the start.
        return any(f"tfd:{number:>9}" in open(f"/proc/{haproxy.pid}/fdinfo/{place}").read()
          for place in range(10) if os.path.exists(f"/proc/{haproxy.pid}/fdinfo/{place}"))
      # In some runs, haproxy goes on to watch a client whose request came later than the connection.
      clients = []
      for attempt in range(40):
        hung = connect(port)
        clients.append(hung)
        hung.sendall(b"GET /hang HTTP/1.1\r\nHost: x\r\n\r\n")
        check(eventually(lambda: len(asked) == len(clients)), "the request did not arrive")
        time.sleep(0.05)
        if not watches(hung): break
      check(not watches(hung), "haproxy watches all clients")
      close(
        haproxy.pid, ["--peer", name(hung)], "is non-blocking, and epoll descriptor", "does not watch it now",
        "could go on to use a closed number; --shutdown ends the connection and keeps the number")
      check(end_of(hung) == b"", "the client did not read the end")
      following = connect(port)
      try: following.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"); answer = end_of(following)
      except OSError as error: answer = errno.errorcode[error.errno]
      served = isinstance(answer, bytes) and b"served" in answer
      check(not served and eventually(lambda: haproxy.poll() is not None), answer, haproxy.poll())
      """#)
    #expect(faults == "")
  }

  /// The next client's socket gets the number of the log, and its client reads the log.
  @Test(.enabled(if: Programs.has("nginx"))) func nginxSendsItsLogToClients() throws {
    let faults = try faults(
      #"""
      port = free_port()
      with open(directory + "/nginx.conf", "w") as file: file.write(f"""
      daemon off; master_process off; pid {directory}/pid; error_log {directory}/error;
      events {{ }}
      http {{
        access_log {directory}/access;
        client_body_temp_path {directory}/a; proxy_temp_path {directory}/b; fastcgi_temp_path {directory}/c;
        uwsgi_temp_path {directory}/d; scgi_temp_path {directory}/e;
        server {{ listen 127.0.0.1:{port}; location / {{ return 200 "served"; }} }}
      }}
      """)
      server = start("nginx", "-c", directory + "/nginx.conf", "-p", directory)
      def answer(client):
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return client.makefile("rb").read()
      check(answer(connect(port)).endswith(b"served"), "not served at first")
      check(eventually(lambda: os.path.getsize(directory + "/access") > 0), "nothing is logged")
      os.unlink(directory + "/access")
      close(
        server.pid, ["--deleted"],
        "is open for writing, and the file was written to in the last five minutes",
        "the next file that the program opens would get the number, and what the program writes",
        "--truncate or --replace frees the storage and keeps the number")
      text = answer(connect(port))
      check(b'served127.0.0.1 - - [' in text and b'"GET / HTTP/1.1" 200' in text, "no log", text)
      idle = connect(port)
      idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      check(b"served" in idle.recv(4096), "not served")
      close(server.pid, ["--peer", name(idle)], *watched, wakes)
      server.terminate()
      """#)
    #expect(faults == "")
  }

  // MARK: - Files and terminals

  /// A close of any descriptor of the database releases the record locks, and a second writer gets in.
  @Test(.enabled(if: Programs.has("sqlite3"))) func sqliteLosesItsLock() throws {
    let faults = try faults(
      #"""
      database = directory + "/database"
      def once(text): return subprocess.run(["sqlite3", database, text], capture_output=True, text=True)
      check(once("create table t(n)").returncode == 0, "not created")
      pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
      first = start("sqlite3", database, **pipes)
      def ask(text):
        first.stdin.write(text + "\n.print done\n"); first.stdin.flush()
        return first.stdout.readline()
      check(ask("begin exclusive; insert into t values (1);") == "done\n", "no transaction")
      check("locked" in once("insert into t values (2)").stderr, "a second writer got in at first")
      close(
        first.pid, ["--path", database],
        "is open on a file on which the process has record locks: it would lose them")
      check(once("insert into t values (2)").returncode == 0, "no second writer got in")
      check("error" in ask("commit;"), "the first writer did not notice")
      """#)
    #expect(faults == "")
  }

  /// The programs on the terminal get SIGHUP, unless another descriptor of the master is left.
  @Test func theProgramsOnATerminalAreHungUp() throws {
    let faults = try faults(
      #"""
      script = """if True:
        import os, pty, signal, sys
        child, master = pty.fork()
        if child == 0: signal.pause()
        print(master, os.dup(master), child, flush=True)
        print(os.WTERMSIG(os.waitpid(child, 0)[1]), flush=True)
        sys.stdin.readline()
        """
      pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
      target = start("python3", "-c", script, **pipes)
      master, copy, child = target.stdout.readline().split()
      harmless = subprocess.run([command, "--strict", str(target.pid), copy], capture_output=True, text=True)
      check(harmless.returncode == 0 and harmless.stderr == "", harmless)
      close(
        target.pid, [master], "is the last master of pseudoterminal ",
        ": the programs on the terminal would get SIGHUP")
      check(target.stdout.readline() == "%d\n" % signal.SIGHUP, "the child did not get SIGHUP")
      """#)
    #expect(faults == "")
  }

  /// What an event loop waits on is not noticed, and neither is the set itself.
  @Test func timersAndSetsOfAnEventLoop() throws {
    let faults = try faults(
      #"""
      script = """if True:
        import ctypes, select, sys
        loop, timer = select.epoll(), ctypes.CDLL(None).timerfd_create(1, 0)
        loop.register(timer, select.EPOLLIN)
        print(timer, loop.fileno(), flush=True)
        sys.stdin.readline()
        """
      target = start("python3", "-c", script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
      timer, loop = target.stdout.readline().split()
      close(target.pid, [timer], *watched)
      close(
        target.pid, [loop],
        "is of type epoll: what waits there, such as an event loop, may wait for ever")
      """#)
    #expect(faults == "")
  }

  /// A child has the socket, too, so the set goes on to report it by a number that nobody can remove.
  @Test func theEventLoopSpinsOnAClosedNumber() throws {
    let faults = try faults(
      #"""
      script = """if True:
        import os, select, signal, socket, sys
        listener = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(listener.getsockname())
        server = listener.accept()[0]
        loop = select.epoll(); loop.register(client.fileno(), select.EPOLLIN)
        held, end = os.pipe()
        child = os.fork()
        if child == 0: os.close(end); os.read(held, 1); os._exit(0)
        print(client.fileno(), child, flush=True)
        sys.stdin.readline(); server.send(b"x")
        print(*[loop.poll(20)[0][0] for _ in range(3)], flush=True)
        try: loop.unregister(client.fileno())
        except OSError as error: print(error.strerror, flush=True)
        sys.stdin.readline()
        """
      target = start("python3", "-c", script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
      number, child = target.stdout.readline().split()
      close(
        target.pid, [number], "is watched by epoll descriptor ", f" and held by {child} (",
        "too: the event loop could spin on a closed number; --shutdown ends the connection for all of them")
      target.stdin.write("\n"); target.stdin.flush()
      check(target.stdout.readline().split() == [number] * 3, "the set did not report the number")
      check(target.stdout.readline() == "Bad file descriptor\n", "the number could be removed")
      """#)
    #expect(faults == "")
  }
}
