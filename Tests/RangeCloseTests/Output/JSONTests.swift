import Glibc
import TestSupport
import Testing

/// JSON says what the table and `/proc` say; python3 and jq read it.
@Suite(.enabled(if: Programs.has("python3", "jq"))) struct JSONTests {
  private let scratch = Scratch()

  // MARK: - Values

  /// The values of a row, from the target's `/proc` as another program reads it.
  @Test(.enabled(if: Programs.isRoot)) func everyKindOfDescriptorIsAsInProc() throws {
    let target = try Target(Programs.fixture("every-kind"), [scratch.path], joinsErrors: false)
    var count = 0
    while try target.hear() != "ready" { count += 1 }
    #expect(count > 100)
    let problems = try python(
      readingJSON + """
        pid = arguments[0]
        rows, _ = rows_of("-n", pid)
        directory = f"/proc/{pid}/fd"
        check([row["fd"] for row in rows] == sorted(map(int, os.listdir(directory))), "numbers")
        for row in rows:
          link = os.readlink(f"{directory}/{row['fd']}".encode())
          status = os.stat(f"{directory}/{row['fd']}")
          info = {}
          for line in open(f"/proc/{pid}/fdinfo/{row['fd']}", errors="replace"):
            key, _, value = line.partition(":")
            info.setdefault(key, value.strip())
          def same(key, expected): check(row[key] == expected, row["fd"], key, row[key], expected, link)
          same("pid", int(pid))
          same("command", open(f"/proc/{pid}/comm").read().strip())
          same("device", f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}")
          same("inode", str(status.st_ino))
          kinds = (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)
          same("size", status.st_size if any(kind(status.st_mode) for kind in kinds) else None)
          same("disk", status.st_blocks * 512 if stat.S_ISREG(status.st_mode) else None)
          is_device = stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode)
          same("rdev", f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}" if is_device else None)
          has_links = stat.S_IFMT(status.st_mode) not in (0, stat.S_IFSOCK)
          if row["type"] != "dir": same("links", status.st_nlink if has_links else None)
          same("mount", info["mnt_id"])
          flags = int(info["flags"], 8)
          same("cloexec", bool(flags & 0o2000000))
          same("mode", "path" if flags & 0o10000000 else ["r", "w", "rw", "w"][flags & 3])
          if row["offset"] is not None: same("offset", int(info["pos"]))
          check(("append" in row["flags"]) == bool(flags & 0o2000), row["fd"], row["flags"], oct(flags))
          check(("nonblock" in row["flags"]) == bool(flags & 0o4000), row["fd"], row["flags"], oct(flags))
          if row["name"] is None:
            check("name" in row["unknown"], row)
            continue
          name = base64.b64decode(row.get("name_base64", "")) or row["name"].encode()
          # The kernel also appends the mark to the name of a file that never had one, such as a memfd.
          has_mark = row["deleted"] or row["tmpfile"]
          names = [link.removesuffix(b" (deleted)")] + ([] if has_mark else [link])
          check(name in names, row["fd"], name, link)
        """, "\(target.pid)")
    #expect(problems.isEmpty, "\(problems)")
  }

  /// The table shows the same values as JSON.
  ///
  /// A column that does not apply is `-`, and an unknown fact is `?`.
  @Test(.enabled(if: Programs.isRoot)) func theTableHasTheValuesOfJSON() throws {
    let target = try Target(Programs.fixture("every-kind"), [scratch.path], joinsErrors: false)
    while try target.hear() != "ready" {}
    let problems = try python(
      readingJSON + """
        pid = arguments[0]
        names = [line.split()[0].decode() for line in run("--list-columns")[1].splitlines()]
        check(len(names) > 25, names)
        # These change with time.
        names = [name for name in names if name not in ("IDLE", "RECVQ", "SENDQ")]
        rows, _ = rows_of("-n", "-o", ",".join(names), pid)
        check([list(row)[:len(names)] for row in rows] == [[name.lower() for name in names]] * len(rows),
          "keys", list(rows[0]))
        _, table, _ = run("-n", "-r", "-b", "--no-headings", "-o", ",".join(names), pid)
        lines = [line.split(" ") for line in table.decode().splitlines()]
        check(len(lines) == len(rows), "rows", len(lines), len(rows))
        seen = set()
        def text(row, name):
          value = row[name.lower()]
          if value is None: return "?" if name.lower() in row.get("unknown", []) else "-"
          seen.add(name)
          if isinstance(value, bool): return "yes" if value else "no"
          if isinstance(value, list): return ",".join(value) or "-"
          return str(value)
        for row, cells in zip(rows, lines):
          check(len(cells) == len(names), row["fd"], "cells", cells)
          for name, cell in zip(names, cells):
            # NAME has the ends of sockets and marks in addition.
            if name == "LINKS" and row["type"] == "dir": seen.add(name)
            elif name not in ("NAME", "LOCAL", "PEER"):
              check(cell == text(row, name), row["fd"], name, cell, text(row, name))
            elif row[name.lower()] is not None and name != "NAME":
              check((cell == "-") == (row[name.lower()] == ""), row["fd"], name, cell)
        missing = set(names) - seen - {"RESULT", "REMARK", "ERROR", "NAME", "LOCAL", "PEER"}
        check(not missing, "no row has", missing)
        """, "\(target.pid)")
    #expect(problems.isEmpty, "\(problems)")
  }

  @Test func socketsHaveTheirEndsAndTheirState() throws {
    let target = try holder("unix-listen 12 @json", "unix-connect 13 @json", "pair 14 15")
    let port = try target.ask("listen 10")
    try target.order("tcp 11 \(port) ::1")
    let problems = try python(
      readingJSON + """
        pid, port = arguments
        rows, _ = rows_of("-n", pid, "10-15")
        row = {row["fd"]: row for row in rows}
        check(row[10]["state"] == "LISTEN" and row[10]["peer"] is None, row[10])
        check(row[10]["local"].endswith(":" + port) and row[11]["peer"].endswith(":" + port), row[11])
        check(row[11]["state"] == "ESTABLISHED" and row[11]["type"] == "tcp", row[11])
        check(row[12]["local"] == "unix:@json" and row[12]["state"] == "LISTEN", row[12])
        check(row[13]["peer"] == "unix:@json" and row[13]["type"] == "unix", row[13])
        inodes = {fd: row[fd]["inode"] for fd in (14, 15)}
        check(row[14]["peer"] == f"socket:[{inodes[15]}]", row[14])
        check(row[15]["peer"] == f"socket:[{inodes[14]}]", row[15])
        _, table, _ = run("-n", pid, "10-15")
        names = {int(line.split()[0]): line.split(maxsplit=5)[-1] for line in table.decode().splitlines()[1:]}
        check(names[11].endswith(row[11]["local"] + "->" + row[11]["peer"] + " (ESTABLISHED)"), names[11])
        check(names[10].endswith(row[10]["local"] + " (LISTEN)"), names[10])
        check(names[13].endswith("->unix:@json"), names[13])
        check(names[14].endswith("->" + row[14]["peer"]), names[14])
        """, "\(target.pid)", port)
    #expect(problems.isEmpty, "\(problems)")
  }

  // MARK: - Unknown facts and results

  /// A fact that could not be read is null, and its key is in `unknown`.
  ///
  /// The command may list the numbers of this process, and nothing else.
  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")))
  func unknownFactsAreNamed() throws {
    let target = try holder("leak 3 5")
    let command = try scratch.copy(of: Programs.rangeclose, "rangeclose")
    let problems = try python(
      """
      path, pid = arguments
      rights = "+dac_read_search"
      words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all," + rights,
        "--ambient-caps=" + rights, path, "-n", "--json", pid, "3-"]
      done = subprocess.run(words, capture_output=True)
      rows = json.loads(done.stdout)["descriptors"]
      check([row["fd"] for row in rows] == [3, 4, 5], rows)
      for row in rows:
        unknown = row.pop("unknown")
        check({"type", "mode", "flags", "size", "inode", "name", "deleted"} <= set(unknown), unknown)
        check("fd" not in unknown and "pid" not in unknown and "command" not in unknown, unknown)
        check(all(row[key] is None for key in unknown), row)
        check({key for key in row if row[key] is None} == set(unknown) | {"error", "remark"}, row, unknown)
      text = subprocess.run([w for w in words if w != "--json"], capture_output=True).stdout.decode()
      check(all(line.split()[1] == "?" for line in text.splitlines()[1:]), text)
      """, command, "\(target.pid)")
    #expect(problems.isEmpty, "\(problems)")
  }

  @Test func theResultOfEachDescriptorIsReported() throws {
    let (target, other) = (try holder("open 10 \(scratch("file"))", "leak 11 12"), try holder("leak 10 10"))
    try target.order("fill 10 8192", "unlink \(scratch("file"))")
    let problems = try python(
      """
      pids = list(map(int, arguments))
      status, output, errors = run("--json", ",".join(arguments), "10-20")
      check(status == 0 and errors.count("rangeclose: ") == 1, status, errors)
      check("open for writing, and" in errors, errors)
      whole = json.loads(output)
      rows = whole["descriptors"]
      expected = [(pids[0], 10), (pids[0], 11), (pids[0], 12), (pids[1], 10)]
      check([(row["pid"], row["fd"]) for row in rows] == expected, rows)
      check(all(row["result"] == "closed" and row["error"] is None for row in rows), rows)
      check(rows[0]["size"] == 8192 and rows[0]["deleted"] is True, rows[0])
      one, two = whole["processes"]
      check((one["pid"], one["done"], one["failed"], one["status"]) == (pids[0], 3, 0, 0), one)
      check((two["pid"], two["done"], two["result"]) == (pids[1], 1, "closed"), two)
      check(one["freed_at_most"] == rows[0]["disk"] > 0 and one["held"] == 0 and two["freed"] == 0, one, two)
      check(one["call"] == "close_range(2)" and one["calls"] > 0 and one["threads"] == 1, one)
      check(whole["totals"]["processes"] == 2 and whole["totals"]["status"] == 0, whole["totals"])
      """, "\(target.pid)", "\(other.pid)")
    #expect(problems.isEmpty, "\(problems)")
    #expect(try target.ask("list") == "0-2" && other.ask("list") == "0-2")
  }

  /// A failed close has the error's name, and the run's status is in the totals.
  @Test(.enabled(if: Programs.isRoot && access("/dev/fuse", R_OK | W_OK) == 0))
  func aFailureHasItsError() throws {
    mkdir(scratch("mount"), 0o755)
    let server = try Target(Programs.fixture("fuse-server"), [scratch("mount"), "5"])
    try server.expect("ready")
    defer {
      server.endInput()
      server.wait()
    }
    let target = try holder("leak 11 11")
    // The target closes its first descriptor of the file, with the same error.
    #expect(try target.ask("open 10 \(scratch("mount/file"))") == "EIO")
    let problems = try python(
      """
      status, output, errors = run("--json=lines", "--method=close", arguments[0], "10-11")
      records = [json.loads(line) for line in output.splitlines()]
      rows = [record for record in records if record["record"] == "descriptor"]
      check(status == 64 and "descriptor 10: " in errors, status, errors)
      check([row["error"] for row in rows] == ["EIO", None], rows)
      check(records[-1]["status"] == 64 and records[-2]["status"] == 64, records[-2:])
      """, "\(target.pid)")
    #expect(problems.isEmpty, "\(problems)")
  }

  /// Without a row the object is whole all the same.
  @Test(arguments: ["--deleted", "1000-"]) func anEmptyListIsValid(selector: String) throws {
    let target = try holder()
    let problems = try python(
      readingJSON + """
        rows, whole = rows_of("-n", *arguments)
        check(rows == [] and whole["totals"]["processes"] == 0, whole)
        """, "\(target.pid)", selector)
    #expect(problems.isEmpty, "\(problems)")
  }
}
