import CLinux

/// An IPv4 or IPv6 address.
///
/// An IPv4 address is stored as the IPv6 address that a dual-stack socket shows for it, `::ffff:a.b.c.d` (RFC
/// 4291, 2.5.5.2). So a peer has one address, whether it was reached by IPv4 or through a dual-stack socket.
package struct IPAddress: Hashable, Sendable {
  /// The 128 bits of the address, its first bit being the most significant.
  package let value: UInt128

  /// Creates an address from its 128 bits, the first bit being the most significant.
  package init(_ value: UInt128) {
    self.value = value
  }

  /// Creates an address from its bytes in network order: four for IPv4, sixteen for IPv6.
  package init(networkOrder bytes: some Collection<UInt8>) {
    let value = bytes.reduce(0 as UInt128) { $0 << 8 | UInt128($1) }
    self.value = bytes.count == 4 ? Self.mappedPrefix | value : value
  }

  /// Parses an address; nil if the text is not one.
  ///
  /// The corresponding library call is `inet_pton(3)`.
  package init?(_ text: String) {
    // The C library would take the NUL for the end of the text.
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

  /// The first 96 bits of an IPv4-mapped address, `::ffff:0:0/96`.
  package static let mappedPrefix: UInt128 = 0xFFFF << 32

  /// Whether this is an IPv4-mapped address.
  package var isIPv4: Bool { value >> 32 == Self.mappedPrefix >> 32 }

  /// Whether this is in `127.0.0.0/8`, or is `::1`.
  package var isLoopback: Bool { value == 1 || isIPv4 && value >> 24 & 0xFF == 127 }

  /// Whether this is `0.0.0.0` or `::`, which the kernel shows for an end that is not connected.
  package var isUnspecified: Bool { value == 0 || value == Self.mappedPrefix }
}

extension IPAddress: CustomStringConvertible {
  /// The address in the text form of `inet_ntop(3)`.
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
