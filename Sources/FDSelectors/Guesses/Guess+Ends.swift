import FDCore

/// Ends of sockets without the name of a term in front, and ends in other notations.
extension Guess {
  /// `http://host/`, `tcp:host:80`, `unix:/run/x`, `80/tcp`.
  var endWithProtocol: String? {
    if text.contains(" ") { return nil }
    if text.hasPrefix("unix:") || text.hasPrefix("@") {
      let name = text.hasPrefix("@") ? "unix:\(text)" : text
      return ForeignWord.quoted("peer:\(name)") + ", or local:"
    }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count == 2, ["tcp", "udp"].contains(parts[1]), ForeignWord.port(String(parts[0])) != nil {
      return "'type:\(parts[1]) and local::\(parts[0])'"
    }
    guard let (type, end) = Self.withoutProtocol(text) else { return nil }
    return type.map { "'type:\($0) and peer:\(end)'" } ?? "peer:\(end)"
  }

  /// `tcp port 80` and `udp dst port 53`, as tcpdump(8) takes them.
  var protocolAndPort: String? {
    var words = text.split(separator: " ").map(String.init)
    guard words.count > 1, let type = ["tcp", "udp"].first(where: { $0 == words[0] }) else { return nil }
    let side = ["dst": "peer", "src": "local"][words[1]]
    words = words.filter { !["dst", "src", "port", type].contains($0) }
    guard words.count == 1, let port = ForeignWord.port(words[0]) else { return nil }
    return "'type:\(type) and \(side.map { "\($0)::\(port)" } ?? "(peer::\(port) or local::\(port))")'"
  }

  /// `10.0.0.7:80`, `host:80`, `:80`.
  var end: String? {
    if text.contains(" ") { return nil }
    if let arrow { return arrow }
    // Only a listener has such an end.
    for any in ["*:", "0.0.0.0:", "[::]:", ":::"] where text.hasPrefix(any) {
      return ForeignWord.port(String(text.dropFirst(any.count))).map { "local::\($0)" }
    }
    if text.hasPrefix(":"), ForeignWord.port(text) != nil { return "'peer:\(text) or local:\(text)'" }
    let name = text.prefix { $0 != ":" }
    guard let end = ForeignWord.end(text), !TermSyntax.all.contains(where: { $0.name == name }) else {
      return nil
    }
    let host = text.prefix { $0 != "/" && (text.hasPrefix("[") || $0 != ":") }.filter { !"[]".contains($0) }
    let isAddress = IPAddress(host) != nil || IPAddress(String(text.prefix { $0 != "/" })) != nil
    let ending = text.split(separator: ":").last ?? ""
    let isHostAndPort = text.split(separator: ":").count == 2 && ending.isDecimal && !text.contains("/")
    return isAddress && !host.isDecimal || isHostAndPort ? "peer:\(end)" : nil
  }

  /// `10.0.0.1:5000->10.0.0.7:80`, as lsof(8) prints a connection.
  ///
  /// Without quotes, the shell takes the sign and the remote end for a redirection, and leaves the dash.
  private var arrow: String? {
    let parts = text.split(separator: ">", omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 2, first.hasSuffix("-"),
      let own = ForeignWord.end(String(first.dropLast())), own.contains(":")
    else { return nil }
    if parts.count == 1 { return "local:\(own)" }
    return ForeignWord.end(String(parts[1])).map { "'local:\(own) and peer:\($0)'" }
  }

  /// The end that a user means who writes a URL, or a protocol in front of an end; nil for any other text.
  static func withoutProtocol(_ text: String) -> (type: String?, end: String)? {
    let scheme = String(text.prefix { $0 != ":" })
    var rest = text.dropFirst(scheme.count + 1)
    let isURL = rest.hasPrefix("//")
    guard scheme.utf8.allSatisfy({ $0.isLetterOrDigit }), !scheme.isEmpty else { return nil }
    if isURL { rest = rest.dropFirst(2).prefix { $0 != "/" && $0 != "?" && $0 != "#" } }
    if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
    let type = ["tcp", "udp"].first { $0 == scheme || "\($0)4" == scheme || "\($0)6" == scheme }
    guard isURL || type != nil, !rest.isEmpty, !rest.hasPrefix("/") else { return nil }
    let hasPort = rest.split(separator: "]").last?.contains(":") == true
    let end = isURL && type == nil && !hasPort ? "\(rest):\(scheme)" : String(rest)
    guard (try? EndPattern(parsing: end)) != nil || type != nil && rest.isDecimal else { return nil }
    return (type, rest.isDecimal ? ":\(rest)" : end)
  }

  /// The message for a value of `peer` or `local` in another notation, or nil.
  ///
  /// Every such value is refused anyway.
  static func problem(ofEnd text: String) -> SelectorError.Problem? {
    let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
    if text.hasPrefix("/") || text.hasPrefix("./") || text.hasPrefix("@") {
      return .foreign(tool: nil, ours: "unix:\(text)")
    }
    if let end = portAfterSign(text) ?? network(text) { return .foreign(tool: nil, ours: end) }
    guard colons > 1 || text.contains("/"), IPAddress(String(text.prefix { $0 != "/" && $0 != "%" })) == nil,
      let (type, end) = withoutProtocol(text)
    else { return nil }
    return .foreign(tool: nil, ours: type.map { "\(end), beside --type \($0)" } ?? end)
  }

  /// The length of the longest prefix of IPv4.
  private static let longestPrefix = 32

  /// `HOST PORT`, `HOST port PORT` and `HOST/PORT`.
  static func portAfterSign(_ text: String) -> String? {
    let parts = text.split { " /".contains($0) }.filter { $0 != "port" }
    guard parts.count == 2, parts[1].isDecimal, let port = UInt16(parts[1]), port > 0,
      text.contains(" ") || IPAddress(String(parts[0])) == nil && port > longestPrefix
    else { return nil }
    return ForeignWord.end("\(parts[0]):\(port)")
  }

  /// `10.0.0.*`: a network of IPv4 without its length.
  static func network(_ text: String) -> String? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let numbers = parts.prefix { UInt8($0) != nil && $0.isDecimal }
    guard 1...3 ~= numbers.count, parts.count > 1, numbers.count < parts.count || parts.count < 4,
      parts.dropFirst(numbers.count).allSatisfy({ $0 == "*" || $0 == "x" || $0.isEmpty })
    else { return nil }
    let zeros = repeatElement("0", count: 4 - numbers.count)
    return (numbers.map(String.init) + zeros).joined(separator: ".") + "/\(numbers.count * 8)"
  }

  /// The message for the name of a host that cannot be looked up, or nil.
  ///
  /// - Parameter text: the end that has the name, or the term.
  static func problem(ofHost name: String, in text: String) -> SelectorError.Problem? {
    let parts = name.split(separator: ".")
    if parts.count == 5, parts.allSatisfy({ $0.isDecimal }) {
      return .foreign(tool: nil, ours: "\(parts[..<4].joined(separator: ".")):\(parts[4])")
    }
    if name == "any" || name == "all" {
      let port = text.split(separator: ":").last.flatMap { ForeignWord.port(String($0)) }
      return .foreign(tool: nil, ours: port.map { ":\($0)" } ?? "*")
    }
    if name == "unix" { return .foreign(tool: nil, ours: "unix:PATH, or unix:** for any name") }
    if name == "pid" { return .foreign(tool: nil, ours: "the operand owner:PID") }
    return name.hasSuffix(".sock") || name.hasSuffix(".socket")
      ? .foreign(tool: nil, ours: "'unix:**/\(name)'") : nil
  }
}
