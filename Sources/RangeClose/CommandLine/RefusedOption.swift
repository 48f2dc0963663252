import FDCore
import FDSelectors

/// An option that rangeclose does not have, and what the user probably meant by it.
struct RefusedOption {
  /// The whole argument, such as `-nP` or `--count=3`.
  let text: String
  /// The letter that was refused; nil for a long option.
  let letter: Unicode.Scalar?
  /// The argument after it; nil at the end of the command line.
  let next: String?

  /// Whether the command line names the processes in front of the option.
  ///
  /// If not, a number after the option may be the process.
  var hasProcess = false

  /// The argument after the option, if it can belong to it.
  private var argument: String? {
    next.flatMap { !$0.hasPrefix("-") && (hasProcess || !$0.isDecimal) ? $0 : nil }
  }

  /// The message: what is wrong, and what to write.
  ///
  /// Meanings come first: the words of other tools, and the words of the selector language. Only then the
  /// spelling decides.
  var description: String {
    if let answer = ForeignWord.answer(toOption: text, letter: letter, next: argument) {
      return ByteString(answer).description
    }
    let shown = ByteString(text)
    if letter == nil {
      let name = String(text.drop { $0 == "-" }.prefix { $0 != "=" })
      let matches = Option.all.filter { $0.long.hasPrefix(name) }.map { "--\($0.long)" }
      if matches.count > 1, !name.isEmpty {
        return "'\(shown)' may be one of several options: \(matches.joined(separator: ", "))"
      }
      if let operand = operand(meantBy: name) {
        return "there is no option '\(shown)'; write \(ByteString(operand))"
      }
      if let meant = Spelling.nearest(to: name, among: Option.all.map { $0.long }) {
        return "there is no option '\(shown)'; did you mean --\(meant)?"
      }
    }
    return "there is no option '\(shown)'; see --help"
  }

  /// The operand for an option that is called as a word of the selector language.
  private func operand(meantBy name: String) -> String? {
    let joined = String(text.drop { $0 != "=" }.dropFirst())
    if let term = TermSyntax.all.first(where: { $0.name == name }) {
      return "the operand '\(term.text(with: joined.isEmpty ? argument : joined))'"
    }
    for prefix in ["not-", "no-"] where name.hasPrefix(prefix) {
      let rest = String(name.dropFirst(prefix.count))
      if let term = TermSyntax.all.first(where: { $0.name == rest }) { return "--except '\(term.example)'" }
    }
    let single = name.hasSuffix("s") ? String(name.dropLast()) : name
    guard let (term, word) = TermSyntax.termOfWord(name) ?? TermSyntax.termOfWord(single) else {
      return ForeignWord.type(single).map { "--type \($0)" }
    }
    return Option.all.contains { $0.long == term } ? "--\(term) \(word)" : "the operand '\(term):\(word)'"
  }
}
