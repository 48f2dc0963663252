/// The address of one end of a socket.
package enum SocketAddress: Hashable, Sendable {
  /// An Internet address and a port, in host byte order; nil if the protocol has no ports.
  ///
  /// Tables show the ID of a ping socket and the protocol of a raw socket in the place of a port.
  case ip(IPAddress, port: UInt16?)
  /// A Unix-domain name: a path, an abstract name, which starts with a NUL, or empty. See `unix(7)`.
  case unix(ByteString)
  /// An address of any other family, by the family's `AF_` number.
  case other(family: Int32)
}

extension SocketAddress {
  /// Creates the address of an Internet socket's end; nil for an end that has neither an address nor a port.
  ///
  /// The kernel shows `0.0.0.0` or `::` with port 0 for a socket that was never bound.
  static func internet(_ address: IPAddress, port: UInt16, hasPorts: Bool) -> SocketAddress? {
    let isNone = address.isUnspecified && (port == 0 || !hasPorts)
    return isNone ? nil : .ip(address, port: hasPorts ? port : nil)
  }
}

extension SocketAddress: CustomStringConvertible {
  /// The address as text for a cell of a table; selectors accept the same text.
  ///
  /// It is `10.0.0.1:80`, `[::1]:80`, `::1` without a port, `unix:/run/x.sock`, `unix:@abstract`, `unix`
  /// without a name, or `family 40`.
  package var description: String {
    switch self {
    case .ip(let address, nil):
      "\(address)"
    case .ip(let address, let port?):
      address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    case .unix(let name) where name.bytes.isEmpty:
      "unix"
    case .unix(let name) where name.bytes.first == 0:
      "unix:@\(ByteString(Array(name.bytes.dropFirst())).cell)"
    case .unix(let name):
      "unix:\(name.cell)"
    case .other(let family):
      "family \(family)"
    }
  }
}
