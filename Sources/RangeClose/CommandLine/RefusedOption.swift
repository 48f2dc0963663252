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
  /// The terms in front of the option that name a host without a port, such as `peer:localhost`.
  var hosts: [String] = []

  /// The argument after the option, if it can belong to it.
  private var argument: String? {
    guard let next else { return nil }
    // find(1) has arguments such as -1.
    if next.hasPrefix("-") { return hasOneDash && next.dropFirst().first?.isNumber == true ? next : nil }
    return hasProcess || !next.isDecimal ? next : nil
  }

  /// The name of the option with its dashes, and the value that `=` joins to it.
  private var parts: (name: String, value: String?) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    return (parts[0], parts.count > 1 ? parts[1] : nil)
  }

  /// Whether the argument is one dash and a word, such as find's `-path`, or a group of letters.
  private var hasOneDash: Bool { !text.hasPrefix("--") && text.unicodeScalars.count > 2 }

  /// The name without dashes.
  private var bareName: String { String(parts.name.drop { $0 == "-" }) }

  /// Whether the argument is a word with one dash that some tool has, or the name of an option with one dash.
  var isWord: Bool {
    ForeignWord.hasOption(parts.name) || ForeignWord.hasOption("-" + parts.name)
      || Option.named(bareName) != nil || ForeignWord.isSignal(bareName)
  }

  /// The message: what is wrong, and what to write.
  ///
  /// Meanings come first: the words of other tools, and the words of the selector language. Only then the
  /// spelling decides.
  var description: String {
    ByteString(meaning ?? (hasOneDash ? meaningWithTwoDashes ?? meaningOfLetter : nil) ?? meaningByName)
      .description
  }

  /// The answer to a word of another tool.
  private var meaning: String? {
    // Beside another term for the same end, a term for the port would pick more.
    if ["--port", "--dport", "--rport"].contains(parts.name), let host = hosts.last,
      let port = parts.value ?? next, port.isDecimal
    {
      return "'\(parts.name) \(port)' is not known here; a port belongs to its host: '\(host):\(port)'"
    }
    // A number may be the argument, a process or a descriptor.
    let isSure = parts.value != nil || next?.isDecimal != true
    return ForeignWord.answer(toOption: parts.name, parts.value ?? (isSure ? argument : next), isSure: isSure)
  }

  /// The answer to a word that has two dashes here, such as `-deleted`, and to the signals of kill(1).
  private var meaningWithTwoDashes: String? {
    let refusal = "there is no option '\(text)'; "
    if let option = Option.named(bareName), option.long != "all" {
      let given = (parts.value ?? argument).map(ForeignWord.quoted)
      return refusal + "write --\(option.long)" + (option.value.map { " " + (given ?? $0) } ?? "")
    }
    if ForeignWord.isSignal(bareName) { return refusal + "rangeclose sends no signals" }
    let given = parts.value ?? argument
    return ForeignWord.answer(toOption: "-" + parts.name, given)
      ?? operand(meantBy: bareName).map { refusal + "write \($0)" }
  }

  /// The answer to the letter that was refused in a group such as `-nP` or `-iTCP`.
  private var meaningOfLetter: String? {
    guard let letter else { return nil }
    if "0"..."9" ~= letter {
      return
        "there is no option '\(text)'; write \(text.prefix { !$0.isNumber }) \(text.drop { !$0.isNumber })"
    }
    let short = "-\(Character(letter))"
    let rest = String(text.dropFirst(2))
    let isFirst = text.hasPrefix(short)
    let isWord = rest.utf8.allSatisfy { 0x61...0x7A ~= $0 }
    if isFirst, !isWord, let answer = ForeignWord.answer(toOption: short, rest),
      answer.hasPrefix("'\(short) \(rest)'")
    {
      return answer
    }
    // A word with a letter that no tool has, or with a letter twice, is no group of letters.
    let letters = text.dropFirst()
    let isGroup =
      letters.allSatisfy { letter in letters.filter { $0 == letter }.count == 1 }
      && letters.allSatisfy { letter in
        ForeignWord.hasOption("-\(letter)") || Option.all.contains { $0.short.map(Character.init) == letter }
      }
    // Only the last letter of a group can have the argument, as in `-km /mnt`.
    if isGroup, let last = letters.last, letters.count > 1, let argument,
      let answer = ForeignWord.answer(toOption: "-\(last)", argument),
      answer.hasPrefix("'-\(last) \(argument)'")
    {
      return answer
    }
    return isGroup ? ForeignWord.answer(toOption: short, text.hasSuffix("\(letter)") ? argument : nil) : nil
  }

  /// The answer by the name: a longer option, a term, or a similar option.
  private var meaningByName: String {
    let refusal = "there is no option '\(text)'; "
    guard letter == nil else { return refusal + "see --help" }
    let matches = Option.all.filter { $0.long.hasPrefix(bareName) }.map { "--\($0.long)" }
    if matches.count > 1, !bareName.isEmpty {
      return "'\(text)' may be one of several options: \(matches.joined(separator: ", "))"
    }
    if matches.count == 1 { return "'\(text)' is too short for \(matches[0]), which must be written in full" }
    if let operand = operand(meantBy: bareName) { return refusal + "write \(operand)" }
    // A correction never makes the command work on every process.
    let names = Option.all.map { $0.long }.filter { $0 != "all" }
    let meant = Spelling.nearest(to: bareName, among: names)
    return refusal + (meant.map { "did you mean --\($0)?" } ?? "see --help")
  }

  /// The operand for an option that is called as a word of the selector language.
  private func operand(meantBy name: String) -> String? {
    if let term = TermSyntax.all.first(where: { $0.name == name }) {
      // A file system has no name of its own here.
      if name == "fs", (parts.value ?? argument)?.hasPrefix("/") == false { return "the operand 'fs:PATH'" }
      if name == "inode", let given = parts.value ?? argument, !given.contains(",") {
        let digits = given.filter { $0.isNumber }
        return digits.isDecimal ? "the operand 'inode:\(digits)'" : "the operand 'inode:NUMBER'"
      }
      return "the operand '\(Selector.corrected(term.text(with: parts.value ?? argument)) ?? term.example)'"
    }
    for prefix in ["not-", "no-", "without-", "skip-"] where name.hasPrefix(prefix) {
      let rest = String(name.dropFirst(prefix.count))
      if let term = TermSyntax.all.first(where: { $0.name == rest }) { return "--except '\(term.example)'" }
      if let (term, word) = TermSyntax.termOfWord(rest) { return "--except \(term):\(word)" }
    }
    let start = name.prefix { $0 != ":" }
    if start != name, TermSyntax.all.contains(where: { $0.name == start }),
      let term = Selector.corrected(name)
    {
      return "the operand '\(term)'"
    }
    let single = name.hasSuffix("s") ? String(name.dropLast()) : name
    guard let (term, word) = TermSyntax.termOfWord(name) ?? TermSyntax.termOfWord(single) else {
      return ForeignWord.type(single).map { "--type \($0)" }
    }
    return Option.named(term) != nil ? "--\(term) \(word)" : "the operand '\(term):\(word)'"
  }
}
