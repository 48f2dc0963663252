import FDCore

/// The meanings that arguments of other tools have here.
extension ForeignWord {
  /// A text as one word for the shell.
  package static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { $0.isLetterOrDigit || "-_./:,@%+=".utf8.contains($0) }
    return isPlain ? text : "'\(text)'"
  }

  /// A text without the quotes around it.
  static func unquoted(_ text: String) -> String { text.filter { $0 != "'" && $0 != "\"" } }

  /// A pattern for a path: a name without a slash in front is looked for in every directory.
  static func whole(_ name: String) -> String {
    let bare = unquoted(name.drop { "=~ ".contains($0) }.description)
    let local = bare.hasPrefix("./") ? String(bare.dropFirst(2)) : bare
    return local.hasPrefix("/") || local.hasPrefix("**") ? local : "**/" + local
  }

  /// A pattern for a file name or a path of one word; nil for a text with blanks, which may be several words.
  static func file(_ name: String) -> String? {
    let bare = name.drop { "=~ ".contains($0) }
    return bare.contains(" ") || bare.isEmpty ? nil : whole(String(bare))
  }

  /// A pattern for everything below a directory.
  static func below(_ directory: String) -> String {
    let path = whole(directory)
    return path.hasSuffix("/") ? path + "**" : path + "/**"
  }

  /// The answer to a question for a file that has no descriptor.
  static let withoutDescriptor = "nothing; it has no descriptor, but -n PID --mount DIR lists it"

  /// The meaning of lsof's list of descriptors: numbers, excluded numbers, or files without a number.
  static func descriptors(_ text: String) -> String? {
    if ["cwd", "txt", "mem", "rtd", "mmap", "DEL"].contains(text) {
      return withoutDescriptor
    }
    let excluded = text.filter { $0 != "^" && $0 != "!" }
    guard (try? RangeList(parsing: excluded)) != nil else { return nil }
    return excluded == text ? text : "--except \(excluded)"
  }

  /// The name of a program or a user; nil for a text that may be another operand.
  static func name(_ text: String) -> String? {
    let isName = text.utf8.first.map { $0.isLetterOrDigit || "/_'.".utf8.contains($0) } ?? false
    let isSelector = (try? Selector(parsing: ByteString(text))) != nil
    return isName && !isSelector ? quoted(unquoted(text)) : nil
  }

  /// The name or the ID of a user.
  static func user(_ text: String) -> String? { text.isDecimal ? text : name(text) }

  /// Whether a text is the name of a service of systemd.
  package static func isUnit(_ text: String) -> Bool { text.hasSuffix(".service") }

  /// The operand for a service of systemd.
  package static func unit(_ text: String) -> String {
    "\"$(systemctl show -P MainPID \(quoted(text)))\" as the first operand, without --all"
  }

  /// The operand for the processes that pgrep(1) finds.
  static func processes(_ arguments: String) -> String {
    "\"$(pgrep -d, \(arguments))\" as the first operand, without --all"
  }

  /// The options for the children of a process.
  static func parent(_ text: String) -> String? {
    text.isDecimal ? "--pid \(text) --descendants; \(text) itself belongs to them" : nil
  }

  /// Whether a text names a terminal, as in `pts/0`.
  static func isTerminal(_ text: String) -> Bool {
    ["pts/", "tty", "/dev/"].contains(where: text.hasPrefix)
  }

  /// Whether a text is the name or the number of a common signal, as kill(1) takes it.
  package static func isSignal(_ text: String) -> Bool {
    let names = ["HUP", "INT", "QUIT", "ABRT", "KILL", "USR1", "USR2", "TERM", "CONT", "STOP"]
    let name = text.hasPrefix("SIG") ? String(text.dropFirst(3)) : text
    return names.contains(name) || ["9", "15"].contains(text)
  }

  /// lsof's `[46][PROTOCOL][@HOST][:PORT]`.
  static func internet(_ text: String) -> String? {
    if text == "4" { return "local:0.0.0.0/0" }
    if text == "6" { return "local:::/0" }
    let rest = text.drop { $0 == "4" || $0 == "6" }
    let protocolName = Spelling.folded(String(rest.prefix { $0 != "@" && $0 != ":" }))
    guard ["", "tcp", "udp"].contains(protocolName) else { return nil }
    let address = rest.dropFirst(protocolName.utf8.count)
    let isHost = address.hasPrefix("@")
    let type = protocolName.isEmpty ? "" : "type:\(protocolName)"
    if address.isEmpty { return type.isEmpty ? "type:tcp,udp" : type }
    guard let end = end(String(isHost ? address.dropFirst() : address)) else { return nil }
    let either = isHost ? "peer:\(end)" : "peer:\(end) or local:\(end)"
    if type.isEmpty { return isHost ? either : "'\(either)'" }
    return isHost ? "'\(type) and \(either)'" : "'\(type) and (\(either))'"
  }

  /// lsof's `PROTOCOL:STATE`.
  static func state(_ text: String) -> String? {
    let list = text.split(separator: ":").last ?? ""
    let words = list.split(separator: ",").map { Spelling.folded(String($0)) }
    guard !words.isEmpty, words.allSatisfy(StateTerm.words.contains) else { return nil }
    return "--state " + words.joined(separator: ",")
  }

  /// An end of a socket, if the language reads it as one.
  static func end(_ text: String) -> String? {
    if text.hasPrefix("port ") { return port(String(text.dropFirst(5))).map { ":\($0)" } }
    if text.hasPrefix("host ") { return end(String(text.dropFirst(5))) }
    let end = String((text.hasPrefix("eq ") ? text.dropFirst(3) : text[...]).drop { $0 == " " || $0 == "=" })
    return end.contains(" ") || (try? EndPattern(parsing: end)) == nil ? nil : end
  }

  /// The port of `80`, `:80`, `= :80` or `eq 80`.
  static func port(_ text: String) -> String? {
    let digits = (text.hasPrefix("eq ") ? text.dropFirst(3) : text[...]).filter { !" :=".contains($0) }
    return digits.isDecimal && UInt16(digits) != nil ? digits : nil
  }

  /// The ports that a comparison of ss(8) means, such as `= :80`, `!= :80` and `>= :1024`.
  ///
  /// - Parameter side: the term for the end, `peer` or `local`.
  static func ports(_ text: String, of side: String) -> String? {
    if let port = port(text) { return "\(side)::\(port)" }
    let sign = text.prefix { "<>=!".contains($0) }
    guard let number = port(String(text.dropFirst(sign.count))).flatMap({ UInt16($0) }) else { return nil }
    switch sign {
    case "!=": return "'not \(side)::\(number)'"
    case ">=": return "\(side)::\(number)-65535"
    case ">" where number < .max: return "\(side)::\(number + 1)-65535"
    case "<=" where number > 0: return "\(side)::1-\(number)"
    case "<" where number > 1: return "\(side)::1-\(number - 1)"
    default: return nil
    }
  }

  /// The numbers that a comparison of lsfd means, such as `>= 3`.
  static func numbers(_ text: String) -> String? {
    let sign = text.prefix { "<>=! ".contains($0) }.filter { $0 != " " }
    let amount = text.drop { "<>=! ".contains($0) }
    guard amount.isDecimal, let number = UInt32(amount), number < .max else { return nil }
    switch sign {
    case "=", "==", "": return "\(number)"
    case ">=": return "\(number)-"
    case ">": return "\(number + 1)-"
    case "<=": return "0-\(number)"
    case "<" where number > 0: return "0-\(number - 1)"
    case "!=": return "'not \(number)'"
    default: return nil
    }
  }

  /// A type as find(1) writes it.
  static func typeOfFind(_ letter: String) -> String? {
    let types = ["f": "reg", "d": "dir", "l": "lnk", "p": "fifo", "s": "sock", "c": "chr", "b": "blk"]
    return types[letter]
  }

  /// The value of a comparison with a size or a time, such as `1G` and `1.5m`.
  static func amount(_ text: some StringProtocol) -> String? {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let unit = text.dropFirst(digits.count)
    return digits.isEmpty || !unit.utf8.allSatisfy({ $0.isLetterOrDigit }) ? nil : String(text)
  }

  /// A number of bytes as the language writes it, for `1 M`, `10 megabytes` and `2000B`; nil for other texts.
  static func bytes(_ text: String) -> String? {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    var unit = Spelling.folded(String(text.dropFirst(digits.count).filter { $0 != " " }))
    guard digits.first?.isNumber == true else { return nil }
    if unit.hasSuffix("s") { unit.removeLast() }
    let names = ["byte": "", "b": "", "kilobyte": "K", "megabyte": "M", "gigabyte": "G", "terabyte": "T"]
    let ours = digits + (names[unit] ?? unit.uppercased())
    // A parser without guesses, because a guess asks for this function again.
    var parser = try? Parser(ByteString("size>\(ours)"))
    return (try? parser?.selector()) == nil ? nil : String(ours)
  }

  /// The comparisons that a text means which has words for signs, no sign, or two ends, such as `gt 1G`, `5`
  /// and `1M-3M`.
  ///
  /// - Parameter name: the quantity, such as `size`.
  static func comparisons(of name: String, _ text: String) -> String? {
    let signs = [
      "gt": ">", "ge": ">=", "gte": ">=", "lt": "<", "le": "<=", "lte": "<=", "eq": "=", "ne": "!=",
      "over": ">", "above": ">", "under": "<", "below": "<", "than": ">", "is": "=",
    ]
    let words = text.split(separator: " ").map(String.init)
    if words.count == 2, let sign = signs[words[0].filter { $0 != "-" }] { return name + sign + words[1] }
    let ends = text.split(separator: "-").compactMap { amount($0) }
    if ends.count == 2, words.count == 1 { return "\(name)>=\(ends[0]) and \(name)<=\(ends[1])" }
    // Few ask for more than no bytes, and hard links are counted exactly.
    let sign = text.hasPrefix("-") ? "<" : text == "0" || name == "links" ? "=" : ">"
    return words.count == 1 ? amount(text.drop { $0 == "+" || $0 == "-" }).map { name + sign + $0 } : nil
  }

  /// A size of find(1), such as `+1G`.
  static func size(_ text: String) -> String? {
    switch text.first {
    case "+": ">" + text.dropFirst()
    case "-": "<" + text.dropFirst()
    default: text.first?.isNumber == true ? "=" + text : nil
    }
  }

  /// The path of a terminal, as `ps(1)` prints it without the directory.
  static func terminal(_ text: String) -> String { text.hasPrefix("/") ? text : "/dev/" + text }
}
