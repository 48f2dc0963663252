/// Words of no tool in particular, which users try first.
extension ForeignWord {
  static let options: [ForeignWord] = numberOptions + fileOptions + socketOptions + processOptions + doings

  private static let numberOptions: [ForeignWord] = [
    ForeignWord(nil, "--fd", "3") { descriptors($0) },
    ForeignWord(nil, "--fds", "3,5") { descriptors($0) },
    ForeignWord(nil, "-f", "3") { descriptors($0) },
    ForeignWord(nil, "--descriptor", "3") { descriptors($0) },
    ForeignWord(nil, "--range", "3-5") { descriptors($0) },
    ForeignWord(nil, "--from", "3") { $0.isDecimal ? $0 + "-" : nil },
    ForeignWord(nil, "--min", "3") { $0.isDecimal ? $0 + "-" : nil },
    ForeignWord(nil, "--min-fd", "3") { $0.isDecimal ? $0 + "-" : nil },
    ForeignWord(nil, "--exclude", "7") { "--except \(quoted($0))" },
    ForeignWord(nil, "--everything", means: "the operand all"),
    ForeignWord(nil, "--close-all", means: "the operand 3-, or all"),
    ForeignWord(nil, "--all-fds", means: "the operand all"),
  ]

  private static let fileOptions: [ForeignWord] = [
    ForeignWord(nil, "--file", "x.log") { file($0).map { "--path \(quoted($0))" } },
    ForeignWord(nil, "--filename", "x.log") { file($0).map { "--path \(quoted($0))" } },
    ForeignWord(nil, "--name", "x.log") { text in
      let isProgram = text.utf8.allSatisfy { $0.isLetterOrDigit || "-_".utf8.contains($0) }
      let note = isProgram ? "; for a program \(processes(text))" : ""
      return file(text).map { "--path \(quoted($0))" + note }
    },
    ForeignWord(nil, "--device", "/dev/sda1") { device($0) },
    ForeignWord(nil, "--log", "x.log") { file($0).map { "--path \(quoted($0))" } },
    ForeignWord(nil, "--dir", "/var/log") { "--path \(quoted(below($0)))" },
    ForeignWord(nil, "--file", means: "--type reg"),
    ForeignWord(nil, "--dir", means: "--type dir"),
    ForeignWord(nil, "--directory", "/var/log") { "--path \(quoted(below($0)))" },
    ForeignWord(nil, "--folder", "/var/log") { "--path \(quoted(below($0)))" },
    ForeignWord(nil, "--grep", "app") { part($0) },
    ForeignWord(nil, "--match", "app") { part($0) },
    ForeignWord(nil, "--pattern", "app") { part($0) },
    ForeignWord(nil, "--larger", "1G") { amount($0).map { "--size '>\($0)'" } },
    ForeignWord(nil, "--bigger-than", "1G") { amount($0).map { "--size '>\($0)'" } },
    ForeignWord(nil, "--smaller", "1G") { amount($0).map { "--size '<\($0)'" } },
    ForeignWord(nil, "--readonly", means: "the operand mode:r"),
    ForeignWord(nil, "--writable", means: "the operand mode:w,rw"),
    ForeignWord(nil, "--inheritable", means: "--except 'cloexec'"),
    ForeignWord(nil, "--unset-cloexec", means: "nothing; rangeclose can set the flag, and cannot clear it"),
    ForeignWord(nil, "--unlinked", means: "--deleted"),
    ForeignWord(nil, "--unlink", means: "--deleted"),
    ForeignWord(nil, "--locks", means: "--locked"),
    ForeignWord(nil, "--tty", "pts/0") { "the operand tty:\(terminal($0))" },
    ForeignWord(nil, "--owner", "1000") {
      $0.isDecimal ? "the operand owner:\($0)" : "the operand owner:PID"
    },
  ]

  private static let socketOptions: [ForeignWord] =
    [
      ForeignWord(nil, "--port", "80") { optionsForPorts($0) },
      ForeignWord(nil, "--ports", "80,443") { optionsForPorts($0) },
      ForeignWord(nil, "--host", "db.example.com") { end($0).map { "--peer \(quoted($0))" } },
      ForeignWord(nil, "--ip", "10.0.0.7") {
        end($0).map { "--peer \(quoted($0)), or --local \(quoted($0))" }
      },
    ]
    + ["--remote", "--dst", "--dest", "--raddr", "--remote-addr"].map {
      ForeignWord(nil, $0, "10.0.0.7:5432") { end($0).map { "--peer \(quoted($0))" } }
    }
    + ["--socket", "--sock", "--unix"].map {
      ForeignWord(nil, $0, "/run/x.sock") { socketPath($0).map { "--local \($0), or --peer \($0)" } }
    }
    + ["--socket", "--sock"].map { ForeignWord(nil, $0, means: "--type sock") }
    + [ForeignWord(nil, "--unix", means: "--type unix")]
    + ["--tcp-port", "--udp-port"].map { option in
      ForeignWord(nil, option, "80") { text in
        port(text).map { "'type:\(option.dropFirst(2).prefix(3)) and (peer::\($0) or local::\($0))'" }
      }
    }
    + ["--dport", "--rport", "--remote-port"].map {
      ForeignWord(nil, $0, "80") { port($0).map { "--peer :\($0)" } }
    }
    + ["--src", "--laddr"].map {
      ForeignWord(nil, $0, "10.0.0.7:5432") { end($0).map { "--local \(quoted($0))" } }
    }
    + ["--sport", "--lport", "--local-port"].map {
      ForeignWord(nil, $0, "80") { port($0).map { "--local :\($0)" } }
    } + [
      ForeignWord(nil, "--proto", "tcp") { typeList($0).map { "--type \($0)" } },
      ForeignWord(nil, "--protocol", "tcp") { typeList($0).map { "--type \($0)" } },
      ForeignWord(nil, "--listen", means: "--state listen"),
      ForeignWord(nil, "--ipv4", means: "--local 0.0.0.0/0"),
      ForeignWord(nil, "--ipv6", means: "--local ::/0"),
      ForeignWord(nil, "--inet", means: "--type tcp,udp"),
    ]
    + ["--older-than", "--older", "--age", "--newer-than", "--newer", "--since", "--mtime"].map {
      ForeignWord(nil, $0, "8h") { noAge($0) }
    }

  private static let processOptions: [ForeignWord] = [
    ForeignWord(nil, "--process", "1000") { $0.isDecimal ? "--pid \($0)" : name($0).map { processes($0) } },
    ForeignWord(nil, "--unit", "nginx") { unit($0) },
    ForeignWord(nil, "--service", "nginx") { unit($0) },
    ForeignWord(nil, "--container", "web") {
      "\"$(docker inspect -f {{.State.Pid}} \(quoted($0)))\" as the first operand, without --all"
    },
    ForeignWord(nil, "--program", "nginx") { name($0).map { processes($0) } },
    ForeignWord(nil, "--comm", "nginx") { name($0).map { processes("-x \($0)") } },
    ForeignWord(nil, "--command", "nginx") { name($0).map { processes("-x \($0)") } },
    ForeignWord(nil, "--exe", "/usr/sbin/nginx") { name($0).map { processes("-f \($0)") } },
    ForeignWord(nil, "--cgroup", "/web") { name($0).map { processes("--cgroup \($0)") } },
    ForeignWord(nil, "--all-processes", means: "--all"),
    ForeignWord(nil, "--tree", means: "--descendants"),
    ForeignWord(nil, "--connected-to", "1000") { $0.isDecimal ? "the operand owner:\($0)" : nil },
    ForeignWord(nil, "--user", "www-data") { user($0).map { processes("-u \($0)") } },
    ForeignWord(nil, "--ppid", "1000") { parent($0) },
    ForeignWord(nil, "--parent", "1000") { parent($0) },
    ForeignWord(nil, "--children", means: "--descendants"),
    ForeignWord(nil, "--recursive", means: "--descendants"),
  ]

  /// Words for an operation, and for the form of the output.
  private static let doings: [ForeignWord] = [
    ForeignWord(nil, "--reset", means: "--drop"),
    ForeignWord(nil, "--rst", means: "--drop"),
    ForeignWord(nil, "--abort", means: "--drop"),
    ForeignWord(nil, "--disconnect", means: "--drop, or --shutdown"),
    ForeignWord(nil, "--kill-connection", means: "--drop"),
    ForeignWord(nil, "--empty", means: "--truncate; for files that are empty --size '=0'"),
    ForeignWord(nil, "--zero", means: "--truncate"),
    ForeignWord(nil, "--null", means: "--replace"),
    ForeignWord(nil, "--nullify", means: "--replace"),
    ForeignWord(nil, "--redirect", "/srv/x.log") { replacement($0) },
    ForeignWord(nil, "--replace-with", "/srv/x.log") { replacement($0) },
    ForeignWord(nil, "--reopen", "/srv/x.log") { replacement($0) },
    ForeignWord(nil, "--reopen", means: "--replace=PATH; it opens PATH in place of the old file"),
    ForeignWord(nil, "--rotate", means: "--replace=PATH; it opens PATH in place of the old file"),
    ForeignWord(nil, "--undo", means: "nothing; what was closed stays closed"),
    ForeignWord(nil, "--restore", means: "nothing; what was closed stays closed"),
    ForeignWord(nil, "--wait", means: "nothing; rangeclose waits as --timeout says"),
    ForeignWord(nil, "--limit", "10") { $0.isDecimal ? "nothing; head(1) takes the first rows" : nil },
    ForeignWord(nil, "--test", means: "-n"),
    ForeignWord(nil, "--close-on-exec", means: "--cloexec"),
    ForeignWord(nil, "--close", "4") { descriptors($0) },
    ForeignWord(nil, "--close", means: "nothing; rangeclose closes without an option"),
    ForeignWord(nil, "--kill", "4") { descriptors($0) },
    ForeignWord(nil, "--kill", means: "nothing; rangeclose closes without an option"),
    ForeignWord(nil, "--signal", means: "nothing; rangeclose sends no signals"),
    ForeignWord(nil, "--yes", means: "nothing; rangeclose does not ask"),
    ForeignWord(nil, "-y", means: "nothing; rangeclose does not ask"),
    ForeignWord(nil, "--count", means: "--summary"),
    ForeignWord(nil, "--simulate", means: "-n"),
    ForeignWord(nil, "--list", means: "-n"),
    ForeignWord(nil, "--no-header", means: "--no-headings"),
    ForeignWord(nil, "--human-readable", means: "nothing; --bytes is the other way"),
    ForeignWord(nil, "--show", means: "-n"),
    ForeignWord(nil, "--usage", means: "--help"),
    ForeignWord(nil, "-?", means: "--help"),
    ForeignWord(nil, "--format", "json") { $0 == "json" ? "--json" : "-o COLUMNS" },
    ForeignWord(nil, "--columns", "FD,NAME") { "-o \(quoted($0)); --list-columns lists them" },
    ForeignWord(nil, "--desc", means: "--sort -COLUMN; --descendants has no short form"),
    ForeignWord(nil, "--reverse", means: "--sort -COLUMN"),
    ForeignWord(nil, "--copy", "/srv") { $0.hasPrefix("/") ? "--save \(quoted($0))" : nil },
    ForeignWord(nil, "--save-to", "/srv") { $0.hasPrefix("/") ? "--save \(quoted($0))" : nil },
    ForeignWord(nil, "--backup", "/srv") { $0.hasPrefix("/") ? "--save \(quoted($0))" : nil },
  ]

  /// First words of an operand, and names in front of a colon or a comparison.
  static let operands: [ForeignWord] = [
    ForeignWord(nil, "port", "80", .operand) { eitherEnd($0) },
    ForeignWord(nil, "ports", "80,443", .operand) { eitherEnd($0) },
    ForeignWord(nil, "host", "10.0.0.7", .operand) { end($0).map { "peer:\($0)" } },
    ForeignWord(nil, "from", "10.0.0.7", .operand) { from($0) },
    ForeignWord(nil, "to", "10.0.0.7", .operand) { to($0) },
    ForeignWord(nil, "net", "10.0.0.0/8", .operand) { end($0).map { "peer:\($0)" } },
    ForeignWord(nil, "remote", "10.0.0.7:5432", .operand) { end($0).map { "peer:\($0)" } },
    ForeignWord(nil, "file", "x.log", .operand) { file($0).map { quoted("path:" + $0) } },
    ForeignWord(nil, "name", "x.log", .operand) { file($0).map { quoted("path:" + $0) } },
    ForeignWord(nil, "proto", "tcp", .operand) { typeList($0).map { "type:\($0)" } },
    ForeignWord(nil, "lock", .operand, means: "locked"),
    ForeignWord(nil, "age", ">8h", .operand) { noAge($0) },
    ForeignWord(nil, "mtime", ">8h", .operand) { noAge($0) },
    ForeignWord(nil, "watched", .operand, means: unwatched),
    ForeignWord(nil, "writable", .operand, means: "mode:w,rw"),
    ForeignWord(nil, "readable", .operand, means: "mode:r,rw"),
    ForeignWord(nil, "inherited", .operand, means: "'not cloexec'"),
    ForeignWord(nil, "inheritable", .operand, means: "'not cloexec'"),
    ForeignWord(nil, "pid", "1000", .operand) {
      $0.isDecimal ? "\($0) as the first operand, or --pid \($0)" : nil
    },
    ForeignWord(nil, "unlinked", .operand, means: "deleted"),
    ForeignWord(nil, "everything", .operand, means: "all"),
    ForeignWord(nil, "any", .operand, means: "all"),
    ForeignWord(nil, "close", "4", .operand) { descriptors($0) },
    ForeignWord(nil, "close", .operand, means: "nothing; rangeclose closes without an option"),
    ForeignWord(nil, "kill", "4", .operand) { descriptors($0) },
    ForeignWord(nil, "kill", .operand, means: "nothing; rangeclose closes without an option"),
    ForeignWord(nil, "read", .operand, means: "mode:r; for a shutdown --shutdown=read"),
    ForeignWord(nil, "write", .operand, means: "mode:w,rw; for a shutdown --shutdown=write"),
    ForeignWord(nil, "true", .operand, means: "nothing; an option without a value needs none"),
    ForeignWord(nil, "on", .operand, means: "nothing; an option without a value needs none"),
    ForeignWord(nil, "yes", .operand, means: "nothing; an option without a value needs none"),
    ForeignWord(nil, "desc", .operand, means: "--sort -COLUMN"),
    ForeignWord(nil, "stdin", .operand, means: "0"),
    ForeignWord(nil, "stdout", .operand, means: "1"),
    ForeignWord(nil, "stderr", .operand, means: "2"),
    ForeignWord(nil, "dup", "3", .operand) { $0.isDecimal ? "same-as:\($0)" : nil },
    ForeignWord(nil, "nlink", "=0", .operand) { numbers($0) == nil ? nil : "'links\($0)'" },
    ForeignWord(nil, "link", "=0", .operand) { numbers($0) == nil ? nil : "'links\($0)'" },
    ForeignWord(nil, "except", "7", .operand) { "--except \(quoted($0))" },
    ForeignWord(nil, "exclude", "7", .operand) { "--except \(quoted(Selector.corrected($0) ?? $0))" },
    ForeignWord(nil, "without", "7", .operand) { "--except \(quoted(Selector.corrected($0) ?? $0))" },
    ForeignWord(nil, "show", "3", .operand) { descriptors($0).map { "-n \($0)" } },
    ForeignWord(nil, "show", .operand, means: "-n"),
    ForeignWord(nil, "list", "3", .operand) { descriptors($0).map { "-n \($0)" } },
    ForeignWord(nil, "list", .operand, means: "-n"),
    ForeignWord(nil, "info", .operand, means: "-n"),
    ForeignWord(nil, "status", .operand, means: "-n"),
    ForeignWord(nil, "ls", .operand, means: "-n"),
    ForeignWord(nil, "lsof", .operand, means: "-n"),
    ForeignWord(nil, "ino", "4711", .operand) { $0.isDecimal ? "inode:\($0)" : nil },
  ]

  /// The end of a Unix-domain socket with this path or file name; nil for a text that is no name.
  private static func socketPath(_ text: String) -> String? {
    if text.isDecimal { return nil }
    return text.hasPrefix("/") || text.hasPrefix("@") ? quoted("unix:\(text)") : quoted("unix:**/\(text)")
  }

  /// A list of types, if the language knows them all.
  private static func typeList(_ text: String) -> String? {
    let list = Spelling.folded(String(text.drop { " =".contains($0) }))
    return list.split(separator: ",").allSatisfy { TypeTerm.words.contains(String($0)) } ? list : nil
  }
}
