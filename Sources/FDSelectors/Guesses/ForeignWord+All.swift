extension ForeignWord {
  /// All words that are known, in the order of the manual page.
  package static let all: [ForeignWord] =
    lsof + ss + find + gdb + others + options + operands + types + values

  private static let lsof: [ForeignWord] =
    [
      ForeignWord("lsof", "+L1", .operand, means: "--deleted"),
      ForeignWord("lsof", "-i", ":80") { internet($0) },
      ForeignWord("lsof", "-i", "TCP") { internet($0) },
      ForeignWord("lsof", "-i", "TCP@10.0.0.7:5432") { internet($0) },
      ForeignWord("lsof", "-s", "TCP:CLOSE_WAIT") { state($0) },
      ForeignWord("lsof", "-d", "3-5") { descriptors($0) },
      ForeignWord("lsof", "-d", "^0,1,2") { descriptors($0) },
      ForeignWord("lsof", "-d", "cwd") { descriptors($0) },
      ForeignWord("lsof", "-U", means: "--type unix"),
      ForeignWord("lsof", "-c", "nginx") { name($0).map { processes($0) } },
      ForeignWord("lsof", "-u", "www-data") { isUnit($0) ? nil : user($0).map { processes("-u \($0)") } },
      ForeignWord("lsof", "-a", means: "the default, so leave it out; for every process write --all"),
      ForeignWord("lsof", "-P", means: "the default, so leave it out; ports are printed as numbers"),
      ForeignWord("lsof", "-F", means: "--json"),
      ForeignWord("lsof", "+D", "/var/log", .operand) { "--path \(quoted(below($0)))" },
      ForeignWord("lsof", "+d", "/var/log", .operand) { "--path '\($0)/*'" },
      ForeignWord("lsof", "+E", .operand, means: "owner:PID"),
    ] + ["cwd", "txt", "mem", "rtd"].map { ForeignWord("lsof", $0, .operand, means: withoutDescriptor) }

  private static let ss: [ForeignWord] = [
    ForeignWord("ss", "dst", ":80", .operand) { end($0).map { "peer:\($0)" } },
    ForeignWord("ss", "src", ":80", .operand) { end($0).map { "local:\($0)" } },
    ForeignWord("ss", "dport", "= :80", .operand) { ports($0, of: "peer") },
    ForeignWord("ss", "sport", "= :80", .operand) { ports($0, of: "local") },
    ForeignWord("ss", "-t", means: "--type tcp"),
    ForeignWord("ss", "-u", means: "--type udp"),
    ForeignWord("ss", "-x", means: "--type unix"),
    ForeignWord("ss", "-w", means: "--type raw"),
    ForeignWord("ss", "-l", means: "--state listen"),
    ForeignWord("ss", "-a", means: "the default, so leave it out"),
    ForeignWord("ss", "-K", means: "--drop"),
    ForeignWord("ss", "-4", means: "local:0.0.0.0/0"),
    ForeignWord("ss", "-6", means: "local:::/0"),
  ]

  private static let others: [ForeignWord] = [
    ForeignWord("journalctl", "-u", "nginx.service") { isUnit($0) ? unit($0) : nil },
    ForeignWord("fuser", "-m", "/mnt") { "--mount \(quoted($0))" },
    ForeignWord("fuser", "-k", "/var/log/x.log") { holders($0) },
    ForeignWord("fuser", "-k", "80/tcp") { holders($0) },
    ForeignWord("fuser", "-k", means: "left out; rangeclose closes, and kills nothing"),
    ForeignWord("fuser", "80/tcp", .operand, means: "'type:tcp and local::80'"),
    ForeignWord("lsfd", "-Q", "'FD >= 3'") { _ in "an operand such as 'type:reg and deleted'" },
    ForeignWord("lsfd", "FD", ">= 3", .operand) { numbers($0) },
    ForeignWord("lsfd", "NAME", "=~ \"x\"", .operand) { _ in "path:GLOB" },
    ForeignWord("C", "close(4)", .operand, means: "4"),
    ForeignWord("C", "close_range(3, ~0U, 0)", .operand, means: "3-"),
    ForeignWord("C", "closefrom(3)", .operand, means: "3-"),
    ForeignWord("C", "shutdown(3, 1)", .operand, means: "3 --shutdown=write"),
    ForeignWord("C", "ftruncate(3, 0)", .operand, means: "3 --truncate"),
    ForeignWord("pkill", "-P", "1000") { parent($0) },
    ForeignWord("pkill", "-f", "server.py") { name($0).map { processes("-f \($0)") } },
    ForeignWord("pkill", "-x", "nginx") { name($0).map { processes("-x \($0)") } },
    ForeignWord("pkill", "-t", "pts/0") { isTerminal($0) ? processes("-t \($0)") : nil },
    ForeignWord("truncate", "-s", "0") { $0 == "0" ? "--truncate" : nil },
    ForeignWord("kill", "-s", "KILL") { isSignal($0) ? "nothing; rangeclose sends no signals" : nil },
    ForeignWord("the shell", "3>&-", .operand, means: "3"),
  ]

  private static let types: [ForeignWord] =
    [
      ("pipe", "fifo"), ("file", "reg"), ("regular", "reg"), ("socket", "sock"), ("directory", "dir"),
      ("char", "chr"), ("block", "blk"), ("device", "chr,blk"), ("link", "lnk"), ("symlink", "lnk"),
      ("terminal", "chr"), ("tcp4", "tcp"), ("tcp6", "tcp"), ("udp4", "udp"), ("udp6", "udp"),
      ("tcpv4", "tcp"), ("tcpv6", "tcp"), ("udpv4", "udp"), ("udpv6", "udp"),
      ("a_inode", "anon"), ("anon_inode", "anon"), ("eventpoll", "epoll"), ("event", "eventfd"),
      ("timer", "timerfd"), ("shm", "memfd"), ("log", "reg"), ("u_str", "unix"), ("unix-stream", "unix"),
      ("unix-dgram", "unix"),
    ].map { ForeignWord(nil, $0, .value(kind: "a type"), means: $1) }
    + [
      ("f", "reg"), ("d", "dir"), ("l", "lnk"), ("p", "fifo"), ("s", "sock"), ("c", "chr"), ("b", "blk"),
    ].map { ForeignWord("find", $0, .value(kind: "a type"), means: $1) } + [
      ForeignWord(
        "lsof", "IPv4", .value(kind: "a type"), means: "local:0.0.0.0/0 in place of the whole term"),
      ForeignWord("lsof", "IPv6", .value(kind: "a type"), means: "local:::/0 in place of the whole term"),
    ]

  private static let values: [ForeignWord] = [
    ForeignWord("ss", "all", .value(kind: "a state"), means: "type:sock in place of the whole term"),
    ForeignWord(nil, "any", .value(kind: "a state"), means: "type:sock in place of the whole term"),
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
