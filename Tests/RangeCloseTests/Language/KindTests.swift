import TestSupport
import Testing

/// A descriptor of every kind that this kernel can make.
///
/// The target prints the kind of each descriptor.
@Suite(.serialized, .enabled(if: Programs.isRoot)) struct KindTests {
  private struct Kind: Hashable {
    let label: String
    let type: String
    /// Nil if the kernel refused to make it.
    let number: Int?
  }

  private let scratch = Scratch()
  private let target: Target
  private let kinds: [Kind]

  init() throws {
    target = try Target(Programs.fixture("every-kind"), [scratch.path], joinsErrors: false)
    var kinds: [Kind] = []
    while case let line = try target.hear(), line != "ready" {
      let words = line.split(separator: " ").map(String.init)
      kinds.append(Kind(label: words[0], type: words[1], number: Int(words[2])))
    }
    self.kinds = kinds
  }

  /// The types that root gets from any Linux since 6.0.
  ///
  /// Without them the tests below would show little.
  private static let everywhere: Set<String> = [
    "reg", "dir", "chr", "fifo", "lnk", "memfd", "ns", "tcp", "udp", "unix", "netlink", "raw", "packet",
    "epoll",
    "eventfd", "timerfd", "signalfd", "inotify", "pidfd", "fscontext",
  ]

  private static let anonymous: Set<String> = [
    "epoll", "eventfd", "timerfd", "signalfd", "inotify", "fanotify", "pidfd", "io_uring", "userfaultfd",
    "perf",
    "bpf-map", "bpf-prog", "bpf-link", "bpf-iter", "bpf-token", "bpf-stats", "btf", "fscontext", "landlock",
    "seccomp", "iommufd", "kvm", "vfio", "gpio", "ntsync", "sync_file",
  ]

  private static let files: Set<String> = [
    "reg", "dir", "chr", "blk", "lnk", "fifo", "memfd", "secretmem", "mqueue", "dmabuf", "ns",
  ]

  private var made: [Kind] { kinds.filter { $0.number != nil } }

  private func numbers(_ kinds: [Kind]) -> String {
    kinds.compactMap(\.number).sorted().map(String.init).joined(separator: " ")
  }

  @Test func everyDescriptorHasItsType() throws {
    #expect(Self.everywhere.isSubset(of: made.map(\.type)))
    let listing = try rangeclose("-n", "\(target.pid)", "3-").output.split(separator: "\n").dropFirst()
    var shown: [Int: Substring] = [:]
    for row in listing {
      let cells = row.split(separator: " ")
      shown[try #require(Int(cells[0]))] = cells[1]
    }
    for kind in made { #expect(shown[kind.number ?? -1].map(String.init) == kind.type, "\(kind.label)") }
    #expect(shown.count == made.count)
  }

  @Test func everyTypePicksItsOwnDescriptors() throws {
    for type in Set(kinds.map(\.type)).subtracting(["sock"]) {
      try expect(target, "3-", "--type", type, picks: numbers(made.filter { $0.type == type }))
    }
    let groups: [(String, (Kind) -> Bool)] = [
      ("anon", { Self.anonymous.contains($0.type) }),
      ("sock", { !Self.anonymous.contains($0.type) && !Self.files.contains($0.type) }),
      ("bpf", { $0.type.hasPrefix("bpf-") || $0.type == "btf" }),
    ]
    for (group, isMember) in groups {
      try expect(target, "3-", "type:\(group)", picks: numbers(made.filter(isMember)))
      try expect(target, "3- and not type:\(group)", picks: numbers(made.filter { !isMember($0) }))
    }
  }

  /// Expects that a selector picks exactly these labels among the labels with one of the prefixes.
  private func expectLabels(
    _ prefixes: [String], _ selector: String, _ labels: Set<String>,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let among = made.filter { kind in prefixes.contains(where: kind.label.hasPrefix) }
    let operand = among.compactMap(\.number).map(String.init).joined(separator: ",")
    let run = try rangeclose("-n", "\(target.pid)", operand, selector)
    let picked = pickedNumbers(run.output).split(separator: " ").compactMap { Int($0) }
    let found = Set(among.filter { picked.contains($0.number ?? -1) }.map(\.label))
    // A descriptor that this kernel refused to make cannot be found.
    let expected = labels.intersection(made.map(\.label))
    #expect(found == expected, "\(selector) \(run.errors)", sourceLocation: sourceLocation)
  }

  @Test func locksAndFlags() throws {
    let flocks: Set = [
      "lock-flock", "lock-flock-dup", "lock-flock-shared", "lock-flock-inherited", "lock-several",
    ]
    try expectLabels(["lock-"], "locked:posix", ["lock-posix", "lock-posix-read", "lock-several"])
    try expectLabels(["lock-"], "locked:ofd", ["lock-ofd"])
    try expectLabels(["lock-"], "locked:flock", flocks)
    try expectLabels(["lock-"], "locked:lease", ["lock-lease", "lock-lease-read"])
    try expectLabels(["lock-"], "not locked", ["lock-posix-other", "lock-ofd-other", "lock-flock-other"])
    try expectLabels(["dnotify"], "locked", [])
    for flag in ["append", "nonblock", "direct", "sync", "noatime", "nofollow", "cloexec", "directory"] {
      try expectLabels(["flag-"], "flags:\(flag)", ["flag-\(flag)"])
    }
    try expectLabels(["flag-"], "flags:dsync", ["flag-dsync", "flag-sync"])
    try expectLabels(["flag-"], "flags:async", ["flag-async", "flag-async-pipe"])
    try expectLabels(["tmpfile", "regular"], "flags:tmpfile", ["tmpfile", "tmpfile-excl"])
  }

  @Test func sizesOffsetsLinksAndDuplicates() throws {
    let sized = ["size-", "offset-", "links-", "dup-"]
    try expectLabels(sized, "size=3G", ["size-3g"])
    try expectLabels(sized, "size>0 and size<=64K", ["size-reserved", "offset-4096"])
    try expectLabels(sized, "offset=4K", ["offset-4096"])
    try expectLabels(sized, "links>1", ["links-2"])
    let first = try #require(made.first { $0.label == "dup-a" }?.number)
    try expectLabels([""], "same-as:\(first)", ["dup-a", "dup-b"])
    let gone: Set = [
      "unlinked", "unlinked-path", "replaced", "directory-gone", "symlink-gone",
      "fifo-gone", "mqueue-gone", "pts-hung-up", "shm", "map-anonymous", "map-system-v",
    ]
    try expectLabels([""], "deleted", gone)
    try expectLabels([""], "tmpfile", ["tmpfile", "tmpfile-excl"])
  }

  @Test func statesOfTCP() throws {
    let states: [(String, Set<String>)] = [
      ("listen", ["tcp-listen", "tcp4-listen", "tcp6-listen", "tcp6-any-listen", "tcp-other-net-listen"]),
      ("syn-sent", ["tcp-syn-sent"]), ("syn-recv", ["tcp-syn-recv"]), ("fin-wait-1", ["tcp-fin-wait-1"]),
      ("fin-wait-2", ["tcp-fin-wait-2", "tcp-last-ack-peer", "tcp-closing-peer"]),
      ("close-wait", ["tcp-close-wait"]), ("last-ack", ["tcp-last-ack"]), ("closing", ["tcp-closing"]),
      ("closed", ["tcp-closed", "tcp-bound", "tcp-reset", "tcp-other-net"]), ("time-wait", []),
      (
        "established",
        [
          "tcp-established", "tcp-established-peer", "tcp-queued", "tcp-fin-wait-1-peer", "tcp4-connected",
          "tcp4-accepted", "tcp6-connected", "tcp6-accepted", "tcp-to-mapped", "tcp6-mapped",
        ]
      ),
    ]
    for (state, labels) in states { try expectLabels(["tcp"], "state:\(state)", labels) }
  }
}
