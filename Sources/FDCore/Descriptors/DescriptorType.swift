/// What a descriptor is open on, by the words of listings and of `type:`.
///
/// Files by their type, see `inode(7)`; sockets by what they speak, as in `ss(8)`; anonymous inodes by the
/// system call that makes them.
package enum DescriptorType: String, CaseIterable, Sendable {
  // Files.
  case regular = "reg"
  case directory = "dir"
  case characterDevice = "chr"
  case blockDevice = "blk"
  case fifo = "fifo"
  case symbolicLink = "lnk"
  // Files of file systems that the kernel keeps to itself.
  case memory = "memfd"
  case secretMemory = "secretmem"
  case messageQueue = "mqueue"
  case namespace = "ns"
  case sharedBuffer = "dmabuf"

  case tcp, udp, udplite, icmp, raw, sctp, mptcp, dccp
  /// A socket of any other protocol of the Internet.
  case otherInternet = "inet"
  case unix, netlink, packet, vsock
  case alg, appletalk, atm, ax25, bluetooth, can, caif, ib, ieee802154, ipx, isdn, iucv, key, kcm, l2tp, llc,
    mctp
  case netrom, nfc, phonet, pppox, qrtr, rds, rose, rxrpc, smc, tipc, x25, xdp
  /// A socket of any other family.
  case otherSocket = "sock"

  case epoll, eventfd, timerfd, signalfd, inotify, fanotify, pidfd, userfaultfd, perf, fscontext, landlock
  case ioUring = "io_uring"
  case seccomp, iommufd, kvm, vfio, gpio, ntsync
  case syncFile = "sync_file"
  case bpfMap = "bpf-map"
  case bpfProgram = "bpf-prog"
  case bpfLink = "bpf-link"
  case bpfIterator = "bpf-iter"
  case bpfToken = "bpf-token"
  case bpfStatistics = "bpf-stats"
  case btf
  /// Any other anonymous inode.
  case otherAnonymous = "anon"
}

extension DescriptorType {
  /// The name of a `struct proto` in the kernel; nil for those of rarer families, and for MPTCP, which is the
  /// name also of a connection that fell back to TCP.
  init?(protocolName: ByteString) {
    guard let type = Self.protocolNames[protocolName] else { return nil }
    self = type
  }

  private static let protocolNames: [ByteString: DescriptorType] = [
    "TCP": .tcp, "TCPv6": .tcp, "UDP": .udp, "UDPv6": .udp, "UDP-Lite": .udplite, "UDPLITEv6": .udplite,
    "UNIX": .unix, "UNIX-STREAM": .unix, "NETLINK": .netlink, "PACKET": .packet, "RAW": .raw, "RAWv6": .raw,
    "PING": .icmp, "PINGv6": .icmp, "AF_VSOCK": .vsock,
  ]
}

/// Some of the types.
package struct TypeSet: OptionSet, Hashable, Sendable {
  package let rawValue: UInt128

  package init(rawValue: UInt128) {
    self.rawValue = rawValue
  }

  /// One type alone.
  package init(_ type: DescriptorType) {
    rawValue = 1 << UInt128(Self.positions[type] ?? 0)
  }

  package init(_ types: some Sequence<DescriptorType>) {
    self = types.reduce(into: []) { $0.formUnion(TypeSet($1)) }
  }

  private static let positions = Dictionary(
    uniqueKeysWithValues: zip(DescriptorType.allCases, 0...))

  package static let all = TypeSet(DescriptorType.allCases)
  package static let regular = TypeSet(.regular)
  package static let sockets = TypeSet(between(.tcp, .otherSocket))
  /// What may have ends with addresses of the Internet.
  package static let internet = TypeSet(
    between(.tcp, .otherInternet) + [.l2tp, .rds, .smc])
  package static let anonymous = TypeSet(between(.epoll, .otherAnonymous))
  package static let bpf = TypeSet(between(.bpfMap, .btf))
  /// What may have a name in a file system; a socket's name can be opened with O_PATH.
  package static let named: TypeSet = [
    TypeSet(between(.regular, .symbolicLink)), TypeSet(.messageQueue), TypeSet(.otherSocket),
  ]
  /// What `statx(2)` calls a regular file, or nothing: files that the kernel keeps to itself, and all
  /// anonymous inodes.
  package static let untyped = anonymous.union(TypeSet(between(.memory, .sharedBuffer)))

  /// Both ends included, in the order of declaration.
  private static func between(
    _ first: DescriptorType, _ last: DescriptorType
  ) -> [DescriptorType] {
    let all = DescriptorType.allCases
    guard let start = all.firstIndex(of: first), let end = all.firstIndex(of: last) else { return [] }
    return Array(all[start...end])
  }
}
