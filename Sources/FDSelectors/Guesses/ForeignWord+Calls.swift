import FDCore

/// Calls in C, Python or gdb(1), as they are typed to close a descriptor from inside.
extension ForeignWord {
  /// The operand and the option for one call or several, such as `close(4)` and `os.close(4); os.close(5)`.
  ///
  /// The calls must be the same operation, because one run does only one.
  static func call(_ text: String) -> String? {
    let calls = pieces(text).map(operationOfCall)
    guard let first = calls.first, let option = first?.option, calls.allSatisfy({ $0?.option == option })
    else { return nil }
    let list = calls.compactMap { $0?.range }.joined(separator: ",")
    return (try? RangeList(parsing: list)).map { $0.description + option }
  }

  /// The calls of a text, which semicolons, commas between calls, or `&&` separate.
  private static func pieces(_ text: String) -> [String] {
    var (pieces, depth) = ([""], 0)
    for character in text {
      depth += character == "(" ? 1 : character == ")" ? -1 : 0
      if depth == 0, ";,&\n".contains(character) {
        pieces.append("")
      } else {
        pieces[pieces.count - 1].append(character)
      }
    }
    return pieces.map { String($0.drop { $0 == " " }) }.filter { !$0.isEmpty }
  }

  /// The descriptors that one call works on, and the option for the same.
  private static func operationOfCall(_ text: String) -> (range: String, option: String)? {
    // gdb(1) asks for a cast in front of a call whose type it does not know.
    if text.hasPrefix("("), let end = text.firstIndex(of: ")") {
      return operationOfCall(String(text[text.index(after: end)...].drop { $0 == " " }))
    }
    guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close else {
      return nil
    }
    // A cast or an object may stand in front of the name.
    let name = text[..<open].split { $0 == " " || $0 == "." || $0 == ":" }.last ?? ""
    let arguments = pieces(String(text[text.index(after: open)..<close])).map { $0.filter { $0 != " " } }
    if name.isEmpty || name == "call" || name == "p" || name == "print" {
      return operationOfCall(String(text[open...]))
    }
    return operation(String(name.drop { $0 == "_" }), arguments)
  }

  private static func operation(_ name: String, _ arguments: [String]) -> (range: String, option: String)? {
    guard let first = arguments.first else { return nil }
    let halves = ["0": "read", "SHUT_RD": "read", "1": "write", "SHUT_WR": "write"]
    switch (name, arguments.count) {
    case ("close", 1), ("fclose", 1), ("sys_close", 1): return (first, "")
    case ("closefrom", 1): return (first + "-", "")
    case ("close_range", 2...3): return ("\(first)-\(arguments[1])", "")
    case ("closerange", 2):  // Python leaves the second number out.
      return UInt32(arguments[1]).flatMap { $0 > 0 ? ("\(first)-\($0 - 1)", "") : nil }
    case ("shutdown", 1...2):
      return (first, " --shutdown" + (halves[arguments.last ?? ""].map { "=\($0)" } ?? ""))
    case ("ftruncate", 1...2): return (first, " --truncate")
    case ("dup2", 2), ("dup3", 3): return (arguments[1], " --replace")
    case ("fcntl", 3) where arguments[1] == "F_SETFD" || arguments[1] == "2": return (first, " --cloexec")
    default: return nil
    }
  }
}
