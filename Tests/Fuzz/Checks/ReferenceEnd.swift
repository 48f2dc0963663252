import CLinux

/// One end of a socket, as a selector writes it.
enum ReferenceEnd {
  /// Hosts and ports; nil hosts stand for any host.
  ///
  /// An address has 16 bytes, for IPv4 as IPv6 writes it, and a number of bits that count. `isNamed` is true
  /// for the name of a host or service, which must be a known name to match.
  case internet(hosts: [(address: [UInt8], bits: Int)]?, ports: [ClosedRange<Int>], isNamed: Bool)
  case unix(ReferenceGlob)
  case socket(UInt64)

  var isSocket: Bool {
    if case .socket = self { true } else { false }
  }

  func isSocket(_ inode: UInt64?) -> Bool {
    if case .socket(let wanted) = self { inode == wanted } else { false }
  }

  var kinds: Set<String> {
    if case .internet = self { Vocabulary.anyInternet } else { ["unix"] }
  }

  func matches(_ end: Sample.End?, isResolved: Bool) -> Bool {
    switch (self, end) {
    case (.internet(let hosts, let ports, let isNamed), .internet(let address, let port)):
      if isNamed && !isResolved { return false }
      let isHost = hosts.map { $0.contains { Self.contains($0.address, bits: $0.bits, address) } } ?? true
      // A protocol without ports has every port only for a pattern that names none.
      guard let port else { return isHost && ports == [0...65535] }
      return isHost && ports.contains { $0.contains(Int(port)) }
    case (.unix(let glob), .unix(let name)):
      if name.isEmpty { return false }
      return glob.matches(name[0] == 0 ? [UInt8(ascii: "@")] + name[1...] : name)
    default: return false
    }
  }

  /// The bytes that IPv6 writes before an IPv4 address.
  private static let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

  /// Whether a network contains an address.
  ///
  /// An IPv4 address begins with 96 bits of its own. It is in no IPv6 network with a shorter prefix.
  private static func contains(_ network: [UInt8], bits: Int, _ address: [UInt8]) -> Bool {
    if bits < 96, address.starts(with: mapped) { return false }
    return (0..<bits).allSatisfy { bit in
      let difference: UInt8 = network[bit / 8] ^ address[bit / 8]
      return difference & (0x80 >> UInt8(bit % 8)) == 0
    }
  }

  /// An address as 16 bytes, and its width in bits as it is written; nil if the text is no address.
  static func address(_ text: [UInt8]) -> (bytes: [UInt8], width: Int)? {
    if text.contains(0) { return nil }
    var bytes = [UInt8](repeating: 0, count: 16)
    let string = String(decoding: text, as: UTF8.self)
    if inet_pton(AF_INET, string, &bytes) == 1 {
      return (mapped + bytes.prefix(4), 32)
    }
    guard inet_pton(AF_INET6, string, &bytes) == 1 else { return nil }
    return (bytes, 128)
  }
}

// MARK: - Parsing

extension ReferenceEnd {
  /// Reads the form of an end that the grammar calls `end`.
  ///
  /// The name of a host or service must be known to match anything.
  init(_ text: [UInt8], isPeer: Bool) throws(Refusal) {
    if text.starts(with: "socket:".utf8) {
      let inner = text.dropFirst(7)
      guard isPeer, inner.first == UInt8(ascii: "["), inner.last == UInt8(ascii: "]"),
        let inode = UInt64(decimal: inner.dropFirst().dropLast())
      else { throw Refusal() }
      self = .socket(inode)
      return
    }
    let (host, length, port) = try Self.parts(text)
    let (hosts, isHostNamed) = try Self.hosts(host, length)
    let (ports, isPortNamed) = try Self.ports(port)
    self = .internet(hosts: hosts, ports: ports, isNamed: isHostNamed || isPortNamed)
  }

  private typealias Parts = (host: [UInt8], length: [UInt8]?, port: [UInt8]?)

  private static func parts(_ text: [UInt8]) throws(Refusal) -> Parts {
    let colon = UInt8(ascii: ":")
    let slash = UInt8(ascii: "/")
    var text = text
    var port: [UInt8]?
    if text.first == UInt8(ascii: "[") {
      guard let close = text.firstIndex(of: UInt8(ascii: "]")) else { throw Refusal() }
      var after = Array(text[(close + 1)...])
      if let end = after.firstIndex(of: colon) {
        port = Array(after[(end + 1)...])
        after = Array(after[..<end])
      }
      guard after.isEmpty || after[0] == slash else { throw Refusal() }
      text = text[1..<close] + after
      guard text.contains(colon) else { throw Refusal() }
    } else if text.filter({ $0 == colon }).count == 1, let end = text.firstIndex(of: colon) {
      port = Array(text[(end + 1)...])
      text = Array(text[..<end])
    }
    guard let cut = text.firstIndex(of: slash) else { return (text, nil, port) }
    return (Array(text[..<cut]), Array(text[(cut + 1)...]), port)
  }

  private static func hosts(
    _ host: [UInt8], _ length: [UInt8]?
  ) throws(Refusal) -> ([(address: [UInt8], bits: Int)]?, isNamed: Bool) {
    if length == nil, host.isEmpty || host == [UInt8(ascii: "*")] { return (nil, false) }
    guard let (address, width) = address(host) else {
      guard length == nil, UInt64(decimal: host[...]) == nil, !host.allSatisfy({ $0.isDecimalDigit }),
        host.allSatisfy({ $0.isNameByte || $0 >= 0x80 || "-._".utf8.contains($0) })
      else { throw Refusal() }
      return (Sample.hosts[host]?.map { ($0, 128) } ?? [], true)
    }
    guard let length else { return ([(address, 128)], false) }
    guard let bits = UInt64(decimal: length[...]), bits <= width else { throw Refusal() }
    return ([(address, 128 - width + Int(bits))], false)
  }

  private static func ports(_ port: [UInt8]?) throws(Refusal) -> ([ClosedRange<Int>], isNamed: Bool) {
    guard let port, port != [UInt8(ascii: "*")] else { return ([0...65535], false) }
    let ends = port.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    if !port.isEmpty, ends.count <= 2, ends.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isDecimalDigit } })
    {
      let numbers = ends.map { UInt64(decimal: $0) ?? 65536 }
      guard let first = numbers.first, let last = numbers.last, first > 0, last < 65536, first <= last else {
        throw Refusal()
      }
      return ([Int(first)...Int(last)], false)
    }
    guard port.first?.isNameByte == true,
      port.allSatisfy({ $0.isNameByte || "-._+*/".utf8.contains($0) })
    else { throw Refusal() }
    return (Sample.services[port]?.map { $0...$0 } ?? [], true)
  }
}

extension UInt8 {
  var isDecimalDigit: Bool { (0x30...0x39).contains(self) }

  /// True for an ASCII letter or digit.
  var isNameByte: Bool { isDecimalDigit || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) }
}

extension UInt64 {
  /// Reads decimal digits alone; nil for any other text and for a number that does not fit.
  init?(decimal text: ArraySlice<UInt8>) {
    guard !text.isEmpty else { return nil }
    var number: UInt64 = 0
    for byte in text {
      let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      guard byte.isDecimalDigit, !isTooLarge else { return nil }
      let (sum, overflows) = tens.addingReportingOverflow(UInt64(byte - 0x30))
      if overflows { return nil }
      number = sum
    }
    self = number
  }
}
