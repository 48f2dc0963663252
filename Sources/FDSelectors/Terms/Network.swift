package import FDCore

/// An IP network: the IPv4 or IPv6 addresses that share a prefix.
package struct Network: Hashable, Sendable {
  /// The prefix, with zeros after it, as in `IPAddress.value`.
  private let prefix: UInt128
  private let mask: UInt128
  private let isIPv4: Bool

  /// Creates the network of a single address.
  package init(of address: IPAddress) {
    prefix = address.value
    mask = .max
    isIPv4 = address.isIPv4
  }

  /// Creates a network from an address and a prefix length in decimal; nil for a wrong length.
  ///
  /// The length is at most 32 for IPv4 and 128 for IPv6. An IPv4 address in IPv6 notation, as in
  /// `::ffff:10.0.0.0/104`, has a length of IPv6. If this length is below 96, the network is an IPv6 network.
  init?(_ address: IPAddress, isWrittenAsIPv6: Bool, prefixText: String) {
    let width = isWrittenAsIPv6 ? 128 : 32
    guard prefixText.isDecimal, let length = Int(prefixText), length <= width else { return nil }
    mask = .max << UInt128(width - length)
    prefix = address.value & mask
    isIPv4 = address.isIPv4 && (!isWrittenAsIPv6 || length >= 96)
  }

  /// True if the address has the same IP version and the same prefix.
  package func contains(_ address: IPAddress) -> Bool {
    address.isIPv4 == isIPv4 && address.value & mask == prefix
  }
}
