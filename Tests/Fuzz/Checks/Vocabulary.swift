/// The words of the language, copied from its manual page rather than from the program's tables.
enum Vocabulary {
  static let words: [String: [String]] = [
    "type": types, "mode": ["r", "w", "rw", "path"], "flags": flags.map { $0.word },
    "locked": ["posix", "ofd", "flock", "lease"], "state": states.map { $0.word },
  ]

  /// The bytes that a value contains only if they are quoted or escaped.
  static let ending = Array(" \t\n\u{B}\u{C}\r()\"'".utf8)

  static let files = [
    "reg", "dir", "chr", "blk", "fifo", "lnk", "memfd", "secretmem", "mqueue", "dmabuf", "ns",
  ]
  static let internet = ["tcp", "udp", "udplite", "icmp", "raw", "sctp", "mptcp", "dccp", "inet"]
  static let families = [
    "unix", "netlink", "packet", "vsock", "alg", "can", "bluetooth", "key", "xdp", "tipc", "rds", "kcm",
    "smc", "qrtr", "appletalk", "atm", "ax25", "caif", "ib", "ieee802154", "ipx", "isdn", "iucv", "l2tp",
    "llc",
    "mctp", "netrom", "nfc", "phonet", "pppox", "rose", "rxrpc", "x25",
  ]
  static let bpf = ["bpf-map", "bpf-prog", "bpf-link", "bpf-iter", "bpf-token", "bpf-stats", "btf"]
  static let anonymous =
    [
      "epoll", "eventfd", "timerfd", "signalfd", "inotify", "fanotify", "pidfd", "io_uring", "userfaultfd",
      "perf", "fscontext", "landlock", "seccomp", "iommufd", "kvm", "vfio", "sync_file", "gpio", "ntsync",
    ] + bpf

  /// The types of sockets; a socket without a type of its own has the word of its group, `sock`.
  static let sockets = internet + families + ["sock"]
  /// The types of anonymous inodes; one without a type of its own has the word of its group, `anon`.
  static let anonymousOrOther = anonymous + ["anon"]
  static let types = files + sockets + anonymousOrOther + ["bpf"]
  static let everything = Set(files + sockets + anonymousOrOther)
  static let anySocket = Set(sockets)
  /// The types of sockets whose ends may have Internet addresses.
  static let anyInternet = Set(internet + ["l2tp", "rds", "smc"])
  /// The types that statx(2) reports as a regular file or as nothing.
  static let untyped = Set(
    ["reg", "memfd", "secretmem", "mqueue", "dmabuf", "ns"] + anonymousOrOther)
  /// The types of files that may have had a name.
  static let named: Set = ["reg", "dir", "chr", "blk", "fifo", "lnk", "mqueue", "sock"]
  /// The types of sockets with more than three states.
  static let stateful: Set = ["tcp", "mptcp", "sctp", "dccp"]
  /// The file types, as statx(2) reports them, that have each number to compare.
  static let measured: [String: Set<String>] = [
    "size": ["reg", "dir", "lnk"], "offset": ["reg", "dir", "chr", "blk"],
    "links": ["reg", "dir", "chr", "blk", "fifo", "lnk"],
  ]

  /// The types of sockets that have each number to compare.
  static let counting: [String: Set<String>] = ["idle": ["tcp"], "recvq": anySocket, "sendq": anySocket]
  /// The seconds of each unit of time.
  static let times: [String: UInt64] = ["s": 1, "m": 60, "h": 3600, "d": 86400]

  /// The values of `include/uapi/asm-generic/fcntl.h` and, for x86, of its own header.
  static let flags: [(word: String, bits: UInt32)] = [
    ("append", 0o2000), ("async", 0o20000), ("cloexec", 0o2_000_000), ("direct", 0o40000),
    ("directory", 0o200000), ("dsync", 0o10000), ("largefile", 0o100000), ("noatime", 0o1_000_000),
    ("nofollow", 0o400000), ("nonblock", 0o4000), ("path", 0o10_000_000), ("sync", 0o4_010_000),
    ("tmpfile", 0o20_000_000),
  ]

  /// The word of the Unix domain that is not among the kernel's numbers.
  static let hungUp: UInt8 = 200

  /// The numbers of `include/net/tcp_states.h`.
  static let states: [(word: String, number: UInt8)] = [
    ("established", 1), ("syn-sent", 2), ("syn-recv", 3), ("fin-wait-1", 4), ("fin-wait-2", 5),
    ("time-wait", 6), ("closed", 7), ("close-wait", 8), ("last-ack", 9), ("listen", 10), ("listening", 10),
    ("closing", 11), ("estab", 1), ("unconn", 7), ("unconnected", 7), ("close", 7), ("fin-wait1", 4),
    ("fin-wait2", 5), ("hung-up", hungUp),
  ]
}
