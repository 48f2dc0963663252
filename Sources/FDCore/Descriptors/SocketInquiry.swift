import CLinux

/// Queries a socket of another process through a duplicate of its descriptor.
///
/// This works for a socket of any family in any network namespace, and returns the current state. The state
/// can change, because a UDP socket can be connected again. The duplicate shares the open file description
/// and is closed at once.
final class SocketInquiry {
  private let process: ProcessDirectory
  private let thread: Int32?
  /// A pidfd of the process or thread that holds the sockets, which is opened for the first socket.
  private var pidfd: OwnedDescriptor?

  /// - Parameter thread: the thread whose table has the sockets; nil for the leader.
  init(_ process: ProcessDirectory, thread: Int32?) {
    (self.process, self.thread) = (process, thread)
  }

  /// Reads the addresses and the state of a socket.
  ///
  /// The corresponding system calls are `pidfd_getfd(2)`, `getpeername(2)`, `getsockname(2)` and
  /// `getsockopt(2)`.
  ///
  /// Throws `EPERM` without the right to attach, and `ENOSYS` before Linux 5.6, or before Linux 6.9 for a
  /// single thread.
  func socket(_ number: UInt32) throws(Errno) -> Socket {
    // A descriptor that was opened with O_PATH refers to a socket's inode. Socket calls fail on it with
    // EBADF, which proves nothing about the socket.
    let duplicate = try duplicate(of: number)
    let type = try self.type(duplicate)
    let local = try Self.unlessNone { () throws(Errno) in
      unsafe try Self.name(duplicate, clinux_socket_local)
    }
    // The peer of a netlink socket is the kernel, or the socket has no peer. getpeername(2) returns an
    // address in both cases.
    let peer =
      type == .netlink
      ? nil
      : try Self.unlessNone { () throws(Errno) in unsafe try Self.name(duplicate, clinux_socket_peer) }
    let state = try state(duplicate, type, local, isConnected: peer != nil)
    let hasPorts = !Self.withoutPorts.contains(type)
    return Socket(
      local: local.flatMap { SocketAddress($0, hasPorts: hasPorts) },
      peer: peer.flatMap { SocketAddress($0, hasPorts: hasPorts) }, state: state,
      isPeerUnknown: state == nil && TypeSet.internet.contains(TypeSet(type)))
  }

  /// The type of a socket, by its family and protocol; throws the errors of `socket(_:)`.
  func type(of number: UInt32) throws(Errno) -> DescriptorType {
    try type(duplicate(of: number))
  }

  /// Opens the network namespace of a socket; the socket's process may be in a different one.
  ///
  /// The corresponding call is `ioctl(2)` with SIOCGSKNS. Throws the errors of `socket(_:)`, and `EPERM`
  /// without CAP_NET_ADMIN in the namespace.
  func namespace(of number: UInt32) throws(Errno) -> OwnedDescriptor {
    let duplicate = try duplicate(of: number)
    return OwnedDescriptor(adopting: try checked(clinux_socket_namespace(duplicate.number)))
  }

  /// Whether a socket listens; throws the errors of `socket(_:)`.
  func listens(_ number: UInt32) throws(Errno) -> Bool {
    let duplicate = try duplicate(of: number)
    return try checked(clinux_socket_listens(duplicate.number)) == 1
  }

  /// Whether calls that send on a socket, or receive from it, have a timeout; see `socket(7)`.
  ///
  /// Throws the errors of `socket(_:)`, and `ENOTSOCK` for any other file.
  func hasTimeout(_ number: UInt32, whenSending isSending: Bool) throws(Errno) -> Bool {
    let duplicate = try duplicate(of: number)
    return try checked(clinux_socket_has_timeout(duplicate.number, isSending)) == 1
  }

  /// Reads how many bytes wait in the queues of a socket, and for how long no data has arrived.
  ///
  /// A listening socket counts connections instead of bytes, so it has no such values. The kernel starts
  /// to count the idle time of a TCP connection when the connection begins; see `tcp_finish_connect` in
  /// net/ipv4/tcp_input.c. Throws the errors of `socket(_:)`, and `ENOTTY` if the family has no such queues.
  func activity(of number: UInt32, isTCP: Bool) throws(Errno) -> SocketActivity {
    let duplicate = try duplicate(of: number)
    if try checked(clinux_socket_listens(duplicate.number)) == 1 {
      return SocketActivity(receiveQueue: nil, sendQueue: nil, idleSeconds: nil)
    }
    let unread = UInt64(try checked(clinux_socket_unread(duplicate.number)))
    let unsent = UInt64(try checked(clinux_socket_unsent(duplicate.number)))
    var idle: UInt64?
    if isTCP {
      let state = UInt8(truncatingIfNeeded: try checked(clinux_socket_tcp_state(duplicate.number)))
      if Socket.State(rawValue: state)?.hasConnection == true {
        idle = UInt64(try checked(clinux_socket_tcp_silence(duplicate.number))) / 1000
      }
    }
    return SocketActivity(receiveQueue: unread, sendQueue: unsent, idleSeconds: idle)
  }

  /// A duplicate of a descriptor; throws the errors of `socket(_:)`, and `EBADF` for a number that is not
  /// open.
  func duplicate(of number: UInt32) throws(Errno) -> OwnedDescriptor {
    if pidfd == nil { pidfd = try openPidfd() }
    guard let pidfd = pidfd?.number else { throw .badDescriptor }
    return OwnedDescriptor(
      adopting: try checked(clinux_pidfd_getfd(pidfd, Int32(bitPattern: number))))
  }

  /// Throws `ENOSYS` if the kernel has no pidfd for a single thread, and `ESRCH` if the process is gone.
  private func openPidfd() throws(Errno) -> OwnedDescriptor {
    let answer = thread.map(clinux_pidfd_open_thread) ?? clinux_pidfd_open(process.pid)
    if thread != nil, answer < 0 { throw .notImplemented }
    let opened = OwnedDescriptor(adopting: try checked(answer))
    // While the held directory has the process or thread, it has the ID that the pidfd was opened by.
    guard thread.map(process.hasThread) ?? process.isThere else { throw .noSuchProcess }
    return opened
  }

  /// The types of Internet sockets that have no ports.
  ///
  /// In the place of a port, they have a protocol, an ID, or nothing.
  private static let withoutPorts: [DescriptorType] = [.raw, .icmp, .l2tp, .otherInternet]

  /// The address that `end` reads; nil if the socket is not connected, or if its family has no such
  /// addresses.
  private static func unlessNone(
    _ end: () throws(Errno) -> clinux_socket_name
  ) throws(Errno) -> clinux_socket_name? {
    do {
      return try end()
    } catch  where [Errno.notConnected, .notSupported].contains(error) {
      return nil
    }
  }

  private static func name(
    _ duplicate: borrowing OwnedDescriptor, _ end: (Int32, UnsafeMutablePointer<clinux_socket_name>?) -> Int
  ) throws(Errno) -> clinux_socket_name {
    var name = clinux_socket_name()
    try checked(unsafe end(duplicate.number, &name))
    return name
  }

  /// The state of a socket; nil if it cannot be told from the socket alone.
  ///
  /// The kernel reports the state of TCP, and of MPTCP since Linux 5.16. For other protocols, rangeclose
  /// knows only whether the socket listens or has a peer.
  private func state(
    _ duplicate: borrowing OwnedDescriptor, _ type: DescriptorType, _ local: clinux_socket_name?,
    isConnected: Bool
  ) throws(Errno) -> Socket.State? {
    if try checked(clinux_socket_listens(duplicate.number)) == 1 { return .listen }
    if type == .tcp || type == .mptcp {
      let number = try? checked(clinux_socket_tcp_state(duplicate.number))
      return number.flatMap { UInt8(exactly: $0) }.flatMap(Socket.State.init)
    }
    if isConnected { return .established }
    return try mayBeConnected(duplicate, type, local) ? nil : .close
  }

  /// Whether a socket for which `getpeername(2)` returns no peer may be connected.
  ///
  /// `getpeername(2)` returns no peer if the peer's port is 0; see `inet_getname` in net/ipv4/af_inet.c. The
  /// port of a raw socket's peer is usually 0. `connect(2)` gives a UDP socket a local port, and a ping
  /// socket an ID. `ss(8)` shows a bound Unix datagram socket as connected once another socket connects to
  /// it; see `unix_dgram_connect` in net/unix/af_unix.c.
  private func mayBeConnected(
    _ duplicate: borrowing OwnedDescriptor, _ type: DescriptorType, _ local: clinux_socket_name?
  ) throws(Errno) -> Bool {
    switch type {
    case .raw, .l2tp, .otherInternet: return true
    case .udp, .udplite, .icmp: return local?.port != 0
    case .unix:
      let kind = try checked(clinux_socket_type(duplicate.number))
      return local?.path_length != 0 && kind == Int(SOCK_DGRAM.rawValue)
    default: return false
    }
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
  /// Creates an address from what the kernel reports; nil for the end of a socket that was never bound.
  fileprivate init?(_ name: clinux_socket_name, hasPorts: Bool) {
    let address = unsafe withUnsafeBytes(of: name.address) { unsafe Array($0) }
    switch name.family {
    case AF_INET, AF_INET6:
      let ip = IPAddress(networkOrder: name.family == AF_INET ? address.prefix(4) : address[...])
      guard let end = Self.internet(ip, port: name.port, hasPorts: hasPorts) else { return nil }
      self = end
    case AF_UNIX:
      let path = unsafe withUnsafeBytes(of: name.path) { unsafe Array($0.prefix(name.path_length)) }
      self = .unix(ByteString(path))
    default: self = .other(family: name.family)
    }
  }
}
