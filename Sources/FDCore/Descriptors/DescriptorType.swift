/// The type of the file that a descriptor refers to; the raw values are the words of listings and of `type:`.
///
/// Files are named by their type, see `inode(7)`; sockets by their protocol, as in `ss(8)`; anonymous inodes
/// by the system call that creates them.
package enum DescriptorType: String, CaseIterable, Sendable {
  // Files.
  case regular = "reg"
  case directory = "dir"
  case characterDevice = "chr"
  case blockDevice = "blk"
  case fifo = "fifo"
  case symbolicLink = "lnk"
  // Files on internal file systems of the kernel.
  case memory = "memfd"
  case secretMemory = "secretmem"
  case messageQueue = "mqueue"
  case namespace = "ns"
  case sharedBuffer = "dmabuf"

  case tcp, udp, udplite, icmp, raw, sctp, mptcp, dccp
  /// A socket of any other Internet protocol.
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
  /// The type for the name of a `struct proto` in the kernel; nil for other names.
  ///
  /// Rarer families are not included. MPTCP is not included either, because a connection that fell back to
  /// TCP keeps that name.
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

/// A set of descriptor types.
package struct TypeSet: OptionSet, Hashable, Sendable {
  /// One bit for each type, in the order of declaration.
  package let rawValue: UInt128

  /// Creates a set from its bits.
  package init(rawValue: UInt128) {
    self.rawValue = rawValue
  }

  /// Creates a set of one type.
  package init(_ type: DescriptorType) {
    rawValue = 1 << UInt128(Self.position(type))
  }

  /// Creates a set of several types.
  package init(_ types: some Sequence<DescriptorType>) {
    self = types.reduce(into: []) { $0.formUnion(TypeSet($1)) }
  }

  private static let types = DescriptorType.allCases

  private static func position(_ type: DescriptorType) -> Int { types.firstIndex(of: type) ?? 0 }

  /// Every type.
  package static let all = TypeSet(rawValue: (1 << UInt128(types.count)) - 1)
  /// Regular files.
  package static let regular = TypeSet(.regular)
  /// Sockets of every family.
  package static let sockets = between(.tcp, .otherSocket)
  /// Sockets that may have Internet addresses.
  package static let internet = between(.tcp, .otherInternet).union(TypeSet([.l2tp, .rds, .smc]))
  /// Anonymous inodes.
  package static let anonymous = between(.epoll, .otherAnonymous)
  /// BPF objects.
  package static let bpf = between(.bpfMap, .btf)
  /// Files that may have a name in a file system; a socket's name can be opened with O_PATH.
  package static let named: TypeSet = [
    between(.regular, .symbolicLink), TypeSet(.messageQueue), TypeSet(.otherSocket),
  ]
  /// Files for which `statx(2)` reports a regular file or no type, except ordinary regular files.
  ///
  /// They are the files on internal file systems of the kernel and all anonymous inodes.
  package static let untyped = anonymous.union(between(.memory, .sharedBuffer))

  /// The types from `first` to `last`, both included, in the order of declaration.
  private static func between(_ first: DescriptorType, _ last: DescriptorType) -> TypeSet {
    let above = (1 as UInt128) << UInt128(position(last) + 1)
    return TypeSet(rawValue: above - (1 << UInt128(position(first))))
  }
}
