import TestSupport
import Testing

/// The output of the three operations, and their exit statuses.
@Suite(.enabled(if: Programs.has("python3", "jq"))) struct CureOutputTests {
  private let scratch = Scratch()

  @Test func usageErrors() throws {
    let target = try holder("open 10 \(scratch("file"))", "fill 10 4096", "pair 11 12")
    for (words, part) in [
      (["--shutdown", "--drop"], "--shutdown and --drop"), (["--truncate", "--cloexec"], "--cloexec"),
      (["--shutdown=half"], "half"),
      (["--shutdown", "--method=close"], "--method"), (["--drop", "--method=close_range"], "--method"),
      (["--truncate", "--unshare"], "--unshare"), (["--drop", "--unshare"], "--unshare"),
      (["--drop=now"], "--drop"), (["--force=everything", "--truncate"], "everything"),
    ] {
      let run = try rangeclose(["\(target.pid)", "10-"] + words)
      #expect(run.status == 2 && run.output.isEmpty && run.errors.contains(part), "\(words): \(run)")
    }
    try target.order("write 11")
    #expect(try target.ask("receive 12") == "data")
  }

  @Test func theDryRunTouchesNothing() throws {
    let faults = try faults(
      #"""
      server, client, port = connected()
      for operation in "--shutdown", "--drop", "--truncate":
        for option in "-n", "--explain":
          # A listing foretells that nothing could be done. An explanation only shows facts.
          status = 3 if (operation, option) == ("--truncate", "-n") else 0
          outcome(status, ["tcp"], option, client.pid, "type:tcp", operation)
      server.block("s.recv(9)")
      check(client.do("s.send(b'x')") == 1 and server.end() == b"x", "the connection is gone")
      """#)
    #expect(faults == "")
  }

  @Test func rowsAndTotals() throws {
    let faults = try faults(
      #"""
      server, client, port = connected()
      client.do("a, b = socket.socketpair()")
      client.do("f = open('/dev/null')")
      words = client.pid, "type:unix,tcp,chr and 3-"
      facts = ["calls of shutdown(2)", "no thread was stopped", "shut down 3 descriptors"]
      text = outcome(0, facts, "-v", *words, "--shutdown=write")
      rows = {int(line.split()[0]): line for line in text.splitlines() if line.startswith("   ")}
      check(sorted(rows) == [3, 4, 5, 6] and "left alone" in rows[6], text)
      check(all("shut down" in rows[number] for number in (3, 4, 5)), text)
      check("for writing" in text, text)
      check(outcome(0, [], "-q", *words, "--shutdown") == "", "-q prints")
      status, text = does((), client.pid, "type:unix and state:listen", "--drop")
      check(status == 1, status, text)
      """#)
    #expect(faults == "")
  }

  @Test func JSONHasResultsAndRemarks() throws {
    let faults = try faults(
      readingJSON + #"""
        def subject(): return Subject(
          "a, b = socket.socketpair()", "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
          "l = socket.create_server(('127.0.0.1', 0))", "f = open('/dev/null')")
        # Each form of JSON has to find the same. So the operation may be repeated.
        target = subject()
        rows, whole = rows_of(str(target.pid), "3- and not path:/proc/**", "--shutdown")
        results = [(row["fd"], row["type"], row["result"]) for row in rows]
        done, left = "shut down", "left alone"
        check(results == [(3, "unix", done), (4, "unix", done), (5, "udp", done), (6, "tcp", left),
          (7, "chr", left)], results)
        remarks = [row["remark"] for row in rows]
        check(remarks[:2] == [None, None] and all(remarks[2:]), remarks)
        check("state:listen" in remarks[3] and "socket" in remarks[4], remarks)
        process, = whole["processes"]
        counts = [process[key] for key in ("done", "left_alone", "failed", "calls", "threads", "pause_us")]
        check(counts == [3, 2, 0, 3, 0, 0] and process["call"] == "shutdown(2)", process)
        rows, whole = rows_of(str(target.pid), "type:chr and 3-", "--drop")
        check(whole["totals"]["status"] == 3 and rows[0]["result"] == left, whole)
        """#)
    #expect(faults == "")
  }

  @Test func severalProcesses() throws {
    let faults = try faults(
      #"""
      server, first, port = connected()
      second, third = (Subject(f"s = socket.create_connection(('127.0.0.1', {port}))") for _ in range(2))
      bystander = Subject()
      words = f"peer::{port}", "--drop"
      facts = ["total: dropped 2 descriptors in 2 processes"]
      outcome(0, facts, f"{first.pid},{second.pid},{bystander.pid}", *words)
      # An operation on every process takes --force=all.
      outcome(3, ["--force=all"], "--all", *words)
      third.block("s.recv(9)")
      words = "--all", "--force=all", f"peer::{port} and state:established", "--drop"
      outcome(0, ["dropped 1 descriptor"], *words)
      end = third.end()
      check(end in ("ECONNABORTED", "ECONNRESET", "EPIPE"), "the third read", end)
      check(bystander.do("1") == 1, "the bystander is gone")
      # One of them can be served.
      third.do("a, b = socket.socketpair()")
      server.do("b = socket.create_server(('127.0.0.1', 0))")
      words = f"{third.pid},{server.pid}", "type:unix or state:listen", "--drop"
      outcome(64, ["left alone", "in 1 process\n"], *words)
      """#)
    #expect(faults == "")
  }
}
