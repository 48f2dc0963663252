import TestSupport
import Testing

/// Databases lose a deleted log while clients commit rows.
///
/// Each test counts the rows of the clients against the rows of the server, also after a crash, and lets the
/// server's own tool check the files.
@Suite(.enabled(if: Programs.has("python3")), .timeLimit(.minutes(5))) struct DatabaseTests {
  private let scratch = Scratch()

  /// Runs a script with the names of `serving` and `committing`; it returns what does not hold.
  private func faults(_ script: String, _ words: String...) throws -> String {
    try python(serving + Self.committing + script, ["--replace", "", scratch.path] + words)
  }

  /// Clients that work, and the log that is deleted and replaced meanwhile.
  private static let committing = #"""
    class Client(threading.Thread):
      """Commits one row after the other, and counts the commits that the server has confirmed."""
      def __init__(self, words, place):
        super().__init__()
        self.words, self.place, self.committed, self.failure, self.stopped = words, place, 0, None, False
      def run(self):
        pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        shell = start(*self.words, **pipes)
        while not self.stopped and not self.failure:
          row = self.committed
          query = f"insert into taken values ({self.place}, {row}); select {row} + 0;"
          shell.stdin.write(query + "\n"); shell.stdin.flush()
          line = shell.stdout.readline()
          if line.strip() != str(row): self.failure = line or "the end"
          else: self.committed += 1
        shell.stdin.close(); shell.wait()
    def work(words):
      clients = [Client(words, place) for place in range(4)]
      for client in clients: client.start()
      check(eventually(lambda: all(client.committed > 20 for client in clients)), "no work")
      return clients
    def replace_logs(clients, log, pid, turns):
      """Deletes the log and replaces it, while the clients work."""
      for turn in range(turns):
        with open(log, "ab") as file: file.write(b"-- filled\n" * 200000)
        os.unlink(log); following = f"{directory}/log{turn + 1}"
        words = [command, "--descendants", str(pid), "--deleted", "--path", log, f"--replace={following}"]
        done = subprocess.run(words, capture_output=True, text=True)
        check(done.returncode == 0 and ", freed " in done.stdout, done)
        before = [client.committed for client in clients]
        goes_on = lambda: all(client.committed > count + 5 for client, count in zip(clients, before))
        check(eventually(goes_on), "a client waits", turn, [client.failure for client in clients])
        check(eventually(lambda: os.path.getsize(following) > 0), "nothing is logged", turn)
        log = following
    def end(clients):
      for client in clients: client.stopped = True
      for client in clients: client.join()
      check(not any(client.failure for client in clients), [client.failure for client in clients])
      return sum(client.committed for client in clients)

    """#

  @Test(.enabled(if: Programs.has("psql", "setpriv") && ServerTests.hasPostgreSQL))
  func postgreSQL() throws {
    let programs = try #require(ServerTests.serverPrograms, "the programs of PostgreSQL's server")
    let faults = try faults(
      #"""
      programs = arguments[3]
      port = free_port()
      user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--pdeathsig=KILL"]
      if os.geteuid() != 0: user = []
      if user: os.chown(directory, 65534, 65534)
      data = directory + "/data"
      made = subprocess.run(
        [*user, programs + "/initdb", "-N", "-k", "-A", "trust", "-U", "tester", "-D", data],
        capture_output=True)
      check(made.returncode == 0, made.stderr)
      def serve():
        words = [programs + "/postgres", "-D", data, "-p", str(port), "-k", directory]
        log = open(directory + "/log", "a")
        server = start(*user, *words, "-c", "log_statement=all", stderr=log)
        check(eventually(lambda: ask("select 1") == "1"), "not served")
        return server
      words = ["-h", "127.0.0.1", "-p", str(port), "-U", "tester"]
      def ask(query):
        words_of_psql = ["psql", "-XqAt", *words, "postgres", "-c", query]
        return subprocess.run(words_of_psql, capture_output=True, text=True, timeout=60).stdout.strip()
      server = serve()
      ask("create table taken (place int, number int, primary key (place, number))")
      clients = work(["psql", "-XqAt", *words, "postgres"])
      replace_logs(clients, directory + "/log", server.pid, 5)
      committed = end(clients)
      count = "select count(*) from taken"
      check(ask(count) == str(committed), ask(count), "rows of", committed)
      # A crash: the rows come back from the write-ahead log.
      server.send_signal(signal.SIGQUIT); server.wait(timeout=30)
      server = serve()
      check(ask(count) == str(committed), ask(count), "rows after the restart, of", committed)
      words = [*words, "-d", "postgres", "--install-missing", "--heapallindexed"]
      checked = subprocess.run([programs + "/pg_amcheck", *words], capture_output=True, text=True)
      check(checked.returncode == 0 and not checked.stdout, checked)
      server.send_signal(signal.SIGINT); server.wait(timeout=30)
      words = [programs + "/pg_checksums", "--check", "-D", data]
      checked = subprocess.run(words, capture_output=True, text=True)
      check(checked.returncode == 0, checked)
      """#, programs)
    #expect(faults == "")
  }

  @Test(.enabled(if: Programs.has("mariadbd", "mariadb", "mariadb-install-db"))) func mariaDB() throws {
    let faults = try faults(
      #"""
      data = directory + "/data"
      user = ["--user=root"] if os.geteuid() == 0 else []
      made = subprocess.run(
        ["mariadb-install-db", "--no-defaults", *user, "--datadir=" + data,
          "--auth-root-authentication-method=normal"], capture_output=True, text=True)
      check(made.returncode == 0, made)
      socket_path = "--socket=" + directory + "/socket"
      words = ["mariadb", "--no-defaults", "-N", "-B", "--unbuffered", socket_path, "-u", "root"]
      def ask(query):
        done = subprocess.run([*words, "-e", query], capture_output=True, text=True, timeout=60)
        return done.stdout.strip()
      def serve():
        server = start(
          "mariadbd", "--no-defaults", *user, "--datadir=" + data, socket_path, "--skip-networking",
          "--general-log", f"--general-log-file={directory}/log", f"--pid-file={directory}/pid")
        check(eventually(lambda: ask("select 1") == "1", 60), "not served")
        return server
      server = serve()
      key = "primary key (place, number)"
      ask(f"create database work; create table work.taken (place int, number int, {key}) engine=InnoDB")
      clients = work([*words, "work"])
      replace_logs(clients, directory + "/log", server.pid, 5)
      committed = end(clients)
      checked = ask("check table work.taken extended")
      check(checked == "work.taken\tcheck\tstatus\tOK", checked)
      count = "select count(*) from work.taken"
      check(ask(count) == str(committed), ask(count), "rows of", committed)
      server.kill(); server.wait()
      server = serve()
      check(ask(count) == str(committed), ask(count), "rows after the restart, of", committed)
      checked = ask("check table work.taken extended")
      check(checked == "work.taken\tcheck\tstatus\tOK", checked)
      server.terminate(); server.wait()
      """#)
    #expect(faults == "")
  }
}
