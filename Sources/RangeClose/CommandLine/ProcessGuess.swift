import FDCore
import FDSelectors

/// The answer to a first operand that names no process.
enum ProcessGuess {
  /// Words that other commands have in front of the process.
  private static let verbs = [
    "stop", "restart", "reset", "list", "ls", "show", "status", "exec", "attach", "drop", "truncate",
    "shutdown",
    "docker", "systemctl", "sudo",
  ]

  /// The replacement for the operand.
  static func answer(to operand: ByteString) -> String {
    let text = operand.description
    let parts = text.split(separator: "/")
    if text.hasPrefix("/proc/"), parts.count > 1, parts[1].isDecimal {
      let number = parts.count > 3 && parts[2].hasPrefix("fd") && parts[3].isDecimal ? " \(parts[3])" : ""
      return "write \(parts[1])\(number)"
    }
    let numbers = text.split { $0 == "/" || $0 == "." }
    if numbers.count == 2, numbers.allSatisfy({ $0.isDecimal }) { return "write \(numbers[0]) \(numbers[1])" }
    let joined = text.split { "+-;&|".contains($0) }
    if joined.count > 1, joined.allSatisfy({ $0.isDecimal }) {
      return "for several processes write \(joined.joined(separator: ","))"
    }
    let bare = text.drop { $0 == " " }.prefix { $0 != " " }
    if bare.isDecimal, bare.count < text.count, text.allSatisfy({ $0.isNumber || $0 == " " }) {
      let rest = text.drop { $0 == " " }.dropFirst(bare.count).filter { $0 != " " }
      return rest.isEmpty
        ? "write \(bare) without the blank"
        : "for a descriptor write \(bare) \(rest) without quotes, and \(bare),\(rest) for two processes"
    }
    let lines = operand.bytes.split { $0 == 0x0A || $0 == 0x20 }
    if lines.count > 1, lines.allSatisfy({ $0.allSatisfy { (0x30...0x39).contains($0) } }) {
      return "write commas between the processes, as pgrep -d, prints them"
    }
    if text == "all" || text == "*" { return "for every process write --all" }
    if text == "help" { return "see --help" }
    if let word = ["pid", "PID", "process", "close", "kill", "p="].first(where: text.hasPrefix) {
      let rest = text.dropFirst(word.count).drop { "=: ".contains($0) }
      return rest.isDecimal ? "write \(rest) alone" : "the process comes first, by its number alone"
    }
    if verbs.contains(text) { return "the process comes first, by its number alone" }
    if ForeignWord.isUnit(text) { return "for a service write \(ForeignWord.unit(text))" }
    let lead = "the process comes first; to see who has it, write -n --all "
    let isEnd = text.contains(":") || text.hasSuffix("/tcp") || text.hasSuffix("/udp")
    if !text.hasPrefix("/"), isEnd, !text.contains(" "), let selector = Selector.corrected(text) {
      return lead + ForeignWord.quoted(selector)
    }
    if let pattern = pattern(for: operand) {
      return lead + "--path \(ForeignWord.quoted(pattern))"
    }
    if (try? Selector(parsing: operand)) != nil {
      return "the process comes first, and the selector after it"
    }
    let names = text.split(separator: ",")
    if names.count > 1,
      names.allSatisfy({ $0.utf8.allSatisfy { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A } })
    {
      return "the process comes first, by its number; for programs by their names write"
        + " \"$(pgrep -d, '\(names.joined(separator: "|"))')\""
    }
    let isName = text.utf8.first.map { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A } ?? false
    if isName, text.utf8.allSatisfy({ $0 > 0x20 && !"\"'$`\\:/>=<,".utf8.contains($0) }) {
      return "the process comes first, by its number; for a program by its name write"
        + " \"$(pgrep -d, \(text))\""
    }
    return "expected a number, as pgrep(1) prints it"
  }
  /// The pattern for a file or a directory that the user named in place of a process; nil for another text.
  ///
  /// A name without a slash is a file if it has a dot, and exists in rangeclose's own working directory. Any
  /// other name may be that of a program.
  private static func pattern(for operand: ByteString) -> String? {
    let text = operand.description
    let kind = OwnFile.kind(at: operand)
    let isName = text.contains("/") || text.contains(".") && kind != nil
    guard isName, text.utf8.count > 1, (try? Selector(parsing: operand)) == nil else { return nil }
    let local = text.hasPrefix("./") ? String(text.dropFirst(2)) : text
    let path = local.hasPrefix("/") ? local : "**/" + local
    if kind != .directory { return path }
    return path + (path.hasSuffix("/") ? "**" : "/**")
  }
}
