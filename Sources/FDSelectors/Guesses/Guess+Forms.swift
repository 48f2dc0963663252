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

  /// The number for `/proc/PID/fd/N`, `/dev/fd/N` and `/dev/stderr`, and the process if the link names it.
  static func numberOfLink(_ path: String) -> (number: String, process: Int32?)? {
    let standard = ["/dev/stdin": "0", "/dev/stdout": "1", "/dev/stderr": "2"]
    if let number = standard[path] { return (number, nil) }
    let parts = path.split(separator: "/").map(String.init)
    guard let number = parts.last, number.isDecimal, parts.count > 2, parts[parts.count - 2] == "fd" else {
      return nil
    }
    if parts.count == 3, parts[0] == "dev" { return (number, nil) }
    guard parts[0] == "proc", parts.count == 4 || parts.count == 6 && parts[2] == "task" else { return nil }
    return parts[1].isDecimal ? Int32(parts[1]).map { (number, $0) } : (number, nil)
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
    let bare = String((rest.hasPrefix("info/") ? rest.dropFirst(4) : rest[...]).drop { " :=/".contains($0) })
    let words = rest.split { " (),".contains($0) }.map(String.init)
    if words.first == "in", words.count > 1 {
      let list = words.dropFirst().joined(separator: ",")
      return Self.isRangeList(list) ? list : nil
    }
    if words.count == 4, words[0] == "between", words[2] == "and", words[1].isDecimal, words[3].isDecimal {
      return Self.isRangeList("\(words[1])-\(words[3])") ? "\(words[1])-\(words[3])" : nil
    }
    return ForeignWord.numbers(rest) ?? (Self.isRangeList(bare) ? bare : nil)
  }

  /// `4>&-` and `exec 4<&-`, which close a number of the shell itself, and `4>/dev/null`.
  var redirection: String? {
    let parts = text.split(separator: ";").map { Self.redirection(String($0.drop { $0 == " " })) }
    let first = parts.first ?? nil
    if parts.count == 1 { return first }
    let list = parts.compactMap { $0 }.joined(separator: ",")
    return parts.contains(where: { $0 == nil }) || !Self.isRangeList(list) ? nil : list
  }

  /// The number of one redirection; with the option for a file in its place.
  private static func redirection(_ text: String) -> String? {
    let bare = text.hasPrefix("exec ") ? text.dropFirst(5).drop { $0 == " " } : text[...]
    let digits = bare.prefix { $0.isNumber }
    guard digits.isDecimal, UInt32(digits) != nil else { return nil }
    switch bare.dropFirst(digits.count) {
    case ">&-", "<&-", "<>&-", ">-": return String(digits)
    case ">/dev/null", ">>/dev/null", "> /dev/null", "</dev/null": return "\(digits) --replace"
    default: break
    }
    let rest = bare.dropFirst(digits.count)
    for sign in ["->", ">>", ">", ":", "="] where rest.hasPrefix(sign + "/") {
      return "\(digits) --replace=\(ForeignWord.quoted(String(rest.dropFirst(sign.count))))"
    }
    return nil
  }

  static func isRangeList(_ text: String) -> Bool { (try? RangeList(parsing: text)) != nil }

  /// A list of numbers in another notation: `3..5`, `3:10`, `3+`, `4r`, `3 5`, `[3-5]`, `!7`.
  var range: String? {
    if let comparison = text.first, "<>".contains(comparison) { return ForeignWord.numbers(text) }
    if text == "*" { return "all" }
    if let excluded = excluded { return excluded }
    for word in [" to ", " through ", " thru ", " until ", " till "] {
      guard let (first, last) = Self.split(text, at: word) else { continue }
      return Self.isRangeList("\(first)-\(last)") ? "\(first)-\(last)" : nil
    }
    let inner = text.filter { !"[]{}()\"'".contains($0) }
    let items = inner.split { ", ;|&/".contains($0) }.map { Self.item(String($0)) }
    guard !items.isEmpty, items.allSatisfy(Self.isRangeList) else { return nil }
    let list = items.joined(separator: ",")
    return list == text ? nil : list
  }

  /// `!7`, `^7` and `3-9,!7`: numbers that the user wants to leave out.
  private var excluded: String? {
    if let (kept, out) = Self.exception(text) { return "'\(kept) and not \(out)'" }
    guard let sign = text.firstIndex(where: { $0 == "!" || $0 == "^" }) else { return nil }
    let before = text[..<sign].split { $0 == "," || $0 == " " }
    let out = text[sign...].split { "!^, ".contains($0) }.map(String.init)
    guard !out.isEmpty, (before.map(String.init) + out).allSatisfy(Self.isRangeList) else { return nil }
    let pronoun = out.count == 1 && out[0].isDecimal ? "it" : "them"
    return "--except \(out.joined(separator: ",")) to leave \(pronoun) out"
  }

  /// The number to leave out in `3-,-7`.
  var excludedItem: String? {
    guard let sign = Self.split(text, at: ",-"), Self.isRangeList(sign.before), Self.isRangeList(sign.after)
    else { return nil }
    return "--except \(sign.after) to leave it out"
  }

  /// `3- except 7` and `3- without 7,9`: numbers and the numbers to leave out.
  private static func exception(_ text: String) -> (kept: String, out: String)? {
    let words = text.split(separator: " ").map(String.init)
    guard words.count > 2, isRangeList(words[0]), let out = words.last, isRangeList(out) else { return nil }
    let signs = ["except", "without", "minus", "excluding", "but not", "not", "and not", "except for"]
    return signs.contains(words[1..<(words.count - 1)].joined(separator: " ")) ? (words[0], out) : nil
  }

  /// One item, as the language writes it; the same text if the notation is not known.
  private static func item(_ text: String) -> String {
    if isRangeList(text) { return text }
    for prefix in ["fd", "+", "#"]
    where text.hasPrefix(prefix) && isRangeList(String(text.dropFirst(prefix.count))) {
      return String(text.dropFirst(prefix.count))
    }
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

  /// `path~log`, `name =~ "log"` and `path contains log`: a part of a path.
  var partOfPath: String? {
    let name = text.prefix { $0.isLetter }
    guard ["path", "name", "file", "filename"].contains(Spelling.folded(String(name))) else { return nil }
    let rest = text.dropFirst(name.count)
    let words = rest.split(separator: " ")
    if let tilde = rest.firstIndex(of: "~"), rest[..<tilde].allSatisfy({ " =".contains($0) }) {
      return Self.pattern("**", String(rest[rest.index(after: tilde)...].drop { $0 == " " }), "**")
    }
    guard rest.hasPrefix(" "), words.count > 1, let last = words.last else { return nil }
    switch words.dropLast().joined(separator: " ") {
    case "contains", "like", "ilike", "matches", "has", "includes":
      return Self.pattern("**", String(last), "**")
    case "starts with", "begins with", "startswith", "under", "below", "in":
      return Self.pattern("", String(last), "**")
    case "ends with", "endswith": return Self.pattern("**", String(last), "")
    case "is", "eq", "equals": return Self.pattern("", ForeignWord.whole(String(last)), "")
    default: return nil
    }
  }

  /// A term with a pattern; `%` stands for any text, as in SQL.
  private static func pattern(_ start: String, _ text: String, _ end: String) -> String? {
    let bare = ForeignWord.unquoted(text).split(separator: "%").joined(separator: "**")
    let isClosed = bare.utf8.allSatisfy { !"()[]{}\\ ".utf8.contains($0) }
    return isClosed && !bare.isEmpty ? "'path:\(start)\(bare)\(end)'" : nil
  }

  /// `deleted size>1M`: two selectors without a word between them.
  func joiningTerms(at place: Snippet) -> String? {
    let bytes = place.source.bytes
    let before = String(decoding: bytes[..<place.range.lowerBound], as: UTF8.self)
    let rest = String(decoding: bytes[place.range.lowerBound...], as: UTF8.self)
    let texts = ["and", "or"].compactMap { Selector.corrected("\(before)\($0) \(rest)") }
    return texts.count == 2 ? "'\(texts[0])', or '\(texts[1])'" : nil
  }

  /// `size>1M, deleted`: selectors with a comma between them.
  var joiningCommas: String? {
    let parts = text.split(separator: ",").map { String($0.drop { $0 == " " }) }
    let most = 4
    guard 2...most ~= parts.count, parts.allSatisfy({ $0.first?.isLetter == true }) else { return nil }
    let texts = ["and", "or"].compactMap { Selector.corrected(parts.joined(separator: " \($0) ")) }
    return texts.count == 2 ? "'\(texts[0])', or '\(texts[1])'" : nil
  }

  /// `type=tcp` and `state != listen`: a sign in place of the colon.
  var valueAfterEquals: String? {
    let name = text.prefix { $0.isLetter || $0 == "-" }
    let rest = text.dropFirst(name.count)
    let sign = rest.filter { $0 != " " }.prefix { "=!".contains($0) }
    guard ["=", "==", "!="].contains(sign) else { return nil }
    let value = rest.drop { "=! ".contains($0) }
    guard let term = value.contains(" ") ? nil : Selector.corrected("\(name):\(value)") else { return nil }
    return sign == "!=" ? "'not \(term)'" : ForeignWord.quoted(term)
  }

  // MARK: Files

  /// A path or a file name alone.
  var path: String? {
    guard !text.isEmpty, text.utf8.allSatisfy({ !$0.isComparison && $0 != UInt8(ascii: ":") }) else {
      return nil
    }
    let bare = text.hasSuffix(" (deleted)") ? String(text.dropLast(" (deleted)".count)) : text
    if bare.contains(where: { " ()\"'".contains($0) }) { return nil }
    let name = bare.hasPrefix("./") ? String(bare.dropFirst(2)) : bare
    if name.hasPrefix("/") { return ForeignWord.quoted("path:\(name)") }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let isFileName =
      parts.count > 1 && (parts.last.map { !$0.isEmpty && !$0.isDecimal } ?? false) || name.contains("/")
    if name.hasPrefix("**") { return ForeignWord.quoted("path:\(name)") }
    return isFileName || name.contains("*") ? ForeignWord.quoted("path:**/\(name)") : nil
  }
}
