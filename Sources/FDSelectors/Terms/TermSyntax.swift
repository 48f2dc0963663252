import FDCore

/// How a kind of term is written.
///
/// The table of these is the vocabulary: the parser, what errors suggest and the check of the manual page
/// all go by it.
package struct TermSyntax: Sendable {
  package let name: String
  /// What stands for its value in a message.
  package let valueName: String
  let form: Form
  /// The words that its value may be made of; none where that is no list of words.
  package let words: [String]

  enum Form: Sendable {
    case word(any Term)
    case value(@Sendable (Value) throws(SelectorError) -> any Term)
    case wordOrValue(any Term, @Sendable (Value) throws(SelectorError) -> any Term)
    case comparison(Comparison.Quantity)
  }

  /// The term as it is written, such as `peer:HOST:PORT`.
  package var example: String {
    switch form {
    case .word: name
    case .value: "\(name):\(valueName)"
    case .wordOrValue: "\(name) or \(name):\(valueName)"
    case .comparison: "\(name)>\(valueName)"
    }
  }

  private init(_ name: String, _ form: Form, valueName: String = "", words: [String] = []) {
    (self.name, self.form, self.valueName, self.words) = (name, form, valueName, words)
  }

  /// A term of a type that is made from a value; and, where `bare` is given, from the name alone.
  private init<Made: ValueTerm>(_ made: Made.Type, _ name: String, _ valueName: String, bare: Made? = nil) {
    let make = { @Sendable (value: Value) throws(SelectorError) -> any Term in try Made(value) }
    self.init(
      name, bare.map { .wordOrValue($0, make) } ?? .value(make), valueName: valueName, words: Made.words)
  }

  private init(_ side: EndTerm.Side) {
    let make = { @Sendable (value: Value) throws(SelectorError) -> any Term in try EndTerm(side, value) }
    self.init(side.rawValue, .value(make), valueName: "HOST:PORT")
  }

  /// All of them but ranges, which have no name.
  package static let all: [TermSyntax] = [
    TermSyntax("deleted", .word(Deleted())),
    TermSyntax(PathTerm.self, "path", "GLOB"),
    TermSyntax(TypeTerm.self, "type", "TYPE"),
    TermSyntax(ModeTerm.self, "mode", "MODE"),
    TermSyntax(FlagsTerm.self, "flags", "FLAG"),
    TermSyntax("cloexec", .word(CloseOnExec())),
    TermSyntax(LockedTerm.self, "locked", "LOCK", bare: LockedTerm()),
    TermSyntax("size", .comparison(.size), valueName: "1G"),
    TermSyntax("offset", .comparison(.offset), valueName: "4096"),
    TermSyntax("links", .comparison(.links), valueName: "1"),
    TermSyntax(DeviceTerm.self, "dev", "MAJOR:MINOR"),
    TermSyntax(InodeTerm.self, "inode", "NUMBER"),
    TermSyntax(MountTerm.self, "mount", "PATH"),
    TermSyntax(.peer),
    TermSyntax(.local),
    TermSyntax(StateTerm.self, "state", "STATE"),
    TermSyntax(SameAsTerm.self, "same-as", "FD"),
    TermSyntax(OwnerTerm.self, "owner", "PID"),
  ]

  /// The term of that name; throws, with the nearest right word, where there is none.
  static func named(_ snippet: Snippet) throws(SelectorError) -> TermSyntax {
    let name = String(decoding: snippet.bytes, as: UTF8.self)
    if let syntax = all.first(where: { $0.name == name }) { return syntax }
    throw SelectorError(snippet, .notATerm(suggestion: suggestion(for: name)))
  }

  /// What somebody may have meant by a word that is no term's name.
  private static func suggestion(for word: String) -> String? {
    if let keyword = Parser.keyword(meantBy: word) { return keyword }
    if word.hasPrefix("/") { return "path:\(ByteString(word))" }
    let folded = Spelling.folded(word)
    if TypeTerm.words.contains(folded) { return "type:\(folded)" }
    if StateTerm.words.contains(folded) { return "state:\(folded)" }
    if FlagsTerm.words.contains(folded) { return "flags:\(folded)" }
    return Spelling.nearest(to: word, among: all.map { $0.name } + Parser.keywords.sorted())
  }
}

extension TermSyntax: Equatable {
  package static func == (one: TermSyntax, other: TermSyntax) -> Bool { one.name == other.name }
}
