/// A word of another tool, or a word that users try first, and what to write in place of it.
///
/// `all` serves the messages for such words and a list in `rangeclose-selectors(7)`. A test compares the two.
package struct ForeignWord: Sendable {
  /// The place of the word on a command line.
  package enum Place: Equatable, Sendable {
    /// An option.
    case option
    /// The first word of an operand.
    case operand
    /// A value of a term; the kind is the noun of its values with its article, as in "a type".
    case value(kind: String)
  }

  /// The tool that the word belongs to; nil for a word of no tool.
  package let tool: String?
  /// The word, such as `-i`; for a value without the name of the term.
  package let word: String
  /// An example of the argument of the word; empty if it has none.
  package let example: String
  /// The place of the word.
  package let place: Place
  private let meaning: @Sendable (String) -> String?

  /// Creates a word with an argument.
  ///
  /// - Parameter meaning: what to write for an argument; nil for an argument that the tool does not take.
  init(
    _ tool: String?, _ word: String, _ example: String, _ place: Place = .option,
    _ meaning: @escaping @Sendable (String) -> String?
  ) {
    (self.tool, self.word, self.example, self.place) = (tool, word, example, place)
    self.meaning = meaning
  }

  /// Creates a word without an argument.
  init(_ tool: String?, _ word: String, _ place: Place = .option, means ours: String) {
    self.init(tool, word, "", place) { _ in ours }
  }

  /// The replacement for the word with an argument; nil for an argument that the tool does not take.
  package func ours(for argument: String) -> String? { meaning(argument) }

  /// The example as the user types it, such as `-i :80` or `type:pipe`.
  package var spelling: String {
    if case .value(let kind) = place { return "\(Self.termName(of: kind) ?? ""):\(word)" }
    return example.isEmpty ? word : "\(word) \(example)"
  }

  /// The name of the term for the values of a kind, such as `type` for "a type".
  static func termName(of kind: String) -> String? {
    if kind == "a kind of lock" { return "locked" }
    return TermSyntax.all.first { $0.name.hasPrefix(kind.dropFirst("a ".count)) }?.name
  }

  /// The replacement for the example.
  package var ours: String { meaning(example) ?? "" }
}

// MARK: - Lookup

extension ForeignWord {
  /// The answer to an option that rangeclose does not have, or nil.
  ///
  /// - Parameters:
  ///   - argument: the argument of the command line, such as `-iTCP`, `-nP` or `--port=80`.
  ///   - letter: the letter that was refused; nil for a long option.
  ///   - next: the argument after it, if that can belong to the option.
  package static func answer(toOption argument: String, letter: Unicode.Scalar?, next: String?) -> String? {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let given = parts.count > 1 ? String(parts[1]) : next
    if let answer = answer(name, given, .option) { return answer }
    guard let letter else { return nil }
    let short = "-\(Character(letter))"
    let isFirst = argument.hasPrefix(short) && argument.unicodeScalars.count > 2
    return answer(short, isFirst ? String(argument.dropFirst(2)) : given, .option)
  }

  /// The type that a word such as `pipe` stands for, or nil.
  package static func type(_ word: String) -> String? {
    all.first { $0.place == .value(kind: "a type") && $0.word == word }?.ours
  }

  /// The answer to a word at some place, or nil if no tool has the word there.
  static func answer(_ word: String, _ argument: String?, _ place: Place) -> String? {
    let entries = all.filter { $0.place == place && $0.word == word }
    // With an argument, the entries that take one come first. Without one, they come last.
    let ranked = entries.filter { $0.example.isEmpty == (argument == nil) } + entries
    for entry in ranked {
      guard let ours = entry.ours(for: argument ?? entry.example) else { continue }
      let spelling = entry.example.isEmpty || argument == nil ? word : "\(word) \(argument ?? "")"
      return entry.tool.map { "'\(spelling)' is \($0)'s; here it is \(ours)" }
        ?? "'\(spelling)' is not known here; write \(ours)"
    }
    return nil
  }
}
