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

  /// The replacement for the word alone, which names the example if the word needs an argument.
  var oursAlone: String {
    example.isEmpty || Self.isAbsence(ours) ? ours : "\(ours) for \(spelling)"
  }
}

// MARK: - Lookup

extension ForeignWord {
  /// The answer to an option that rangeclose does not have, or nil.
  ///
  /// - Parameters:
  ///   - option: the option, such as `-i`, `-path` or `--port`.
  ///   - argument: its argument, or nil.
  ///   - isSure: whether the argument belongs to the option. If not, it may be the process, and words with
  ///     and without an argument are both answered.
  package static func answer(toOption option: String, _ argument: String?, isSure: Bool = true) -> String? {
    if let stranger = strangers.first(where: { $0.words.contains(option) }) {
      return "'\(option)' is \(stranger.tool)'s; rangeclose has nothing like it"
    }
    let entries = all.filter { $0.place == .option && $0.word == option }
    // A word of no tool means the same with and without an argument.
    let isSure = isSure || entries.allSatisfy { $0.tool == nil }
    let alone = entries.first { $0.example.isEmpty }.map { $0.answer(option, $0.ours) }
    var answer: String?
    for entry in entries where !entry.example.isEmpty && answer == nil {
      guard let argument else { continue }
      answer = entry.ours(for: argument).map { entry.answer("\(option) \(argument)", $0) }
    }
    if !isSure, let both = answer, let alone { return "\(alone); \(both)" }
    if let found = answer ?? alone { return found }
    // An argument that no tool takes there makes it doubtful which tool is meant.
    return argument == nil ? entries.first.map { $0.answer(option, $0.oursAlone) } : nil
  }

  private func answer(_ typed: String, _ ours: String) -> String {
    if let tool { return "'\(typed)' is \(tool)'s; here it is \(ours)" }
    return "'\(typed)' is not known here; \(Self.isAbsence(ours) ? "" : "write ")\(ours)"
  }

  /// Whether a meaning says that rangeclose has nothing like the word, so there is nothing to write.
  static func isAbsence(_ ours: String) -> Bool { ours.hasPrefix("there is no ") }

  /// Whether an option is a word of this table.
  package static func hasOption(_ option: String) -> Bool {
    all.contains { $0.place == .option && $0.word == option }
      || strangers.contains { $0.words.contains(option) }
  }

  /// The type that a word such as `pipe` stands for, or nil.
  ///
  /// A letter of find(1) is a type only where a type is expected.
  package static func type(_ word: String) -> String? {
    if word.count == 1 { return nil }
    return all.first { $0.place == .value(kind: "a type") && $0.word == word }?.ours
  }
}
