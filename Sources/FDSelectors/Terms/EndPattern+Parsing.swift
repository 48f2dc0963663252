import FDCore

extension EndPattern {
  /// Parses a list of patterns, without a lookup of the names in them.
  ///
  /// The name of a Unix-domain socket can contain commas, so a pattern that starts with `unix:` ends the
  /// list. Throws if a pattern is malformed.
  static func list(_ value: Value) throws(SelectorError) -> [EndPattern] {
    var patterns: [EndPattern] = []
    var rest = value
    while rest.removingPrefix("unix:") == nil,
      let comma = rest.sourceBytes.firstIndex(where: { $0.byte == UInt8(ascii: ",") && !$0.isEscaped })
    {
      let offset = comma - rest.sourceBytes.startIndex
      patterns.append(try EndPattern(rest[0..<offset]))
      rest = rest[offset + 1..<rest.sourceBytes.count]
    }
    do {
      return patterns + [try EndPattern(rest)]
    } catch {
      // A comma between a host and its port makes two ends of them.
      guard error.problem == .bareNumber, patterns.count == 1, patterns[0].isHostWithoutPort else {
        throw error
      }
      throw SelectorError(value.snippet, .foreign(tool: nil, ours: "\(patterns[0]):\(rest.text)"))
    }
  }

  /// Parses one pattern from text without quotes.
  ///
  /// Throws if the pattern is malformed.
  package init(parsing text: String) throws(SelectorError) {
    try self.init(Value(verbatim: ByteString(text)))
  }

  private init(_ value: Value) throws(SelectorError) {
    guard !value.isEmpty else { throw SelectorError(value.snippet, .emptyEnd) }
    if let name = value.removingPrefix("unix:") {
      try self.init(unix: name)
    } else if let inode = value.removingPrefix("socket:") {
      // The code compares bytes. A Character would join a bracket with a combining mark after it.
      let digits = inode.bytes.dropFirst().dropLast()
      guard inode.bytes.first == UInt8(ascii: "["), inode.bytes.last == UInt8(ascii: "]"),
        !digits.isEmpty, digits.allSatisfy({ $0.isDigit }),
        let number = UInt64(String(decoding: digits, as: UTF8.self))
      else { throw SelectorError(value.snippet, .notASocket) }
      self.init(pattern: .inode(number), description: "socket:[\(number)]")
    } else {
      do {
        let (host, port) = try Self.hostAndPort(value)
        self.init(
          pattern: .internet(try Self.host(host), try port.map(Self.port) ?? .any),
          description: quoted(value.bytes))
      } catch {
        throw Guess.problem(ofEnd: value.text).map { SelectorError(value.snippet, $0) } ?? error
      }
    }
  }

  private init(unix name: Value) throws(SelectorError) {
    guard !name.isEmpty else { throw SelectorError(name.snippet, .emptyEnd) }
    // A name can end in a colon and digits. Most users who write them mean a port, so the colon needs a
    // backslash.
    let bytes = name.sourceBytes
    if let colon = bytes.lastIndex(where: { $0.byte == UInt8(ascii: ":") }), !bytes[colon].isEscaped {
      let port = name[colon - bytes.startIndex..<bytes.count]
      let digits = port.bytes.dropFirst()
      if !digits.isEmpty, digits.allSatisfy({ $0.isDigit }) {
        throw SelectorError(port.snippet, .portOfUnixSocket)
      }
    }
    self.init(unix: try Glob(name))
  }

  /// Creates the pattern for the name of a Unix-domain socket.
  init(unix glob: Glob) {
    self.init(pattern: .unix(glob), description: "unix:\(Self.escapingPortColon(glob.description))")
  }

  /// Whether this is a host without a port.
  var isHostWithoutPort: Bool {
    guard case .internet(let host, .any) = pattern else { return false }
    return host != .any && !description.hasSuffix(":*")
  }

  /// The same port at any address, and why it may be meant; nil for other patterns than a host with a port.
  ///
  /// A listening socket may be bound to another address than the user thinks. The address of a name may have
  /// changed since the connection was made.
  func atAnyAddress(isOwn: Bool) -> (pattern: EndPattern, reason: String)? {
    guard case .internet(let host, let port) = pattern, host != .any, port != .any,
      let colon = description.lastIndex(of: ":"),
      let other = try? EndPattern(parsing: String(description[colon...]))
    else { return nil }
    let name = description[..<colon]
    if isOwn { return (other, "no socket with this port has the address \(name)") }
    let isAddress = name.hasPrefix("[") || name.contains("/") || IPAddress(String(name)) != nil
    return isAddress
      ? nil : (other, "no socket with this port is connected to an address that \(name) has now")
  }

  /// For an IPv6 address whose last part may be meant as a port: the pattern that means it, and the port.
  var withPortInBrackets: (pattern: EndPattern, port: Substring)? {
    guard isHostWithoutPort, let colon = description.lastIndex(of: ":") else { return nil }
    let (host, port) = (description[..<colon], description[description.index(after: colon)...])
    guard port.isDecimal, IPAddress(String(host))?.isIPv4 == false,
      let pattern = try? EndPattern(parsing: "[\(host)]:\(port)")
    else { return nil }
    return (pattern, port)
  }

  /// The text with a backslash in front of a colon that only digits follow, as the parser requires.
  private static func escapingPortColon(_ text: String) -> String {
    guard let colon = text.lastIndex(of: ":"), text[text.index(after: colon)...].isDecimal else {
      return text
    }
    return text[..<colon] + "\\" + text[colon...]
  }

  /// Splits an Internet pattern into the host, without brackets, and the port, or nil if there is no port.
  private static func hostAndPort(_ value: Value) throws(SelectorError) -> (host: Value, port: Value?) {
    let text = value.bytes
    let colon = UInt8(ascii: ":")
    if text.first == UInt8(ascii: "[") {
      guard let close = text.firstIndex(of: UInt8(ascii: "]")) else {
        throw SelectorError(value.snippet, .unclosedBracket)
      }
      let address = value[1..<close]
      let bare = address.text.prefix { $0 != "/" }
      guard IPAddress(withoutZone: bare) != nil, bare.contains(":") else {
        throw SelectorError(address.snippet, .notAnIPv6Address)
      }
      // A prefix length can stand in front of the closing bracket or after it.
      let end = text[close...].firstIndex(of: colon) ?? text.count
      let port = end < text.count ? value[end + 1..<text.count] : nil
      guard end == close + 1 || text[close + 1] == UInt8(ascii: "/") else {
        throw SelectorError(value[close + 1..<end].snippet, .textAfterBracket)
      }
      return (value[0..<end].removing(at: [0, close]), port)
    }
    let colons = text.indices.filter { text[$0] == colon }
    if colons.count > 1 {
      // Two colons outside brackets mean an IPv6 address. A port after it would be ambiguous.
      guard IPAddress(withoutZone: value.text.prefix { $0 != "/" }) != nil else {
        throw SelectorError(value.snippet, .ambiguousColons)
      }
      return (value, nil)
    }
    guard let first = colons.first else { return (value, nil) }
    return (value[0..<first], value[first + 1..<text.count])
  }

  /// Parses a host: `*` or nothing, an address with an optional prefix length, or a name.
  private static func host(_ value: Value) throws(SelectorError) -> Host {
    let host = value.text
    if host.isEmpty || host == "*" { return .any }
    let parts = host.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    if let percent = parts[0].firstIndex(of: "%") {
      throw SelectorError(value.snippet, .addressZone(String(parts[0][percent...].dropFirst())))
    }
    guard let address = IPAddress(parts[0]) else {
      if parts.count > 1 { throw SelectorError(value.snippet, .notAnAddress) }
      // getaddrinfo(3) would read 80 as the address 0.0.0.80.
      if host.isDecimal { throw SelectorError(value.snippet, .bareNumber) }
      guard host.utf8.allSatisfy({ $0.isInHostName }) else { throw SelectorError(value.snippet, .notAHost) }
      return .name(host)
    }
    guard parts.count > 1 else { return .networks([Network(of: address)]) }
    guard
      let network = Network(
        address, isWrittenAsIPv6: parts[0].contains(":"), prefixText: parts[1])
    else {
      throw SelectorError(value.snippet, .badPrefix)
    }
    return .networks([network])
  }

  /// Parses a port: `*`, a number, a range of numbers, or the name of a service.
  private static func port(_ value: Value) throws(SelectorError) -> Port {
    let port = value.text
    if port == "*" { return .any }
    let ends = port.split(separator: "-", omittingEmptySubsequences: false)
    if !port.isEmpty, ends.count <= 2, ends.allSatisfy({ $0.isDecimal }) {
      guard let first = UInt16(ends[0]), first > 0, let last = UInt16(ends[ends.count - 1]), last > 0 else {
        throw SelectorError(value.snippet, .badPort)
      }
      guard first <= last else { throw SelectorError(value.snippet, .reversedPorts) }
      return .numbers([first...last])
    }
    guard port.utf8.allSatisfy({ $0.isInServiceName }), port.utf8.first?.isLetterOrDigit == true else {
      throw SelectorError(value.snippet, .badPort)
    }
    return .name(port)
  }
}

extension IPAddress {
  /// Parses an address and ignores a zone, as in `fe80::1%eth0`; nil if the text is not an address.
  fileprivate init?(withoutZone text: Substring) {
    self.init(String(text.prefix { $0 != "%" }))
  }
}
