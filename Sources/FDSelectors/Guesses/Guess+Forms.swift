import FDCore

/// Forms that need no table: what they mean follows from how they are written.
extension Guess {
  // MARK: Descriptors

  /// `/proc/PID/fd/N`.
  var procfs: String? {
    let parts = text.split(separator: "/")
    guard text.hasPrefix("/proc/"), parts.count >= 4, parts[2] == "fd" || parts[2] == "fdinfo",
      parts[3].isDecimal
    else { return nil }
    return parts[1].isDecimal
      ? "\(parts[3]), with \(parts[1]) as the first operand" : "\(parts[3]), after the process"
  }

  /// The kernel's text for a file without a path, such as `socket:[7]`.
  var kernelText: String? {
    for (prefix, isSocket) in [("socket:", true), ("pipe:", false)] where text.hasPrefix(prefix) {
      if !text.dropFirst(prefix.count).hasPrefix("[") { return isSocket ? "type:sock" : "type:fifo" }
      let inode = text.dropFirst(prefix.count + 1).prefix { $0 != "]" }
      guard inode.isDecimal else { return nil }
      return isSocket ? "inode:\(inode), or peer:socket:[\(inode)] for the other end" : "inode:\(inode)"
    }
    return text.hasPrefix("anon_inode:") ? "path:\(text)" : nil
  }

  /// `fd 3`, `fd=3`, `fd:3-5`, `fd>=3`.
  var descriptor: String? {
    let folded = Spelling.folded(text)
    guard let name = ["descriptors", "descriptor", "fds", "fd", "#"].first(where: folded.hasPrefix) else {
      return nil
    }
    let rest = String(folded.dropFirst(name.count))
    let bare = String(rest.drop { " :=".contains($0) })
    return ForeignWord.numbers(rest) ?? (Self.isRangeList(bare) ? bare : nil)
  }

  static func isRangeList(_ text: String) -> Bool { (try? RangeList(parsing: text)) != nil }

  /// A list of numbers in another notation: `3..5`, `3:10`, `3+`, `4r`, `3 5`, `[3-5]`, `!7`.
  var range: String? {
    if let comparison = text.first, "<>".contains(comparison) { return ForeignWord.numbers(text) }
    if text == "*" || text == "-" { return "all" }
    if let excluded = excluded { return excluded }
    if let (first, last) = Self.split(text, at: " to ") {
      return Self.isRangeList("\(first)-\(last)") ? "\(first)-\(last)" : nil
    }
    let inner = text.filter { !"[]{}\"'".contains($0) }
    let items = inner.split { $0 == "," || $0 == " " || $0 == ";" }.map { Self.item(String($0)) }
    guard !items.isEmpty, items.allSatisfy(Self.isRangeList) else { return nil }
    let list = items.joined(separator: ",")
    return list == text ? nil : list
  }

  /// `!7`, `^7` and `3-9,!7`: numbers that the user wants to leave out.
  private var excluded: String? {
    guard let sign = text.firstIndex(where: { $0 == "!" || $0 == "^" }) else { return nil }
    let before = text[..<sign].split { $0 == "," || $0 == " " }
    let out = text[sign...].split { "!^, ".contains($0) }.map(String.init)
    guard !out.isEmpty, (before.map(String.init) + out).allSatisfy(Self.isRangeList) else { return nil }
    let pronoun = out.count == 1 && out[0].isDecimal ? "it" : "them"
    return "--except \(out.joined(separator: ",")) to leave \(pronoun) out"
  }

  /// One item, as the language writes it; the same text if the notation is not known.
  private static func item(_ text: String) -> String {
    if isRangeList(text) { return text }
    for sign in ["...", "..", ":", "\u{2013}", "\u{2014}", "\u{2212}", "to"] {
      guard let parts = split(text, at: sign) else { continue }
      let isOpen = ["*", "$", "end", "inf"].contains(parts.after)
      return isOpen ? "\(parts.before)-" : "\(parts.before)-\(parts.after)"
    }
    let digits = String(text.prefix { $0.isNumber })
    let rest = text.dropFirst(digits.count)
    switch rest {
    case "+", "..", "-*", "-$", "-end", "-inf", "-UINT_MAX", "-INT_MAX", "--1": return digits + "-"
    // lsof adds the access mode and a letter for a lock.
    default:
      let isMode = rest.first.map { "rwuRWU-".contains($0) } ?? false
      return isMode && rest.utf8.allSatisfy({ $0.isLetterOrDigit }) && rest.count <= 2 ? digits : text
    }
  }

  /// The texts before and after a sign; nil if one of them is empty.
  private static func split(_ text: String, at sign: String) -> (before: String, after: String)? {
    let (bytes, wanted) = (Array(text.utf8), Array(sign.utf8))
    guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: wanted) }), start > 0,
      start + wanted.count < bytes.count
    else { return nil }
    let after = bytes[(start + wanted.count)...]
    return (String(decoding: bytes[..<start], as: UTF8.self), String(decoding: after, as: UTF8.self))
  }

  // MARK: Values

  /// A list of words that are terms of their own, such as `deleted,tmpfile` and `tcp,listen`.
  var alternatives: String? {
    let items = text.split(separator: ",").map(String.init)
    guard items.count > 1, !text.contains(" ") else { return nil }
    var terms: [(name: String, text: String)] = []
    for item in items {
      if (try? Selector(parsing: ByteString(item))) != nil {
        terms.append(("", item))
      } else if let (name, word) = TermSyntax.termOfWord(item) {
        terms.append((name, word))
      } else {
        return nil
      }
    }
    if let name = terms.first?.name, !name.isEmpty, terms.allSatisfy({ $0.name == name }) {
      return "\(name):" + terms.map { $0.text }.joined(separator: ",")
    }
    let isMixed = terms.contains { !$0.name.isEmpty }
    return "'"
      + terms.map { $0.name.isEmpty ? $0.text : "\($0.name):\($0.text)" }
      .joined(separator: isMixed ? " and " : " or ") + "'"
  }

  /// `path~log` and `name =~ "log"`: a part of a path.
  var partOfPath: String? {
    let parts = text.split(separator: "~", maxSplits: 1)
    let name = Spelling.folded(parts.first.map { String($0.filter { $0 != " " && $0 != "=" }) } ?? "")
    guard parts.count == 2, name == "path" || name == "name" else { return nil }
    return "'path:**\(ForeignWord.unquoted(String(parts[1].drop { $0 == " " })))**'"
  }

  /// A size without a sign, a time with a longer unit, or a device by its name.
  func value(for problem: SelectorError.Problem) -> String? {
    switch problem {
    case .missingRelation(let syntax):
      let ends = text.split(separator: "-", omittingEmptySubsequences: false)
      if ends.count == 2, ends.allSatisfy({ $0.first?.isNumber == true }) {
        return "'>=\(ends[0])', and the operand '\(syntax.name)<=\(ends[1])'"
      }
      return ForeignWord.size(text).map { "'\($0)'" }.map { $0.hasPrefix("'=") ? "'>\($0.dropFirst(2))" : $0 }
    case .notATime:
      let digits = text.prefix { $0.isNumber || $0 == "." }
      let unit = Spelling.folded(String(text.dropFirst(digits.count).drop { $0 == " " }))
      if unit.hasPrefix("w"), let weeks = UInt64(digits), weeks < 8 { return "\(weeks * 7)d" }
      let words = ["s": "seconds", "m": "minutes", "h": "hours", "d": "days"]
      guard !digits.isEmpty, let letter = unit.first,
        words["\(letter)"]?.hasPrefix(unit) == true || unit == "hr"
      else { return nil }
      return "\(digits)\(letter)"
    case .notADevice:
      let name = text.hasPrefix("/dev/") ? String(text.dropFirst(5)) : text
      guard name.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }), !name.isDecimal else {
        return nil
      }
      return "fs:/dev/\(name) in place of the whole term"
    default: return nil
    }
  }

  // MARK: Files

  /// A path or a file name alone.
  var path: String? {
    guard !text.isEmpty, text.utf8.allSatisfy({ !$0.isComparison && $0 != UInt8(ascii: ":") }) else {
      return nil
    }
    let bare = text.hasSuffix(" (deleted)") ? String(text.dropLast(" (deleted)".count)) : text
    if bare.contains(" ") { return nil }
    let name = bare.hasPrefix("./") ? String(bare.dropFirst(2)) : bare
    if name.hasPrefix("/") { return ForeignWord.quoted("path:\(name)") }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let isFileName =
      parts.count > 1 && (parts.last.map { !$0.isEmpty && !$0.isDecimal } ?? false) || name.contains("/")
    return isFileName || name.contains("*") ? ForeignWord.quoted("path:**/\(name)") : nil
  }
}
