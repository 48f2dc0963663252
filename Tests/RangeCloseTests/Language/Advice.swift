import TestSupport
import Testing

/// The advice of a message: words that the user types in place of the refused words.
struct Advice {
  /// The refused words; nil if the message does not quote them.
  let refused: String?
  /// The words that the user types instead, as a text for the shell.
  let words: String

  /// All that the messages advise; the alternatives of one message are several.
  static func all(in output: String) -> [Advice] {
    output.split(separator: "\n").filter { $0.hasPrefix("rangeclose: ") }.flatMap { line in
      parts(of: String(line.dropFirst("rangeclose: ".count)))
    }
  }

  private static func parts(of message: String) -> [Advice] {
    let signs = ["here it is ", "; write ", "put it in quotes: ", "did you mean "]
    let found = signs.compactMap { sign in message.firstRange(of: sign) }
    guard let sign = found.min(by: { $0.lowerBound < $1.lowerBound }) else { return [] }
    var text = String(message[sign.upperBound...])
    // After these signs there is no more to type.
    for sign in [
      "; ", " for ", " alone", " without", ", as another", " in place of", " to leave ", " to put ",
      ", beside ",
      ", with ",
      ", after ",
      "?",
    ] {
      if let end = text.firstRange(of: sign) { text = String(text[..<end.lowerBound]) }
    }
    // An advice about the first operand, or of nothing, adds nothing to the command line.
    let nothing = ["nothing", "left out", "the default", "commas between"]
    if nothing.contains(where: text.hasPrefix) || message.contains("first operand") { return [] }
    let isForWhole = ["in place of", "as another term", "stands alone", "is an option"].contains {
      message.contains($0)
    }
    let column = "there is no column "
    let start = message.hasPrefix(column) ? message.dropFirst(column.count) : message[...]
    let end = ["' is ", "': ", "'; "].compactMap { start.firstRange(of: $0)?.lowerBound }.min()
    let refused = start.hasPrefix("'") && !isForWhole ? end.map { String(start[..<$0].dropFirst()) } : nil
    return text.split(separator: ", or ").map {
      Advice(refused: refused, words: filled(String($0)))
    }
  }

  /// A text with examples in place of the placeholders.
  private static func filled(_ text: String) -> String {
    let lead = ["the operand ", "an operand such as "].first(where: text.hasPrefix) ?? ""
    let bare = String(text.dropFirst(lead.count))
    if bare == "local:" { return "local::80" }
    let placeholders = [
      ("SELECTOR", "deleted"), ("COLUMNS", "FD"), ("-COLUMN", "-FD"), ("=PATH", "=/dev/null"), ("GLOB", "/x"),
      ("PID", "$P"),
      ("NUMBER", "7"), ("MAJOR:MINOR", "8:1"), (":PORT", ":80"), ("peer:HOST", "peer:"), ("STATE", "listen"),
    ]
    return placeholders.reduce(bare) { $0.replacing($1.0, with: $1.1) }
  }

  /// The line that results if the user follows the advice.
  ///
  /// - Parameter line: the words that were refused.
  func followed(in line: String) -> String {
    guard let refused, let place = Self.place(of: refused, in: line) else { return "$P \(words)" }
    let before = line[..<place.lowerBound]
    let after = line[place.upperBound...]
    guard let quote = before.last, quote == "'" || quote == "\"", after.first == quote else {
      return before + words + after
    }
    // The quotes of the user enclose the refused words alone.
    return before.dropLast() + words + after.dropFirst()
  }

  /// The first place of a text that is no part of a longer word, or else its first place.
  ///
  /// The process ID of a target may contain a refused number.
  private static func place(of text: String, in line: String) -> Range<String.Index>? {
    let places = line.ranges(of: text)
    let isInWord = { (one: Character?, other: Character?) in
      [one, other].allSatisfy { $0.map { $0.isLetter || $0.isNumber } ?? false }
    }
    let whole = places.first { place in
      !isInWord(line[..<place.lowerBound].last, text.first)
        && !isInWord(text.last, line[place.upperBound...].first)
    }
    return whole ?? places.first
  }

  /// Why the command may refuse a line although its words are right: the machine lacks what they name.
  static let reasonsOfTheMachine = [
    "cannot be looked up", "mount point", "terminal", "there is no process", "no descriptor can match both",
  ]
}
