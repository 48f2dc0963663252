import CLinux

/// Queries a socket of another process through a duplicate of its descriptor.
///
/// This works for a socket of any family in any network namespace, and returns the state of the moment: a UDP
/// socket can be connected anew. The duplicate shares the open file description and is closed at once.
struct SocketInquiry {
  /// A pidfd of the process or thread that holds the sockets; nil if the kernel has no pidfd for a thread.
  let pidfd: Int32?

  /// Reads the addresses and the state of a socket.
  ///
  /// The corresponding system calls are `pidfd_getfd(2)`, `getpeername(2)`, `getsockname(2)` and
  /// `getsockopt(2)`.
  ///
  /// Throws `EPERM` without the right to attach, and `ENOSYS` before Linux 5.6, or before Linux 6.9 for a
  /// single thread.
  func socket(_ number: UInt32) throws(Errno) -> Socket {
    let duplicate = try duplicate(of: number)
    let type: DescriptorType
    do {
      type = try self.type(duplicate)
    } catch .badDescriptor {
      // The descriptor was opened with O_PATH. It refers to a socket's name or inode, and socket calls fail
      // on it.
      return Socket(local: nil, peer: nil, state: nil)
    }
    // A netlink socket's peer is the kernel, or there is none. getpeername(2) returns an address in both
    // cases.
    let peer =
      type == .netlink
      ? nil : try Self.unlessNone { () throws(Errno) in try self.peer(duplicate) }
    let local = try Self.unlessNone { () throws(Errno) in try self.local(duplicate) }
    return Socket(
      local: local, peer: peer, state: try state(duplicate, type, isConnected: peer != nil))
  }

  /// The type of a socket, by its family and protocol; throws the errors of `socket(_:)`.
  func type(of number: UInt32) throws(Errno) -> DescriptorType {
    try type(duplicate(of: number))
  }

  private func duplicate(of number: UInt32) throws(Errno) -> OwnedDescriptor {
    guard let pidfd else { throw .notImplemented }
    return OwnedDescriptor(
      adopting: try checked(clinux_pidfd_getfd(pidfd, Int32(bitPattern: number))))
  }

  /// The address that `end` reads; nil if the socket is not connected, or if its family has no such
  /// addresses.
  private static func unlessNone(
    _ end: () throws(Errno) -> SocketAddress
  ) throws(Errno) -> SocketAddress? {
    do {
      return try end()
    } catch  where [Errno.notConnected, .notSupported].contains(error) {
      return nil
    }
  }

  private func local(_ duplicate: borrowing OwnedDescriptor) throws(Errno) -> SocketAddress {
    var name = clinux_socket_name()
    try checked(unsafe clinux_socket_local(duplicate.number, &name))
    return SocketAddress(name)
  }

  private func peer(_ duplicate: borrowing OwnedDescriptor) throws(Errno) -> SocketAddress {
    var name = clinux_socket_name()
    try checked(unsafe clinux_socket_peer(duplicate.number, &name))
    return SocketAddress(name)
  }

  /// The state of a socket; nil if the kernel does not report it.
  ///
  /// The kernel reports the state of TCP. For other protocols we know only if the socket listens or has a
  /// peer.
  private func state(
    _ duplicate: borrowing OwnedDescriptor, _ type: DescriptorType, isConnected: Bool
  ) throws(Errno) -> Socket.State? {
    if try listens(duplicate) { return .listen }
    if type == .tcp || type == .mptcp {
      // MPTCP reports its state since Linux 5.16.
      let number = try? checked(clinux_socket_tcp_state(duplicate.number))
      return number.flatMap { UInt8(exactly: $0) }.flatMap(Socket.State.init)
    }
    return isConnected ? .established : .close
  }

  /// Whether a socket listens, by SO_ACCEPTCONN, which every family has.
  private func listens(_ duplicate: borrowing OwnedDescriptor) throws(Errno) -> Bool {
    try checked(clinux_socket_listens(duplicate.number)) == 1
  }

  private func type(_ duplicate: borrowing OwnedDescriptor) throws(Errno) -> DescriptorType {
    let domain = Int32(try checked(clinux_socket_domain(duplicate.number)))
    let isRaw = try checked(clinux_socket_type(duplicate.number)) == Int(SOCK_RAW.rawValue)
    let number = try checked(clinux_socket_protocol(duplicate.number))
    guard domain == AF_INET || domain == AF_INET6 else {
      return Self.families[domain] ?? .otherSocket
    }
    if isRaw { return .raw }
    return Self.protocols[Int32(number)] ?? .otherInternet
  }

  /// The types of socket families, by `AF_` numbers; see `address_families(7)`.
  private static let families: [Int32: DescriptorType] = [
    AF_UNIX: .unix, AF_NETLINK: .netlink, AF_PACKET: .packet, AF_VSOCK: .vsock, AF_ALG: .alg,
    AF_APPLETALK: .appletalk, AF_ATMPVC: .atm, AF_ATMSVC: .atm, AF_AX25: .ax25, AF_BLUETOOTH: .bluetooth,
    AF_CAN: .can, AF_CAIF: .caif, AF_IB: .ib, AF_IEEE802154: .ieee802154, AF_IPX: .ipx, AF_ISDN: .isdn,
    AF_IUCV: .iucv, AF_KEY: .key, AF_KCM: .kcm, AF_LLC: .llc, AF_MCTP: .mctp, AF_NETROM: .netrom,
    AF_NFC: .nfc, AF_PHONET: .phonet, AF_PPPOX: .pppox, AF_QIPCRTR: .qrtr, AF_RDS: .rds, AF_ROSE: .rose,
    AF_RXRPC: .rxrpc, AF_SMC: .smc, AF_TIPC: .tipc, AF_X25: .x25, AF_XDP: .xdp,
  ]

  /// The types of Internet protocols, by `IPPROTO_` numbers.
  ///
  /// A ping socket is a datagram socket of ICMP; see `icmp(7)`.
  private static let protocols: [Int32: DescriptorType] = [
    1: .icmp, 6: .tcp, 17: .udp, 33: .dccp, 58: .icmp, 115: .l2tp, 132: .sctp, 136: .udplite, 256: .smc,
    262: .mptcp,
  ]
}

extension SocketAddress {
  fileprivate init(_ name: clinux_socket_name) {
    let address = unsafe withUnsafeBytes(of: name.address) { unsafe Array($0) }
    switch name.family {
    case AF_INET: self = .ip(IPAddress(networkOrder: address.prefix(4)), port: name.port)
    case AF_INET6: self = .ip(IPAddress(networkOrder: address), port: name.port)
    case AF_UNIX:
      let path = unsafe withUnsafeBytes(of: name.path) { unsafe Array($0.prefix(name.path_length)) }
      self = .unix(ByteString(path))
    default: self = .other(family: name.family)
    }
  }
}
