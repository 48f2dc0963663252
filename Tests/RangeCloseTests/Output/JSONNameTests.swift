import TestSupport
import Testing

/// Names in JSON, which the target chose, byte for byte.
@Suite(.enabled(if: Programs.has("python3", "jq"))) struct JSONNameTests {
  private let scratch = Scratch()

  private static let makingNames = """
    import os, random, sys
    directory, seed = os.fsencode(sys.argv[1]), int(sys.argv[2])
    random.seed(seed)
    names = [b'quote"s', b"back\\\\slash", b"\\\\", b"new\\nline", b"\\r\\t\\x01\\x1b[31m\\x7f",
      b"\\xff\\xfe", b"a\\xc3",
      b"\\xed\\xa0\\x80", b"\\xc0\\xaf", b"\\xf4\\x90\\x80\\x80", "\\U0001f600\\u200d\\U0001f680".encode(),
      "\\u202egpj.exe\\u2066".encode(), "\\u2028\\u2029\\x85\\ufeff".encode(), "e\\u0301".encode(),
      b"two  spaces ",
      b" ", b"-", b"?", b"x (deleted)", b"\\\\040", b"\\\\u0041", b"null", "\\u4e2d\\u6587".encode()]
    for _ in range(300):
      length = random.randint(1, 40)
      if random.random() < 0.5:
        name = bytes(random.choice([c for c in range(1, 256) if c != 47]) for _ in range(length))
      else:
        ends = [127, 0x2fff, 0x10ffff]
        points = [random.randint(1, random.choice(ends)) for _ in range(length)]
        name = "".join(chr(p) for p in points if p != 47 and not 0xd800 <= p < 0xe000).encode()
      if 0 < len(name) < 256 and name not in (b".", b".."): names.append(name)
    for index, name in enumerate(dict.fromkeys(names)):
      os.open(directory + b"/" + name, os.O_CREAT | os.O_RDWR)
      if index % 3 == 0: os.unlink(directory + b"/" + name)
    print("ready", flush=True)
    for line in sys.stdin:
      print(len([n for n in os.listdir("/proc/self/fd") if int(n) > 3]), flush=True)
    """

  /// Every name is in JSON byte for byte: as a string, or in base64 if it is not UTF-8.
  @Test(arguments: 1...3) func noByteOfANameIsLost(seed: Int) throws {
    let target = try Target("python3", ["-c", Self.makingNames, scratch.path, "\(seed)"])
    try target.expect("ready", within: 60)
    let problems = try python(
      readingJSON + """
        pid = arguments[0]
        rows, _ = rows_of("-n", pid, "3-")
        check(len(rows) > 250, "rows", len(rows))
        coded = deleted = 0
        for row in rows:
          link = os.readlink(os.fsencode(f"/proc/{pid}/fd/{row['fd']}"))
          if row["deleted"]:
            deleted += 1
            check(link.endswith(b" (deleted)"), link)
            link = link.removesuffix(b" (deleted)")
          try: text = link.decode()
          except UnicodeDecodeError: text = None
          if text is None:
            coded += 1
            check(base64.b64decode(row["name_base64"], validate=True) == link, row["fd"], link, row)
          else:
            check(row["name"] == text and "name_base64" not in row, row["fd"], link, row)
        check(coded > 50 and deleted > 50, "coded", coded, "deleted", deleted)
        # jq reads the exact names as well.
        whole = run("-n", "--json", pid, "3-")[1]
        names = jq(whole, "-j", '.descriptors[] | .name + "\\\\u0000"').decode().split("\\0")[:-1]
        check(names == [row["name"] for row in rows], "jq has other names")
        # Nothing in the output can change a terminal.
        for text in (whole, run("-n", pid, "3-")[1], run("-n", "-r", pid, "3-")[1]):
          text = text.decode()
          bad = [c for c in text if not (c.isprintable() or c == "\\n")]
          # The kernel's Unicode tables and those of python3 may have different versions.
          check(not [c for c in bad if ord(c) < 0xa0 or c in "\\u202e\\u2066\\u2028\\u2029\\ufeff"], bad)
        check(len(run("-n", "-r", pid, "3-")[1].splitlines()) == len(rows) + 1, "lines of the table")
        """, "\(target.pid)")
    #expect(problems.isEmpty, "\(problems)")
  }

  /// The command name of a process and the names of sockets may have any bytes, too.
  @Test func namesOfProcessesAndSocketsAreExact() throws {
    let script = """
      import ctypes, socket, sys
      name = b'a"\\\\ \\xff\\n'
      ctypes.CDLL(None).prctl(15, name, 0, 0, 0)
      listener = socket.socket(socket.AF_UNIX); listener.bind(b"\\0x\\xfe\\n\\"" + sys.argv[1].encode())
      listener.listen()
      print(listener.fileno(), flush=True)
      sys.stdin.read()
      """
    let target = try Target("python3", ["-c", script, scratch.path])
    let number = try target.hear()
    let problems = try python(
      readingJSON + """
        pid, number, tail = arguments
        rows, whole = rows_of("-n", pid, number)
        name = b'a"\\\\ \\xff\\n'
        check(base64.b64decode(rows[0]["command_base64"]) == name, rows[0])
        check(base64.b64decode(whole["processes"][0]["command_base64"]) == name, whole["processes"])
        local = b"unix:@x\\xfe\\n\\"" + tail.encode()
        check(base64.b64decode(rows[0]["local_base64"]) == local, rows[0])
        """, "\(target.pid)", number, scratch.path)
    #expect(problems.isEmpty, "\(problems)")
  }
}
