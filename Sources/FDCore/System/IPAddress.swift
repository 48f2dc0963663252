import CLinux

/// An IPv4 or IPv6 address.
///
/// IPv4 is kept as the IPv6 address that a dual-stack socket shows for it, `::ffff:a.b.c.d` (RFC 4291,
/// 2.5.5.2), so that a peer is one address whichever way it was reached.
package struct IPAddress: Hashable, Sendable {
  /// In host byte order, the first bit of the address the highest.
  package let value: UInt128

  package init(_ value: UInt128) {
    self.value = value
  }

  /// An address from its bytes in network order: four for IPv4, sixteen for IPv6.
  package init(networkOrder bytes: some Collection<UInt8>) {
    let value = bytes.reduce(0 as UInt128) { $0 << 8 | UInt128($1) }
    self.value = bytes.count == 4 ? Self.mappedPrefix | value : value
  }

  /// An address in text, as `inet_pton(3)` reads it; nil where it is none.
  package init?(_ text: String) {
    // To the C library the text would end there.
    if text.utf8.contains(0) { return nil }
    var bytes = [UInt8](repeating: 0, count: 16)
    if unsafe clinux_parse_address(AF_INET, text, &bytes) == 1 {
      self.init(networkOrder: bytes.prefix(4))
    } else if unsafe clinux_parse_address(AF_INET6, text, &bytes) == 1 {
      self.init(networkOrder: bytes)
    } else {
      return nil
    }
  }

  package static let mappedPrefix: UInt128 = 0xFFFF << 32

  package var isIPv4: Bool { value >> 32 == Self.mappedPrefix >> 32 }

  /// Whether every bit is zero, which is how the kernel shows an end that is not connected.
  package var isUnspecified: Bool { value == 0 || value == Self.mappedPrefix }
}

extension IPAddress: CustomStringConvertible {
  /// The address as `inet_ntop(3)` writes it.
  package var description: String {
    let bytes = (0..<16).map { UInt8(truncatingIfNeeded: value >> (120 - 8 * $0)) }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let length =
      isIPv4
      ? unsafe clinux_format_address(AF_INET, Array(bytes.suffix(4)), &text, text.count)
      : unsafe clinux_format_address(AF_INET6, bytes, &text, text.count)
    return String(decoding: text.prefix(max(length, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

/// One end of a socket.
package enum SocketAddress: Hashable, Sendable {
  case ip(IPAddress, port: UInt16)
  /// A Unix-domain name: a path, or an abstract name, which starts with a NUL. See `unix(7)`.
  case unix(ByteString)
  /// An end in a family that has no hosts and ports of these kinds, by its `AF_` number.
  case other(family: Int32)
}

extension SocketAddress: CustomStringConvertible {
  /// `10.0.0.1:80`, `[::1]:80`, `unix:/run/x.sock`, `unix:@abstract`, `unix` without a name.
  package var description: String {
    switch self {
    case .ip(let address, let port):
      address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    case .unix(let name) where name.bytes.isEmpty:
      "unix"
    case .unix(let name) where name.bytes.first == 0:
      "unix:@\(ByteString(Array(name.bytes.dropFirst())))"
    case .unix(let name):
      "unix:\(name)"
    case .other(let family):
      "family \(family)"
    }
  }
}
