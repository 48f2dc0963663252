import FDCore
import FDSelectors

/// Checks that a refusal points into the text and that a terminal can show it.
enum ErrorCheck {
  static func check(_ error: SelectorError, of source: [UInt8]) throws(Fault) {
    let snippet = error.snippet
    try require(snippet.source.bytes == source, "points into another text: \(snippet.source)")
    try require(
      snippet.range.lowerBound >= 0 && snippet.range.upperBound <= source.count,
      "points to \(snippet.range) of \(source.count) bytes")
    try checkSuggestion(error)
    let lines = error.description.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    try require(lines.count == (source.isEmpty ? 1 : 3), "\(lines.count) lines: \(lines)")
    for line in lines { try check(line: line) }
    guard lines.count == 3 else { return }
    // The check compares bytes, because a blank and a combining mark after it are one Character.
    try require(lines.dropFirst().allSatisfy { $0.utf8.starts(with: "  ".utf8) }, "not indented: \(lines)")
    let text = String(decoding: lines[1].utf8.dropFirst(2), as: UTF8.self)
    try check(mark: Array(lines[2].dropFirst(2)), under: text, snippet)
  }

  /// Checks that a suggested word has at least one letter of the wrong word.
  private static func checkSuggestion(_ error: SelectorError) throws(Fault) {
    guard case .notAWord(_, let meant?, _) = error.problem else { return }
    let word = error.snippet.bytes.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 == 0x5F ? 0x2D : $0 }
    // An escape has digits instead of letters.
    let isAlike = word.contains(0x5C) || meant.utf8.contains { word.contains($0 == 0x5F ? 0x2D : $0) }
    try require(isAlike, "suggests '\(meant)' for '\(ByteString(word))'")
  }

  /// Checks that a line does nothing to a terminal and is not endless.
  private static func check(line: String) throws(Fault) {
    let bad = line.unicodeScalars.first { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: true
      default: false
      }
    }
    if let bad { throw Fault("prints U+\(String(bad.value, radix: 16)): \(ByteString(line))") }
    try require(line.utf8.count < 4096, "prints a line of \(line.utf8.count) bytes")
  }

  /// Checks that the caret stands below the first letter of the marked part and that only tildes follow.
  private static func check(mark: [Character], under text: String, _ snippet: Snippet) throws(Fault) {
    guard let caret = mark.firstIndex(of: "^"), mark[..<caret].allSatisfy({ $0 == " " }),
      mark[(caret + 1)...].allSatisfy({ $0 == "~" })
    else { throw Fault("not a mark: \(String(mark))") }
    // The terminal decides how wide other characters are.
    guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return }
    let part = escaped(snippet.bytes)
    let found = Array(text.utf8.dropFirst(caret))
    let length = mark.count - caret
    try require(length == max(1, min(part.count, length)), "marks \(length) of \(part.count): \(text)")
    try require(
      found.starts(with: part.prefix(length)) && (part.isEmpty || length >= min(part.count, 40)),
      "marks another part than '\(String(decoding: part, as: UTF8.self))': \(text)")
    let lead = escaped(snippet.source.bytes[..<snippet.range.lowerBound])
    let shown = text.utf8.prefix(caret)
    let isWhole = shown.elementsEqual(lead)
    let isTail = shown.starts(with: "...".utf8) && lead.suffix(caret - 3).elementsEqual(shown.dropFirst(3))
    try require(isWhole || isTail, "shows before it '\(text)'")
  }

  /// Bytes as the listing writes them, except that a backslash stands for itself.
  private static func escaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    bytes.flatMap { byte -> [UInt8] in
      switch byte {
      case 0x09: Array("\\t".utf8)
      case 0x0A: Array("\\n".utf8)
      case 0x0D: Array("\\r".utf8)
      case 0x1B: Array("\\e".utf8)
      case 0x20...0x7E: [byte]
      default: Array("\\\(byte >> 6)\(byte >> 3 & 7)\(byte & 7)".utf8)
      }
    }
  }
}
