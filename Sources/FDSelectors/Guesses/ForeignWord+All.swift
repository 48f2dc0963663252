extension ForeignWord {
  /// All words that are known, in the order of the manual page.
  package static let all: [ForeignWord] = lsof + ss + others + options + operands + types + values

  private static let lsof: [ForeignWord] = [
    ForeignWord("lsof", "+L1", .operand, means: "--deleted"),
    ForeignWord("lsof", "-i", ":80") { internet($0) },
    ForeignWord("lsof", "-i", "TCP") { internet($0) },
    ForeignWord("lsof", "-i", "TCP@10.0.0.7:5432") { internet($0) },
    ForeignWord("lsof", "-s", "TCP:CLOSE_WAIT") { state($0) },
    ForeignWord("lsof", "-d", "3-5") { $0 },
    ForeignWord("lsof", "-U", means: "--type unix"),
    ForeignWord("lsof", "-c", "nginx") { "\"$(pgrep -d, \(quoted($0)))\" as the first operand" },
    ForeignWord("lsof", "-u", "www-data") { "\"$(pgrep -d, -u \(quoted($0)))\" as the first operand" },
    ForeignWord("lsof", "-a", means: "the default, so leave it out; different selectors must all hold"),
    ForeignWord("lsof", "-P", means: "the default, so leave it out; ports are printed as numbers"),
    ForeignWord("lsof", "-F", means: "--json"),
    ForeignWord("lsof", "+D", "/var/log", .operand) { "--path '\($0)/**'" },
    ForeignWord("lsof", "+d", "/var/log", .operand) { "--path '\($0)/*'" },
    ForeignWord("lsof", "+E", .operand, means: "owner:PID"),
  ]

  private static let ss: [ForeignWord] = [
    ForeignWord("ss", "dst", ":80", .operand) { end($0).map { "peer:\($0)" } },
    ForeignWord("ss", "src", ":80", .operand) { end($0).map { "local:\($0)" } },
    ForeignWord("ss", "dport", "= :80", .operand) { port($0).map { "peer::\($0)" } },
    ForeignWord("ss", "sport", "= :80", .operand) { port($0).map { "local::\($0)" } },
    ForeignWord("ss", "-t", means: "--type tcp"),
    ForeignWord("ss", "-u", means: "--type udp"),
    ForeignWord("ss", "-x", means: "--type unix"),
    ForeignWord("ss", "-w", means: "--type raw"),
    ForeignWord("ss", "-l", means: "--state listen"),
    ForeignWord("ss", "-a", means: "the default, so leave it out"),
    ForeignWord("ss", "-K", means: "--drop"),
  ]

  private static let others: [ForeignWord] = [
    ForeignWord("fuser", "-m", "/mnt") { "--mount \(quoted($0))" },
    ForeignWord("fuser", "-k", means: "left out; rangeclose closes, and kills nothing"),
    ForeignWord("fuser", "80/tcp", .operand, means: "'type:tcp and local::80'"),
    ForeignWord("lsfd", "-Q", "'FD >= 3'") { _ in "an operand, such as 3- or 'type:reg and deleted'" },
    ForeignWord("lsfd", "FD", ">= 3", .operand) { numbers($0) },
    ForeignWord("lsfd", "NAME", "=~ \"x\"", .operand) { _ in "path:GLOB" },
    ForeignWord("find", "-name", "'*.log'") { "--path \(quoted("**/" + unquoted($0)))" },
    ForeignWord("find", "-type", "f") { "--type \(typeOfFind($0) ?? "TYPE")" },
    ForeignWord("find", "-size", "+1G") { size($0).map { "--size '\($0)'" } },
    ForeignWord("gdb", "call", "close(4)", .operand) { callOfClose($0) },
    ForeignWord("gdb", "p", "close(4)", .operand) { callOfClose($0) },
    ForeignWord("C", "close(4)", .operand, means: "4"),
    ForeignWord("C", "close_range(3, ~0U, 0)", .operand, means: "3-"),
    ForeignWord("C", "closefrom(3)", .operand, means: "3-"),
    ForeignWord("the shell", "3>&-", .operand, means: "3"),
  ]

  /// Options that other programs have, or that users try first.
  private static let options: [ForeignWord] = [
    ForeignWord(nil, "--fd", "3") { $0 },
    ForeignWord(nil, "--port", "80") { port($0).map { "--peer :\($0), or --local :\($0)" } },
    ForeignWord(nil, "--host", "db.example.com") { "--peer \(quoted($0))" },
    ForeignWord(nil, "--remote", "10.0.0.7:5432") { "--peer \(quoted($0))" },
    ForeignWord(nil, "--file", "x.log") { "--path \(quoted(whole($0)))" },
    ForeignWord(nil, "--name", "x.log") { "--path \(quoted(whole($0)))" },
    ForeignWord(nil, "--range", "3-5") { $0 },
    ForeignWord(nil, "--from", "3") { $0 + "-" },
    ForeignWord(nil, "--process", "1000") { "--pid \($0)" },
    ForeignWord(nil, "--program", "nginx") { "\"$(pgrep -d, \(quoted($0)))\" as the first operand" },
    ForeignWord(nil, "--user", "www-data") { "\"$(pgrep -d, -u \(quoted($0)))\" as the first operand" },
    ForeignWord(nil, "--format", "json") { "--\($0), or -o with columns" },
    ForeignWord(nil, "--larger", "1G") { "--size '>\($0)'" },
    ForeignWord(nil, "--smaller", "1G") { "--size '<\($0)'" },
    ForeignWord(nil, "--older", "8h") { "the operand 'idle>\($0)', for TCP connections" },
    ForeignWord(nil, "--tty", "pts/0") { "the operand tty:\(terminal($0))" },
    ForeignWord(nil, "--owner", "1000") {
      $0.allSatisfy { $0.isNumber } ? "the operand owner:\($0)" : "the operand owner:PID"
    },
    ForeignWord(nil, "--reset", means: "--drop"),
    ForeignWord(nil, "--close-on-exec", means: "--cloexec"),
    ForeignWord(nil, "--unlinked", means: "--deleted"),
    ForeignWord(nil, "--listen", means: "--state listen"),
    ForeignWord(nil, "--exclude", "7") { "--except \(quoted($0))" },
    ForeignWord(nil, "--count", means: "--summary"),
    ForeignWord(nil, "--simulate", means: "-n"),
    ForeignWord(nil, "--usage", means: "--help"),
    ForeignWord(nil, "-?", means: "--help"),
    ForeignWord(nil, "--everything", means: "the operand all"),
    ForeignWord(nil, "--close", means: "nothing; rangeclose closes without an option"),
    ForeignWord(nil, "--kill", means: "nothing; rangeclose closes without an option"),
    ForeignWord(nil, "--children", means: "--descendants"),
    ForeignWord(nil, "--recursive", means: "--descendants"),
    ForeignWord(nil, "--columns", "FD,NAME") { "-o \($0), or --list-columns" },
    ForeignWord(nil, "--yes", means: "nothing; rangeclose does not ask"),
    ForeignWord(nil, "-y", means: "nothing; rangeclose does not ask"),
  ]

  /// First words of an operand, and names in front of a colon or a comparison.
  private static let operands: [ForeignWord] = [
    ForeignWord(nil, "port", "80", .operand) { port($0).map { "'peer::\($0) or local::\($0)'" } },
    ForeignWord(nil, "host", "10.0.0.7", .operand) { end($0).map { "peer:\($0)" } },
    ForeignWord(nil, "remote", "10.0.0.7:5432", .operand) { end($0).map { "peer:\($0)" } },
    ForeignWord(nil, "file", "x.log", .operand) { quoted("path:" + whole($0)) },
    ForeignWord(nil, "name", "x.log", .operand) { quoted("path:" + whole($0)) },
    ForeignWord(nil, "proto", "tcp", .operand) { "type:\($0)" },
    ForeignWord(nil, "lock", .operand, means: "locked"),
    ForeignWord(nil, "age", ">8h", .operand) { "'idle\($0)', for TCP connections" },
    ForeignWord(nil, "pid", "1000", .operand) { "\($0) as the first operand, or --pid \($0)" },
    ForeignWord(nil, "unlinked", .operand, means: "deleted"),
    ForeignWord(nil, "everything", .operand, means: "all"),
    ForeignWord(nil, "any", .operand, means: "all"),
    ForeignWord(nil, "close", .operand, means: "nothing; rangeclose closes without an option"),
    ForeignWord(nil, "read", .operand, means: "mode:r, or --shutdown=read with an equals sign"),
    ForeignWord(nil, "write", .operand, means: "mode:w,rw, or --shutdown=write with an equals sign"),
    ForeignWord(nil, "stdin", .operand, means: "0"),
    ForeignWord(nil, "stdout", .operand, means: "1"),
    ForeignWord(nil, "stderr", .operand, means: "2"),
    ForeignWord(nil, "dup", "3", .operand) { "same-as:\($0)" },
    ForeignWord(nil, "nlink", "=0", .operand) { "'links\($0)'" },
    ForeignWord(nil, "except", "7", .operand) { "--except \(quoted($0))" },
    ForeignWord(nil, "ino", "4711", .operand) { "inode:\($0)" },
  ]

  private static let types: [ForeignWord] =
    [
      ("pipe", "fifo"), ("file", "reg"), ("regular", "reg"), ("socket", "sock"), ("directory", "dir"),
      ("char", "chr"), ("block", "blk"), ("device", "chr,blk"), ("link", "lnk"), ("symlink", "lnk"),
      ("terminal", "chr"), ("tcp4", "tcp"), ("tcp6", "tcp"), ("udp4", "udp"), ("udp6", "udp"),
      ("a_inode", "anon"), ("anon_inode", "anon"), ("eventpoll", "epoll"), ("event", "eventfd"),
      ("timer", "timerfd"), ("shm", "memfd"), ("log", "reg"), ("u_str", "unix"), ("unix-stream", "unix"),
      ("unix-dgram", "unix"),
    ].map { ForeignWord(nil, $0, .value(kind: "a type"), means: $1) } + [
      ForeignWord(
        "lsof", "IPv4", .value(kind: "a type"), means: "local:0.0.0.0/0 in place of the whole term"),
      ForeignWord("lsof", "IPv6", .value(kind: "a type"), means: "local:::/0 in place of the whole term"),
    ]

  private static let values: [ForeignWord] = [
    ForeignWord(nil, "connected", .value(kind: "a state"), means: "established"),
    ForeignWord(nil, "open", .value(kind: "a state"), means: "established"),
    ForeignWord(nil, "half-open", .value(kind: "a state"), means: "syn-sent,syn-recv"),
    ForeignWord(nil, "dead", .value(kind: "a state"), means: "close-wait,closed,hung-up"),
    ForeignWord(nil, "read", .value(kind: "a mode"), means: "r"),
    ForeignWord(nil, "write", .value(kind: "a mode"), means: "w,rw"),
    ForeignWord(nil, "wr", .value(kind: "a mode"), means: "rw"),
    ForeignWord(nil, "ro", .value(kind: "a mode"), means: "r"),
    ForeignWord(nil, "wo", .value(kind: "a mode"), means: "w"),
    ForeignWord("lsof", "u", .value(kind: "a mode"), means: "rw"),
    ForeignWord(nil, "O_APPEND", .value(kind: "a flag"), means: "append"),
    ForeignWord(nil, "nonblocking", .value(kind: "a flag"), means: "nonblock"),
    ForeignWord(nil, "exec", .value(kind: "a flag"), means: "cloexec"),
  ]
}
