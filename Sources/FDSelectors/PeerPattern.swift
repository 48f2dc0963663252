package import FDCore

/// The remote end of a socket: `HOST:PORT`, `HOST`, `:PORT`, `ADDRESS/LENGTH`, `[ADDRESS]:PORT` or
/// `unix:NAME`.
package struct PeerPattern: Hashable, Sendable {
  package enum Host: Hashable, Sendable {
    case any
    /// Still to be looked up.
    case name(String)
    case networks([Network])
  }

  package enum Port: Hashable, Sendable {
    case any
    /// A service, still to be looked up.
    case name(String)
    /// One service may have a port of its own for TCP and UDP each.
    case numbers(Set<UInt16>)
  }

  package enum Pattern: Hashable, Sendable {
    case internet(Host, Port)
    /// A path, or `@` and an abstract name, as a glob.
    case unix(Glob)
  }

  /// The text that was parsed.
  package let text: String
  package let pattern: Pattern

  private init(_ text: String, _ pattern: Pattern) {
    self.text = text
    self.pattern = pattern
  }

  /// Whether this is the end that is meant.
  ///
  /// Before `resolved()`, a name is nobody's.
  package func matches(_ peer: SocketAddress) -> Bool {
    switch (pattern, peer) {
    case (.internet(let host, let port), .ip(let address, let number)):
      host.contains(address) && port.contains(number)
    case (.unix(let glob), .unix(let name)):
      !name.bytes.isEmpty && glob.matches(Self.written(name))
    default:
      false
    }
  }

  /// A Unix-domain name as patterns write it: an abstract one begins with `@` in place of its NUL.
  private static func written(_ name: ByteString) -> ByteString {
    guard name.bytes.first == 0 else { return name }
    return ByteString([UInt8(ascii: "@")] + name.bytes.dropFirst())
  }

  /// The same pattern with its host and service looked up.
  package func resolved() throws(SelectorError) -> PeerPattern {
    guard case .internet(let host, let port) = pattern else { return self }
    return PeerPattern(text, .internet(try host.resolved(in: text), try port.resolved(in: text)))
  }
}

extension PeerPattern.Host {
  fileprivate func contains(_ address: IPAddress) -> Bool {
    switch self {
    case .any: true
    case .name: false
    case .networks(let networks): networks.contains { $0.contains(address) }
    }
  }

  fileprivate func resolved(in text: String) throws(SelectorError) -> PeerPattern.Host {
    guard case .name(let name) = self else { return self }
    do {
      return .networks(try NameService.addresses(of: name).map { Network(of: $0) })
    } catch {
      throw SelectorError(text, .unknownHost(name, reason: error.description))
    }
  }
}

extension PeerPattern.Port {
  fileprivate func contains(_ number: UInt16) -> Bool {
    switch self {
    case .any: true
    case .name: false
    case .numbers(let numbers): numbers.contains(number)
    }
  }

  fileprivate func resolved(in text: String) throws(SelectorError) -> PeerPattern.Port {
    guard case .name(let name) = self else { return self }
    let ports = NameService.ports(of: name)
    guard !ports.isEmpty else { throw SelectorError(text, .unknownService(name)) }
    return .numbers(ports)
  }
}

// MARK: - Parsing

extension PeerPattern {
  /// Parses a pattern; names are looked up by `resolved()`.
  package init(parsing text: String) throws(SelectorError) {
    guard !text.isEmpty else { throw SelectorError(text, .emptyPeer) }
    if let name = text.removingPrefix("unix:") {
      guard !name.isEmpty else { throw SelectorError(text, .emptyPeer) }
      self.init(text, .unix(try Glob(parsing: name)))
      return
    }
    let (host, port) = try Self.parts(text)
    self.init(text, .internet(try Self.host(host, of: text), try Self.port(port, of: text)))
  }

  /// The host's text, without brackets, and the port's, if there is one.
  private static func parts(_ text: String) throws(SelectorError) -> (host: String, port: String?) {
    if text.first == "[" {
      guard let close = text.firstIndex(of: "]") else { throw SelectorError(text, .unclosedBracket) }
      let address = text[text.index(after: text.startIndex)..<close]
      let (prefix, port) = try split(text[text.index(after: close)...], of: text)
      let bare = address.prefix { $0 != "/" }
      guard IPAddress(withoutZone: bare) != nil, bare.contains(":") else {
        throw SelectorError(text, .notAnAddress(String(address)))
      }
      return (String(address) + prefix, port)
    }
    guard text.count(where: { $0 == ":" }) > 1 else { return try split(Substring(text), of: text) }
    // More than one colon outside of brackets: an IPv6 address, of which no port can be told apart.
    guard IPAddress(withoutZone: text.prefix { $0 != "/" }) != nil else {
      throw SelectorError(text, .ambiguousColons)
    }
    return (text, nil)
  }

  private static func split(
    _ rest: Substring, of text: String
  ) throws(SelectorError) -> (host: String, port: String?) {
    guard let colon = rest.firstIndex(of: ":") else { return (String(rest), nil) }
    return (String(rest[..<colon]), String(rest[rest.index(after: colon)...]))
  }

  private static func host(_ host: String, of text: String) throws(SelectorError) -> Host {
    if host.isEmpty || host == "*" { return .any }
    let parts = host.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    if let percent = parts[0].firstIndex(of: "%") {
      throw SelectorError(text, .zone(String(parts[0][percent...].dropFirst())))
    }
    guard let address = IPAddress(parts[0]) else {
      if parts.count > 1 { throw SelectorError(text, .notAnAddress(parts[0])) }
      // getaddrinfo(3) would take 80 for the address 0.0.0.80.
      if host.isDecimal { throw SelectorError(text, .bareNumber) }
      return .name(host)
    }
    guard parts.count > 1 else { return .networks([Network(of: address)]) }
    guard let network = Network(address, prefixText: parts[1]) else {
      throw SelectorError(text, .badPrefix(parts[1]))
    }
    return .networks([network])
  }

  private static func port(_ port: String?, of text: String) throws(SelectorError) -> Port {
    guard let port, port != "*" else { return .any }
    if port.isDecimal, let number = UInt16(port), number > 0 { return .numbers([number]) }
    guard !port.isEmpty, !port.isDecimal, port.first != "-", port.first != "+" else {
      throw SelectorError(text, .badPort(port))
    }
    return .name(port)
  }
}

extension IPAddress {
  /// An address in text, whatever zone it carries.
  fileprivate init?(withoutZone text: Substring) {
    self.init(String(text.prefix { $0 != "%" }))
  }
}

/// The addresses that share their first bits.
package struct Network: Hashable, Sendable {
  private let first: UInt128
  private let mask: UInt128

  /// One address alone.
  package init(of address: IPAddress) {
    first = address.value
    mask = .max
  }

  /// A network by a prefix length in decimal, of 32 bits for IPv4 and 128 for IPv6.
  init?(_ address: IPAddress, prefixText: String) {
    let width = address.isIPv4 ? 32 : 128
    guard prefixText.isDecimal, let length = Int(prefixText), length <= width else { return nil }
    mask = .max << UInt128(width - length)
    first = address.value & mask
  }

  package func contains(_ address: IPAddress) -> Bool {
    address.value & mask == first
  }
}
