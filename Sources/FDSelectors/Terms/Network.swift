package import FDCore

/// The addresses of one version of IP that share their first bits.
package struct Network: Hashable, Sendable {
  private let first: UInt128
  private let mask: UInt128
  private let isIPv4: Bool

  /// One address alone.
  package init(of address: IPAddress) {
    first = address.value
    mask = .max
    isIPv4 = address.isIPv4
  }

  /// A network by an address and a prefix length in decimal, of 32 bits for IPv4 and 128 for IPv6.
  ///
  /// Where IPv4 is written as IPv6 has it, `::ffff:10.0.0.0/104`, the length is that of IPv6, and one of less
  /// than 96 leaves IPv6.
  init?(_ address: IPAddress, isWrittenAsIPv6: Bool, prefixText: String) {
    let width = isWrittenAsIPv6 ? 128 : 32
    guard prefixText.isDecimal, let length = Int(prefixText), length <= width else { return nil }
    mask = .max << UInt128(width - length)
    first = address.value & mask
    isIPv4 = address.isIPv4 && (!isWrittenAsIPv6 || length >= 96)
  }

  package func contains(_ address: IPAddress) -> Bool {
    address.isIPv4 == isIPv4 && address.value & mask == first
  }
}
