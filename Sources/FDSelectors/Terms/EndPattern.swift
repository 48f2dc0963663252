package import FDCore

/// A pattern for the address of one end of a socket.
///
/// The forms are `HOST:PORT`, `HOST`, `:PORT`, `ADDRESS/LENGTH`, `[ADDRESS]:PORT`, `unix:NAME` and
/// `socket:[INODE]`.
package struct EndPattern: Hashable, Sendable {
  /// The host of an Internet address.
  package enum Host: Hashable, Sendable {
    /// Every host.
    case any
    /// A name that `resolved(at:)` has yet to look up.
    case name(String)
    /// Every host with an address in one of the networks.
    case networks([Network])
  }

  /// The port of an Internet address.
  package enum Port: Hashable, Sendable {
    /// Every port.
    case any
    /// The name of a service that `resolved(at:)` has yet to look up.
    case name(String)
    /// The ports in one of the ranges. A service can have different ports for TCP and for UDP.
    case numbers([ClosedRange<UInt16>])
  }

  /// The forms of a pattern.
  package enum Pattern: Hashable, Sendable {
    /// An IPv4 or IPv6 address and a port.
    case internet(Host, Port)
    /// The name of a Unix-domain socket: a path, or `@` and an abstract name; see `unix(7)`.
    case unix(Glob)
    /// The inode number of a Unix-domain socket.
    case inode(UInt64)
  }

  /// The pattern.
  package let pattern: Pattern
  /// The normal form, which parses to the same pattern.
  package let description: String

  /// The types of the sockets that can have such an address.
  var domain: TypeSet {
    switch pattern {
    case .internet: .internet
    case .unix, .inode: TypeSet(.unix)
    }
  }

  /// True if the address matches the pattern.
  ///
  /// The name of a host or a service matches nothing before `resolved(at:)`. An inode number matches no
  /// address.
  package func matches(_ end: SocketAddress) -> Bool {
    switch (pattern, end) {
    case (.internet(let host, let port), .ip(let address, let number)):
      host.contains(address) && port.contains(number)
    case (.unix(let glob), .unix(let name)):
      !name.bytes.isEmpty && glob.matches(Self.patternForm(of: name))
    default:
      false
    }
  }

  /// The name of a Unix-domain socket as patterns write it, with `@` for the NUL that starts an abstract
  /// name.
  private static func patternForm(of name: ByteString) -> ByteString {
    guard name.bytes.first == 0 else { return name }
    return ByteString([UInt8(ascii: "@")] + name.bytes.dropFirst())
  }

  /// The same pattern after a lookup of its host and its service.
  ///
  /// Throws `unknownHost` or `unknownService`. The error points at `snippet`, the text of the term.
  package func resolved(at snippet: Snippet) throws(SelectorError) -> EndPattern {
    guard case .internet(let host, let port) = pattern else { return self }
    return EndPattern(
      pattern: .internet(try host.resolved(at: snippet), try port.resolved(at: snippet)),
      description: description)
  }
}

extension EndPattern: CustomStringConvertible {}

extension EndPattern.Pattern {
  /// True if the pattern is an inode number.
  var isInode: Bool {
    if case .inode = self { true } else { false }
  }

  /// True if the pattern is this inode number.
  func matches(inode: UInt64?) -> Bool {
    if case .inode(let wanted) = self { wanted == inode } else { false }
  }
}

extension EndPattern.Host {
  fileprivate func contains(_ address: IPAddress) -> Bool {
    switch self {
    case .any: true
    case .name: false
    case .networks(let networks): networks.contains { $0.contains(address) }
    }
  }

  fileprivate func resolved(at snippet: Snippet) throws(SelectorError) -> EndPattern.Host {
    guard case .name(let name) = self else { return self }
    do {
      return .networks(try NameService.addresses(of: name).map { Network(of: $0) })
    } catch {
      throw SelectorError(
        snippet,
        Guess.problem(ofHost: name, in: String(decoding: snippet.bytes, as: UTF8.self))
          ?? .unknownHost(name, reason: error.description))
    }
  }
}

extension EndPattern.Port {
  /// True if the port matches; a socket whose protocol has no ports matches only the pattern for any port.
  fileprivate func contains(_ number: UInt16?) -> Bool {
    switch self {
    case .any: true
    case .name: false
    case .numbers(let ranges): number.map { number in ranges.contains { $0.contains(number) } } ?? false
    }
  }

  fileprivate func resolved(at snippet: Snippet) throws(SelectorError) -> EndPattern.Port {
    guard case .name(let name) = self else { return self }
    let ports = NameService.ports(of: name)
    guard !ports.isEmpty else { throw SelectorError(snippet, .unknownService(name)) }
    return .numbers(ports.sorted().map { $0...$0 })
  }
}
