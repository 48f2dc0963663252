/// The types of anonymous inodes, by the names that the kernel gives them.
extension DescriptorType {
  /// The type that the link's text of an anonymous inode names; nil for a path.
  ///
  /// A path begins with a slash or with "(unreachable)".
  init?(target: ByteString) {
    guard let name = Self.anonymousName(target) else { return nil }
    self = Self(anonymous: name)
  }

  /// The name in the link's text of an anonymous inode; nil for any other text.
  ///
  /// The name is `eventpoll` in `anon_inode:[eventpoll]`, and `inotify` in `anon_inode:inotify`.
  package static func anonymousName(_ target: ByteString) -> ByteString? {
    guard target.hasPrefix("anon_inode:") else { return nil }
    let name = target.bytes.dropFirst("anon_inode:".utf8.count)
    guard name.first == UInt8(ascii: "["), name.last == UInt8(ascii: "]") else {
      return ByteString(Array(name))
    }
    return ByteString(Array(name.dropFirst().dropLast()))
  }

  /// The names that the kernel passes to `anon_inode_getfd` and `anon_inode_getfile`.
  private static let anonymousNames: [ByteString: DescriptorType] = [
    "eventpoll": .epoll, "eventfd": .eventfd, "timerfd": .timerfd, "signalfd": .signalfd,
    "inotify": .inotify, "fanotify": .fanotify, "pidfd": .pidfd, "io_uring": .ioUring,
    "userfaultfd": .userfaultfd, "perf_event": .perf, "fscontext": .fscontext,
    "landlock-ruleset": .landlock, "seccomp notify": .seccomp, "iommufd": .iommufd,
    "sync_file": .syncFile, "ntsync": .ntsync, "bpf-map": .bpfMap, "bpf-prog": .bpfProgram,
    "bpf-link": .bpfLink,
    "bpf_link": .bpfLink, "bpf_iter": .bpfIterator, "bpf-token": .bpfToken, "bpf-stats": .bpfStatistics,
    "btf": .btf,
  ]

  private init(anonymous name: ByteString) {
    if let known = Self.anonymousNames[name] {
      self = known
    } else if name.hasPrefix("kvm") {
      self = .kvm
    } else if name.hasPrefix("vfio") || name.hasPrefix("[vfio") {
      self = .vfio
    } else if name.hasPrefix("gpio") {
      self = .gpio
    } else {
      self = .otherAnonymous
    }
  }
}
