import FDCore

/// The syntax of one kind of term.
///
/// `all` is the vocabulary of the language. The parser, the suggestions in errors and the test of the manual
/// page use it.
package struct TermSyntax: Sendable {
  /// The name of the term, in front of its value or its comparison.
  package let name: String
  /// The placeholder for the value, or an example of an amount, in a message.
  package let valueName: String
  let form: Form
  /// The words that the value can consist of; empty if the value is not a list of words.
  package let words: [String]

  /// The forms of a term: the name alone, the name with a value, or the name with a comparison.
  enum Form: Sendable {
    case word(any Term)
    case value(@Sendable (Value) throws(SelectorError) -> any Term)
    case wordOrValue(any Term, @Sendable (Value) throws(SelectorError) -> any Term)
    case comparison(Comparison.Quantity)
  }

  /// The term with a placeholder for its value, such as `peer:HOST:PORT`.
  package var example: String {
    switch form {
    case .word: name
    case .value: "\(name):\(valueName)"
    case .wordOrValue: "\(name) or \(name):\(valueName)"
    case .comparison: "\(name)>\(valueName)"
    }
  }

  /// The term with the value of an option, which is not empty.
  ///
  /// A term that is a word alone has no value to throw an error for.
  func term(with value: Value) throws(SelectorError) -> any Term {
    switch form {
    case .word(let term): term
    case .value(let make), .wordOrValue(_, let make): try make(value)
    case .comparison(let quantity): try Comparison(quantity, value, of: self)
    }
  }

  /// The term with a value; the example if there is none.
  package func text(with value: String?) -> String {
    guard let value, !value.isEmpty else { return example }
    switch form {
    case .word: return name
    case .value, .wordOrValue: return "\(name):\(value)"
    case .comparison:
      if value.utf8.first?.isComparison == true { return name + value }
      // Few ask for more than no bytes, and hard links are counted exactly.
      return name + (value == "0" || name == "links" ? "=" : ">") + value
    }
  }

  private init(_ name: String, _ form: Form, valueName: String = "", words: [String] = []) {
    (self.name, self.form, self.valueName, self.words) = (name, form, valueName, words)
  }

  /// Creates the syntax of a term with a value.
  ///
  /// - Parameter bare: the term for the name alone, or nil if the value is mandatory.
  private init<Kind: ValueTerm>(_: Kind.Type, _ name: String, _ valueName: String, bare: Kind? = nil) {
    let make = { @Sendable (value: Value) throws(SelectorError) -> any Term in try Kind(value) }
    self.init(
      name, bare.map { .wordOrValue($0, make) } ?? .value(make), valueName: valueName, words: Kind.words)
  }

  private init(_ side: EndTerm.Side) {
    let make = { @Sendable (value: Value) throws(SelectorError) -> any Term in try EndTerm(side, value) }
    self.init(side.rawValue, .value(make), valueName: "HOST:PORT")
  }

  /// The syntax of every kind of term except range lists, which have no name.
  package static let all: [TermSyntax] = [
    TermSyntax("all", .word(RangeList([0 ... .max]))),
    TermSyntax("deleted", .word(DeletedTerm())),
    TermSyntax("tmpfile", .word(TemporaryTerm())),
    TermSyntax(PathTerm.self, "path", "GLOB"),
    TermSyntax(TypeTerm.self, "type", "TYPE"),
    TermSyntax(ModeTerm.self, "mode", "MODE"),
    TermSyntax(FlagsTerm.self, "flags", "FLAG"),
    TermSyntax("cloexec", .word(CloseOnExecTerm())),
    TermSyntax(LockedTerm.self, "locked", "LOCK", bare: LockedTerm()),
    TermSyntax("size", .comparison(.size), valueName: "1G"),
    TermSyntax("offset", .comparison(.offset), valueName: "4096"),
    TermSyntax("links", .comparison(.links), valueName: "1"),
    TermSyntax("idle", .comparison(.idle), valueName: "1h"),
    TermSyntax("recvq", .comparison(.receiveQueue), valueName: "0"),
    TermSyntax("sendq", .comparison(.sendQueue), valueName: "0"),
    TermSyntax(DeviceTerm.self, "dev", "MAJOR:MINOR"),
    TermSyntax(InodeTerm.self, "inode", "NUMBER"),
    TermSyntax(MountTerm.self, "mount", "PATH"),
    TermSyntax(FileSystemTerm.self, "fs", "PATH"),
    TermSyntax(TerminalTerm.self, "tty", "PATH"),
    TermSyntax(.peer),
    TermSyntax(.local),
    TermSyntax(StateTerm.self, "state", "STATE"),
    TermSyntax(SameAsTerm.self, "same-as", "FD"),
    TermSyntax(OwnerTerm.self, "owner", "PID"),
  ]

  /// The syntax of the term with this name.
  ///
  /// Throws `notATerm`, with the word that the user probably meant, if there is no such term.
  static func named(_ snippet: Snippet) throws(SelectorError) -> TermSyntax {
    let name = String(decoding: snippet.bytes, as: UTF8.self)
    if let syntax = all.first(where: { $0.name == name }) { return syntax }
    throw SelectorError(snippet, .notATerm(suggestion: suggestion(for: name)))
  }

  /// The term that has a word as its value, and the word as the term spells it; nil if no term has it.
  package static func termOfWord(_ word: String) -> (name: String, word: String)? {
    // `closewait` is as common as `CLOSE_WAIT`.
    let joined = { (word: String) in Spelling.folded(word).filter { $0 != "-" } }
    let wanted = joined(word)
    for (name, words) in [
      ("type", TypeTerm.words), ("state", StateTerm.words), ("locked", LockedTerm.words),
      ("flags", FlagsTerm.words),
    ] {
      if let word = words.first(where: { joined($0) == wanted }) { return (name, word) }
    }
    return nil
  }

  /// The text that the user probably meant by a word that is not the name of a term, or nil.
  private static func suggestion(for word: String) -> String? {
    if let keyword = Parser.keyword(meantBy: word) { return keyword }
    if word.hasPrefix("/") {
      let isPattern = (try? Glob(parsing: word)) != nil
      return "path:" + (isPattern ? ByteString(word).description : quoted(word.utf8, escaping: "{}[]*?,"))
    }
    if let (name, word) = termOfWord(word) { return "\(name):\(word)" }
    let single = word.hasSuffix("s") ? String(word.dropLast()) : word
    if let type = ForeignWord.type(single) { return "type:\(type)" }
    // A correction that picks every descriptor would do more than any other word.
    let names = all.map { $0.name }.filter { $0 != "all" }
    return Spelling.nearest(to: word, among: names + Parser.keywords.sorted())
  }
}

extension TermSyntax: Equatable {
  /// True if the names are equal.
  ///
  /// Each kind of term has a unique name.
  package static func == (one: TermSyntax, other: TermSyntax) -> Bool { one.name == other.name }
}
