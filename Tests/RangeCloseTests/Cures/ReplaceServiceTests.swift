import Glibc
import TestSupport
import Testing

/// Programs that nobody wrote for the tests lose a deleted log while they work.
@Suite(.enabled(if: Programs.has("python3")), .timeLimit(.minutes(15))) struct ReplaceServiceTests {
  private let scratch = Scratch()

  /// The number of responses that the load generator checks: 100,000 if RANGECLOSE_TEST_ALL is set.
  private static let responses = getenv("RANGECLOSE_TEST_ALL") == nil ? 5000 : 100_000

  /// Runs a script with the names of `serving` and `replacing`; it returns what does not hold.
  private func faults(_ script: String) throws -> String {
    try python(serving + Self.replacing + script, ["--replace", "", scratch.path, "\(Self.responses)"])
  }

  /// Checks that a process whose log was replaced writes to the new file, and that the storage came back.
  private static let replacing = #"""
    def replace(pid, *words):
      done = subprocess.run([command, str(pid), *words], capture_output=True, text=True)
      check(done.returncode == 0 and ", freed " in done.stdout, done)
    def blocks(pid):
      found = 0
      for n in os.listdir(f"/proc/{pid}/fd"):
        try: status = os.stat(f"/proc/{pid}/fd/{n}")
        except OSError: continue
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 0: found += status.st_blocks
      return found
    wanted, turns = int(arguments[3]), 20
    def until(count, share, failures):
      """Waits until the load generator has got a share of the wanted responses."""
      enough = lambda: failures or count() >= wanted * share
      check(eventually(enough, 20 + wanted / 100), "no responses any more", share)

    """#

  @Test(.enabled(if: Programs.has("nginx"))) func nginxServesMeanwhile() throws {
    let faults = try faults(
      #"""
      port, body = free_port(), "served " * 100
      os.makedirs(directory + "/html")
      with open(directory + "/html/index.html", "w") as file: file.write(body)
      os.chmod(directory, 0o755)
      with open(directory + "/nginx.conf", "w") as file: file.write(f"""
      daemon off; master_process off; pid {directory}/pid; error_log {directory}/error;
      events {{ }}
      http {{
        access_log {directory}/access; root {directory}/html; keepalive_requests 1000000;
        client_body_temp_path {directory}/a; proxy_temp_path {directory}/b; fastcgi_temp_path {directory}/c;
        uwsgi_temp_path {directory}/d; scgi_temp_path {directory}/e;
        server {{ listen 127.0.0.1:{port}; }}
      }}
      """)
      server = start("nginx", "-c", directory + "/nginx.conf", "-p", directory)
      stop, counts, wrong = threading.Event(), [0] * 4, []
      def load(place):
        client = connect(port)
        file = client.makefile("rb")
        while not stop.is_set():
          client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
          lines = [file.readline()]
          while lines[-1] not in (b"\r\n", b""): lines.append(file.readline())
          if not lines[0].startswith(b"HTTP/1.1 200") or file.read(len(body)) != body.encode():
            return wrong.append(lines)
          counts[place] += 1
      threads = [threading.Thread(target=load, args=[place]) for place in range(4)]
      for thread in threads: thread.start()
      for turn in range(turns):
        until(lambda: sum(counts), (turn + 1) / (turns + 1), wrong)
        # The access log has a name at first, and each later one is made by the target.
        log = directory + "/access" + str(turn or "")
        with open(log, "ab") as file: file.write(b"\0" * 2000000)
        os.unlink(log)
        replace(server.pid, "--deleted", "--path", log, f"--replace={directory}/access{turn + 1}")
        check(blocks(server.pid) == 0, "storage is still held")
        written = directory + f"/access{turn + 1}"
        check(eventually(lambda: os.path.getsize(written) > 0), "nothing is logged", turn)
      until(lambda: sum(counts), 1, wrong)
      stop.set()
      for thread in threads: thread.join()
      check(not wrong, "a wrong response", wrong[:1])
      with open(directory + "/access20", "rb") as file: lines = file.read().splitlines()
      check(all(line.startswith(b"127.0.0.1 - ") for line in lines), "a foreign byte in the log")
      check(server.poll() is None, "nginx has ended")
      server.terminate()
      """#)
    #expect(faults == "")
  }

  @Test(.enabled(if: Programs.has("java"))) func aJVMAnswersMeanwhile() throws {
    let faults = try faults(
      #"""
      with open(directory + "/Serve.java", "w") as file: file.write("""
      import java.io.*; import java.net.*;
      public class Serve {
        public static void main(String[] words) throws Exception {
          var log = new PrintStream(new FileOutputStream(words[0] + "/log", true), true);
          var server = new ServerSocket(Integer.parseInt(words[1]));
          while (true) {
            var client = server.accept();
            new Thread(() -> {
              try {
                var lines = new BufferedReader(new InputStreamReader(client.getInputStream()));
                for (String line; (line = lines.readLine()) != null;) {
                  log.println("log " + line);
                  client.getOutputStream().write(("served " + line + "\\n").getBytes());
                }
              } catch (IOException error) { log.println(error); }
            }).start();
          }
        }
      }
      """)
      port = free_port()
      server = start("java", "-Xshare:auto", directory + "/Serve.java", directory, str(port))
      stop, wrong, counts = threading.Event(), [], [0] * 4
      def load(place):
        client = connect(port); client.settimeout(20)
        lines = client.makefile("rb")
        while not stop.is_set():
          client.sendall(b"%d-%d\n" % (place, counts[place]))
          line = lines.readline()
          if line != b"served %d-%d\n" % (place, counts[place]): return wrong.append(line)
          counts[place] += 1
      threads = [threading.Thread(target=load, args=[place]) for place in range(4)]
      for thread in threads: thread.start()
      for turn in range(turns):
        until(lambda: sum(counts), (turn + 1) / (turns + 1), wrong)
        log = directory + "/log" + str(turn or "")
        with open(log, "ab") as file: file.write(b"\0" * 2000000)
        os.unlink(log)
        replace(server.pid, "--deleted", "--path", log, f"--replace={directory}/log{turn + 1}")
        check(blocks(server.pid) == 0, "storage is still held")
        written = directory + f"/log{turn + 1}"
        check(eventually(lambda: os.path.getsize(written) > 0), "nothing is logged", turn)
      until(lambda: sum(counts), 1, wrong)
      stop.set()
      for thread in threads: thread.join()
      check(not wrong, "a wrong answer", wrong)
      with open(directory + "/log20", "rb") as file: text = file.read().splitlines()
      check(all(line.startswith(b"log ") for line in text), "a foreign byte in the log")
      server.terminate()
      """#)
    #expect(faults == "")
  }
}
