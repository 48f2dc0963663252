import FDCore

/// The meanings that arguments of other tools have here.
extension ForeignWord {
  /// A text as one word for the shell.
  static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { $0.isLetterOrDigit || "-_./:,@%+=".utf8.contains($0) }
    return isPlain ? text : "'\(text)'"
  }

  /// A text without the quotes around it.
  static func unquoted(_ text: String) -> String { text.filter { $0 != "'" && $0 != "\"" } }

  /// A pattern for a path: a name without a slash in front is looked for in every directory.
  static func whole(_ name: String) -> String {
    let bare = unquoted(name.drop { "=~ ".contains($0) }.description)
    return bare.hasPrefix("/") || bare.hasPrefix("*") ? bare : "**/" + bare
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
    let end = String((text.hasPrefix("eq ") ? text.dropFirst(3) : text[...]).drop { $0 == " " || $0 == "=" })
    return (try? EndPattern(parsing: end)) == nil ? nil : end
  }

  /// The port of `80`, `:80`, `= :80` or `eq 80`.
  static func port(_ text: String) -> String? {
    let digits = (text.hasPrefix("eq ") ? text.dropFirst(3) : text[...]).filter { !" :=".contains($0) }
    return digits.isDecimal && UInt16(digits) != nil ? digits : nil
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

  /// A comparison that is written with a word or without a sign, such as `gt 1G` and `5`.
  static func comparison(_ text: String) -> String? {
    let signs = [
      "gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "=", "ne": "!=", "over": ">", "under": "<",
    ]
    let words = text.split(separator: " ").map(String.init)
    if words.count == 2, let sign = signs[words[0].filter { $0 != "-" }] { return sign + words[1] }
    return words.count == 1 && text.first?.isNumber == true ? ">" + text : nil
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

  /// The descriptors that a call in C closes.
  static func callOfClose(_ text: String) -> String? {
    // gdb(1) asks for a cast in front of a call whose type it does not know.
    if text.hasPrefix("("), let end = text.firstIndex(of: ")") {
      return callOfClose(String(text[text.index(after: end)...].drop { $0 == " " }))
    }
    guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close else {
      return nil
    }
    let name = text[..<open].split(separator: " ").last ?? ""
    let arguments = text[text.index(after: open)..<close].split(separator: ",").map { argument in
      String(argument.filter { $0 != " " })
    }
    let range: String
    switch (name, arguments.count) {
    case ("close", 1): range = arguments[0]
    case ("closefrom", 1): range = arguments[0] + "-"
    case ("close_range", 2...3): range = "\(arguments[0])-\(arguments[1])"
    default: return nil
    }
    return (try? RangeList(parsing: range)).map { $0.description }
  }
}
