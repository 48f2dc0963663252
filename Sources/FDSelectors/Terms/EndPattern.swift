package import FDCore

/// One end of a socket: `HOST:PORT`, `HOST`, `:PORT`, `ADDRESS/LENGTH`, `[ADDRESS]:PORT`, `unix:NAME` or
/// `socket:[INODE]`.
package struct EndPattern: Hashable, Sendable {
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
    case numbers([ClosedRange<UInt16>])
  }

  package enum Pattern: Hashable, Sendable {
    case internet(Host, Port)
    /// A path, or `@` and an abstract name, as a glob.
    case unix(Glob)
    /// The Unix-domain socket at the other end, by its inode number.
    case socket(UInt64)
  }

  package let pattern: Pattern
  /// The normal form, which parses to the same pattern.
  package let description: String

  /// The types of descriptor that can have such an end.
  var domain: TypeSet {
    switch pattern {
    case .internet: .internet
    case .unix, .socket: TypeSet(.unix)
    }
  }

  /// Whether this is the end that is meant.
  ///
  /// Before `resolved(at:)`, a name is nobody's.
  package func matches(_ end: SocketAddress) -> Bool {
    switch (pattern, end) {
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
  package func resolved(at snippet: Snippet) throws(SelectorError) -> EndPattern {
    guard case .internet(let host, let port) = pattern else { return self }
    return EndPattern(
      pattern: .internet(try host.resolved(at: snippet), try port.resolved(at: snippet)),
      description: description)
  }
}

extension EndPattern.Pattern {
  var isSocket: Bool {
    if case .socket = self { true } else { false }
  }

  func isSocket(_ inode: UInt64?) -> Bool {
    if case .socket(let wanted) = self { wanted == inode } else { false }
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
      throw SelectorError(snippet, .unknownHost(name, reason: error.description))
    }
  }
}

extension EndPattern.Port {
  fileprivate func contains(_ number: UInt16) -> Bool {
    switch self {
    case .any: true
    case .name: false
    case .numbers(let ranges): ranges.contains { $0.contains(number) }
    }
  }

  fileprivate func resolved(at snippet: Snippet) throws(SelectorError) -> EndPattern.Port {
    guard case .name(let name) = self else { return self }
    let ports = NameService.ports(of: name)
    guard !ports.isEmpty else { throw SelectorError(snippet, .unknownService(name)) }
    return .numbers(ports.sorted().map { $0...$0 })
  }
}
