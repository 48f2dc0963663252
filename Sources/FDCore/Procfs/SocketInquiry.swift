import CLinux
import Glibc

/// Asks a socket of another process about itself, through a duplicate of our own.
///
/// This answers for a socket of any family and from any network namespace, and tells the state of the
/// moment: a UDP socket can be connected anew. The duplicate shares the open file and is closed at once.
struct SocketInquiry {
  /// Whose descriptors are meant; nil where the kernel cannot make one for a thread.
  let pidfd: Int32?

  /// The corresponding system calls are `pidfd_getfd(2)`, `getpeername(2)`, `getsockname(2)` and
  /// `getsockopt(2)`.
  ///
  /// Throws `EPERM` without the right to attach, `ENOSYS` before Linux 5.6, and for a
  /// single thread before 6.9.
  func ask(_ number: UInt32) throws(Errno) -> Socket {
    guard let pidfd else { throw .notImplemented }
    let duplicate = OwnedDescriptor(
      adopting: try checked(clinux_pidfd_getfd(pidfd, Int32(bitPattern: number))))
    return Socket(
      transport: try transport(duplicate), local: try local(duplicate), peer: try peer(duplicate),
      state: nil)
  }

  private func local(_ duplicate: borrowing OwnedDescriptor) throws(Errno) -> SocketAddress {
    var name = clinux_socket_name()
    try checked(unsafe clinux_socket_local(duplicate.number, &name))
    return SocketAddress(name)
  }

  private func peer(_ duplicate: borrowing OwnedDescriptor) throws(Errno) -> SocketAddress? {
    var name = clinux_socket_name()
    let answer = unsafe clinux_socket_peer(duplicate.number, &name)
    let hasNone = [ENOTCONN, EOPNOTSUPP].contains { answer == -Int($0) }
    if hasNone { return nil }
    try checked(answer)
    return SocketAddress(name)
  }

  private func transport(_ duplicate: borrowing OwnedDescriptor) throws(Errno) -> Socket.Transport {
    let domain = try checked(clinux_socket_domain(duplicate.number))
    let type = try checked(clinux_socket_type(duplicate.number))
    let transport = try checked(clinux_socket_protocol(duplicate.number))
    switch (Int32(domain), Int32(transport)) {
    case (AF_UNIX, _): return .unix
    case (AF_NETLINK, _): return .netlink
    case (AF_PACKET, _): return .packet
    case (AF_VSOCK, _): return .vsock
    case (AF_INET, 6), (AF_INET6, 6): return .tcp
    case (AF_INET, 17), (AF_INET6, 17): return .udp
    case (AF_INET, 132), (AF_INET6, 132): return .sctp
    case (AF_INET, 262), (AF_INET6, 262): return .mptcp
    case (AF_INET, 1), (AF_INET6, 58): return type == 3 ? .raw : .icmp
    case (AF_INET, _), (AF_INET6, _): return type == 3 ? .raw : .other
    default: return .other
    }
  }
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
