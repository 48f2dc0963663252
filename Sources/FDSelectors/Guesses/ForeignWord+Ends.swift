import FDCore

/// The meanings of ports, hosts and files that other tools look for in every process.
extension ForeignWord {
  /// The ports of `80`, `= :80`, `80,443`, `6000-6010` and `http`; nil for any other text.
  private static func ports(_ text: String) -> [String]? {
    let bare = (text.hasPrefix("eq ") ? text.dropFirst(3) : text[...]).drop { " =".contains($0) }
    let items = bare.split(separator: ",").map { String($0.drop { " :".contains($0) }) }
    let areAll = items.allSatisfy { item in
      item.first.map { $0.isLetter || $0.isNumber } == true && (try? EndPattern(parsing: ":\(item)")) != nil
    }
    return items.isEmpty || !areAll || bare.contains(" ") ? nil : items
  }

  /// The expression for sockets that have one of some ports at either end.
  static func eitherEnd(_ text: String) -> String? {
    ports(text).map { ports in
      let ends = ["peer", "local"].flatMap { side in ports.map { "\(side)::\($0)" } }
      return "'\(ends.joined(separator: " or "))'"
    }
  }

  /// The options for sockets that have one of some ports at one end.
  static func optionsForPorts(_ text: String) -> String? {
    ports(text).map { ports in
      ["--peer", "--local"].map { option in ports.map { "\(option) :\($0)" }.joined(separator: " ") }
        .joined(separator: ", or ")
    }
  }

  /// `from 10.0.0.7` and `from 3 to 7`.
  static func from(_ text: String) -> String? {
    if text.isDecimal { return text + "-" }
    let words = text.split(separator: " ").map(String.init)
    if words.count == 3, ["to", "-"].contains(words[1]) {
      let range = "\(words[0])-\(words[2])"
      return Guess.isRangeList(range) ? range : nil
    }
    return end(text).map { "peer:\($0)" }
  }

  /// `to 10.0.0.7` and `to 7`.
  static func to(_ text: String) -> String? {
    text.isDecimal ? "0-" + text : end(text).map { "peer:\($0)" }
  }

  /// The command line for what fuser(1) looks for in every process: a file, or a port with its protocol.
  static func holders(_ text: String) -> String? {
    let note = "; it lists who has it, and rangeclose kills nothing"
    if text.hasPrefix("/") || text.contains("."), let file = file(text) {
      return "-n --all --path \(quoted(file))\(note)"
    }
    let parts = text.split(separator: "/").map(String.init)
    guard parts.count == 2, ["tcp", "udp"].contains(parts[1]), port(parts[0]) != nil else { return nil }
    return "-n --all 'type:\(parts[1]) and local::\(parts[0])'\(note)"
  }

  // MARK: Files

  /// A pattern for a part of a path.
  static func part(_ text: String) -> String? {
    text.isEmpty || text.contains(where: { " ()[]{}\\".contains($0) })
      ? nil : "--path \(quoted("**" + unquoted(text) + "**"))"
  }

  /// The options for a device, which may be open itself, or have a file system.
  static func device(_ text: String) -> String? {
    text.hasPrefix("/")
      ? "--path \(quoted(text)); for the files on it the operand fs:\(text)" : nil
  }

  /// The option that puts a file in place of another.
  static func replacement(_ text: String) -> String? {
    text.hasPrefix("/") ? "--replace=\(quoted(text))" : nil
  }

  // MARK: Facts that no term has

  /// The answer to a question for a time; nil if the text is no time.
  ///
  /// The kernel keeps no time at which a descriptor was opened. `idle` is another fact.
  static func noAge(_ text: String) -> String? {
    amount(text.drop { " <>=+-".contains($0) }).map {
      "there is no term for age; 'idle>\($0)' means a TCP peer was silent so long"
    }
  }

  /// The answer to a question for the descriptors of event loops.
  static let unwatched = "there is no term for it; -n names what an event loop watches"
}
