import FDCore

/// Patterns that the user may have meant by a pattern that matches nothing.
extension Glob {
  /// The other patterns, each with the reason why this one matches nothing.
  var nearMisses: [(glob: Glob, reason: String)] {
    var misses: [(glob: Glob, reason: String)] = []
    func add(_ text: String, _ reason: String) {
      if text != description, let glob = try? Glob(parsing: text) { misses.append((glob, reason)) }
    }
    let base = withoutMark
    if base != description { add(base, "the mark (deleted) is not part of a path") }
    if let bare = withoutQuotes { add(bare, "a quote or a blank at an end counts as a part of the path") }
    if let place = base.firstIndex(of: "$"), let slash = base[place...].firstIndex(of: "/") {
      // The variable stands for the beginning of the path, as in '$DIR/app.log'.
      add("**" + base[slash...], "in single quotes the shell leaves a $ as it is")
    }
    if description.contains("[") {
      let reason = "brackets in a pattern are a set of characters"
      for start in ["", "**"] { add(start + Self.escapingBrackets(base), reason) }
    }
    if let clean = withoutDots { add(clean, "a path has one slash between names, and no . or ..") }
    if let list = fromList { add(list, "a path takes no list") }
    let expression = fromRegularExpression
    func addExpression() {
      guard let expression else { return }
      add(expression.glob, "a pattern is a glob, and no regular expression")
      if !expression.isAnchored {
        add(expression.glob + "**", "a pattern is a glob, and no regular expression")
      }
    }
    if expression?.isSure == true { addExpression() }
    let prefixes = ["file://", "file:", "./", "~/"]
    let prefix = prefixes.first(where: base.hasPrefix) ?? ""
    let slashes = base.dropFirst(prefix.count).prefix { $0 == "/" }.count
    let name = String(base.dropFirst(prefix.count + max(0, slashes - 1)))
    let isWhole = "a path is compared as a whole"
    if name.hasPrefix("/"), name != base { add(name, isWhole) }
    if !name.hasPrefix("/"), !name.hasPrefix("*"), !name.isEmpty { add("**/" + name, isWhole) }
    let isName = base.hasPrefix("*") && !base.hasPrefix("**") && !base.contains("/")
    let across = isName ? "**/" + base : Self.crossingSlashes(base)
    if across != base { add(across, "a single * stops at a slash") }
    if !base.hasSuffix("*") { add((base.hasSuffix("/") ? base : base + "/") + "**", isWhole) }
    add(name.hasPrefix("/") ? name + "**" : "**/" + Self.crossingSlashes(name), isWhole)
    addExpression()
    // A set of letters would match nearly everything.
    if !name.contains("[") { add("**" + name + "**", isWhole) }
    return misses
  }

  /// The pattern without double slashes, and without the components `.` and `..`; nil if there are none.
  private var withoutDots: String? {
    let text = description
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    guard text.hasPrefix("/"), parts.dropLast().contains(where: { ["", ".", ".."].contains($0) })
    else { return nil }
    var names: [Substring] = []
    for part in parts where part != "." && !part.isEmpty {
      if part != ".." { names.append(part) } else if !names.isEmpty { names.removeLast() }
    }
    return "/" + names.joined(separator: "/")
  }

  /// Whether the pattern has the word of the mark that the kernel adds to the path of a deleted file.
  var hasDeletedMark: Bool {
    let (text, mark) = (Spelling.lowercased(description.utf8), Array("deleted".utf8))
    return text.indices.contains { text[$0...].starts(with: mark) }
  }

  /// The pattern without quotes and blanks at its ends; nil if there are none.
  private var withoutQuotes: String? {
    let signs = ["\\ ", "\\'", "\\\""]
    var text = description
    while let sign = signs.first(where: text.hasPrefix) { text = String(text.dropFirst(sign.count)) }
    while let sign = signs.first(where: text.hasSuffix) { text = String(text.dropLast(sign.count)) }
    return text == description || text.isEmpty ? nil : text
  }

  /// The text of a pattern with brackets that stand for themselves, as in `pipe:[7]`.
  private static func escapingBrackets(_ text: String) -> String {
    let pieces = text.split(separator: "[", omittingEmptySubsequences: false).map { piece in
      piece.split(separator: "]", omittingEmptySubsequences: false).joined(separator: "\\]")
    }
    return pieces.joined(separator: "\\[")
  }

  /// The alternatives for a list of paths that are separated by commas; nil for a single path.
  private var fromList: String? {
    let items = description.split { $0 == "," || $0 == "|" }.map { $0.drop { $0 == "\\" || $0 == " " } }
    guard items.count > 1, !description.contains("{"), !description.contains("(") else { return nil }
    return "{" + items.map { $0.hasPrefix("/") ? String($0) : "**/\($0)" }.joined(separator: ",") + "}"
  }

  /// The glob for a text that looks like a regular expression; nil for any other text.
  ///
  /// It is sure to be one if a glob would hardly be written like it.
  private var fromRegularExpression: (glob: String, isAnchored: Bool, isSure: Bool)? {
    var text = description.filter { $0 != "\\" }
    // sed(1) has slashes around an expression.
    if text.hasPrefix("/"), text.hasSuffix("$/") || text.hasPrefix("/^") && text.hasSuffix("/") {
      text = String(text.dropFirst().dropLast())
    }
    let isAnchored = (start: text.hasPrefix("^"), end: text.hasSuffix("$"))
    if isAnchored.start { text.removeFirst() }
    if isAnchored.end { text.removeLast() }
    let hasAlternatives = text.contains("(") && text.contains("|")
    var (glob, rest) = ("", text[...])
    while let character = rest.popFirst() {
      switch character {
      case "." where rest.first == "*" || rest.first == "+":
        rest.removeFirst()
        glob += "**"
      case "(" where hasAlternatives: glob += "{"
      case "|" where hasAlternatives: glob += ","
      case ")" where hasAlternatives: glob += "}"
      default: glob.append(character)
      }
    }
    guard isAnchored.start || isAnchored.end || hasAlternatives || glob != text else { return nil }
    let isSure = isAnchored.start || isAnchored.end || hasAlternatives || text.hasPrefix(".*")
    let isFromStart = isAnchored.start || glob.hasPrefix("/") || glob.hasPrefix("**")
    return ((isFromStart ? "" : "**") + glob, isAnchored.end || glob.hasSuffix("**"), isSure)
  }

  /// The pattern for the same file below any directory; nil for a whole path.
  var belowAnyDirectory: Glob? {
    description.hasPrefix("/") || description.hasPrefix("@") ? nil : try? Glob(parsing: "**/" + description)
  }

  /// The pattern without the mark that the kernel adds to the path of a deleted file.
  private var withoutMark: String {
    for mark in ["\\ \\(deleted\\)", " \\(deleted\\)"] where description.hasSuffix(mark) {
      return String(description.dropLast(mark.count))
    }
    return description
  }

  /// The text of a pattern with two stars in place of each single star.
  private static func crossingSlashes(_ text: String) -> String {
    var (result, isEscaped, isAfterStar) = ("", false, false)
    for character in text {
      let isStar = character == "*" && !isEscaped
      if isStar, !isAfterStar { result.append("*") }
      if !(isStar && isAfterStar) { result.append(character) }
      isAfterStar = isStar
      isEscaped = character == "\\" && !isEscaped
    }
    return result
  }
}
