import FDCore

extension EndPattern {
  /// Parses a list of patterns; names are looked up by `resolved(at:)`.
  ///
  /// A Unix-domain name may hold commas, and so ends the list.
  static func list(_ value: Value) throws(SelectorError) -> [EndPattern] {
    var patterns: [EndPattern] = []
    var rest = value
    while rest.removingPrefix("unix:") == nil,
      let comma = rest.units.firstIndex(where: { $0.byte == UInt8(ascii: ",") && !$0.isEscaped })
    {
      let offset = comma - rest.units.startIndex
      patterns.append(try EndPattern(rest[0..<offset]))
      rest = rest[offset + 1..<rest.units.count]
    }
    return patterns + [try EndPattern(rest)]
  }

  package init(parsing text: String) throws(SelectorError) {
    try self.init(Value(verbatim: ByteString(text)))
  }

  private init(_ value: Value) throws(SelectorError) {
    guard !value.isEmpty else { throw SelectorError(value.snippet, .emptyPeer) }
    if let name = value.removingPrefix("unix:") {
      try self.init(unix: name)
    } else if let inode = value.removingPrefix("socket:") {
      // Of bytes: a mark that combines with the bracket would go with it.
      let digits = inode.bytes.dropFirst().dropLast()
      guard inode.bytes.first == UInt8(ascii: "["), inode.bytes.last == UInt8(ascii: "]"),
        !digits.isEmpty, digits.allSatisfy({ $0.isDigit }),
        let number = UInt64(String(decoding: digits, as: UTF8.self))
      else { throw SelectorError(value.snippet, .notASocket) }
      self.init(pattern: .socket(number), description: "socket:[\(number)]")
    } else {
      let (host, port) = try Self.parts(value)
      self.init(
        pattern: .internet(try Self.host(host), try port.map(Self.port) ?? .any),
        description: quoted(value.bytes))
    }
  }

  private init(unix name: Value) throws(SelectorError) {
    guard !name.isEmpty else { throw SelectorError(name.snippet, .emptyPeer) }
    // A name may end so, but who writes this most often means a port.
    if let colon = name.units.lastIndex(where: { $0.byte == UInt8(ascii: ":") }), !name.units[colon].isEscaped
    {
      let offset = colon - name.units.startIndex
      let port = name[offset..<name.units.count]
      let digits = port.bytes.dropFirst()
      if !digits.isEmpty, digits.allSatisfy({ $0.isDigit }) { throw SelectorError(port.snippet, .portOfUnix) }
    }
    let glob = try Glob(name)
    self.init(pattern: .unix(glob), description: "unix:\(Self.keepingColon(glob.description))")
  }

  /// A colon before digits at the end, which was escaped, as it is to be again.
  private static func keepingColon(_ text: String) -> String {
    guard let colon = text.lastIndex(of: ":"), text[text.index(after: colon)...].isDecimal else {
      return text
    }
    return text[..<colon] + "\\" + text[colon...]
  }

  /// The host, without brackets, and the port, if there is one.
  private static func parts(_ value: Value) throws(SelectorError) -> (host: Value, port: Value?) {
    let text = value.bytes
    let colon = UInt8(ascii: ":")
    if text.first == UInt8(ascii: "[") {
      guard let close = text.firstIndex(of: UInt8(ascii: "]")) else {
        throw SelectorError(value.snippet, .unclosedBracket)
      }
      let address = value[1..<close]
      let bare = address.text.prefix { $0 != "/" }
      guard IPAddress(withoutZone: bare) != nil, bare.contains(":") else {
        throw SelectorError(address.snippet, .notAnAddress)
      }
      // A prefix length may stand before or after the bracket.
      let end = text[close...].firstIndex(of: colon) ?? text.count
      let port = end < text.count ? value[end + 1..<text.count] : nil
      guard end == close + 1 || text[close + 1] == UInt8(ascii: "/") else {
        throw SelectorError(value[close + 1..<end].snippet, .afterBracket)
      }
      return (value[0..<end].removing(at: [0, close]), port)
    }
    let colons = text.indices.filter { text[$0] == colon }
    if colons.count > 1 {
      // More than one colon outside of brackets: an IPv6 address, of which no port can be told apart.
      guard IPAddress(withoutZone: value.text.prefix { $0 != "/" }) != nil else {
        throw SelectorError(value.snippet, .ambiguousColons)
      }
      return (value, nil)
    }
    guard let first = colons.first else { return (value, nil) }
    return (value[0..<first], value[first + 1..<text.count])
  }

  private static func host(_ value: Value) throws(SelectorError) -> Host {
    let host = value.text
    if host.isEmpty || host == "*" { return .any }
    let parts = host.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    if let percent = parts[0].firstIndex(of: "%") {
      throw SelectorError(value.snippet, .zone(String(parts[0][percent...].dropFirst())))
    }
    guard let address = IPAddress(parts[0]) else {
      if parts.count > 1 { throw SelectorError(value.snippet, .notAnAddress) }
      // getaddrinfo(3) would take 80 for the address 0.0.0.80.
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
  /// An address in text, whatever zone it carries.
  fileprivate init?(withoutZone text: Substring) {
    self.init(String(text.prefix { $0 != "%" }))
  }
}
