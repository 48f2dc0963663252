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

  /// The words that its value may be made of; none where that is no list of words.
  package var words: [String] {
    switch name {
    case "type": TypeTerm.words
    case "mode": ModeTerm.words
    case "flags": FlagsTerm.words
    case "locked": LockedTerm.words
    case "state": StateTerm.words
    default: []
    }
  }

  /// All of them but ranges, which have no name.
  package static let all: [TermSyntax] = [
    TermSyntax(name: "deleted", valueName: "", form: .word(Deleted())),
    TermSyntax(
      name: "path", valueName: "GLOB",
      form: .value { value throws(SelectorError) in PathTerm(glob: try Glob(value)) }),
    TermSyntax(
      name: "type", valueName: "TYPE", form: .value { value throws(SelectorError) in try TypeTerm(value) }),
    TermSyntax(
      name: "mode", valueName: "MODE", form: .value { value throws(SelectorError) in try ModeTerm(value) }),
    TermSyntax(
      name: "flags", valueName: "FLAG",
      form: .value { value throws(SelectorError) in try FlagsTerm(value) }),
    TermSyntax(name: "cloexec", valueName: "", form: .word(CloseOnExec())),
    TermSyntax(
      name: "locked", valueName: "LOCK",
      form: .wordOrValue(LockedTerm()) { value throws(SelectorError) in try LockedTerm(value) }),
    TermSyntax(name: "size", valueName: "1G", form: .comparison(.size)),
    TermSyntax(name: "offset", valueName: "4096", form: .comparison(.offset)),
    TermSyntax(name: "links", valueName: "1", form: .comparison(.links)),
    TermSyntax(
      name: "dev", valueName: "MAJOR:MINOR",
      form: .value { value throws(SelectorError) in try DeviceTerm(value) }),
    TermSyntax(
      name: "inode", valueName: "NUMBER",
      form: .value { value throws(SelectorError) in try InodeTerm(value) }),
    TermSyntax(
      name: "mount", valueName: "PATH",
      form: .value { value throws(SelectorError) in MountTerm(path: ByteString(value.bytes)) }),
    TermSyntax(
      name: "peer", valueName: "HOST:PORT",
      form: .value { value throws(SelectorError) in try EndTerm(.peer, value) }),
    TermSyntax(
      name: "local", valueName: "HOST:PORT",
      form: .value { value throws(SelectorError) in try EndTerm(.local, value) }),
    TermSyntax(
      name: "state", valueName: "STATE",
      form: .value { value throws(SelectorError) in try StateTerm(value) }),
    TermSyntax(
      name: "same-as", valueName: "FD",
      form: .value { value throws(SelectorError) in try SameAsTerm(value) }),
    TermSyntax(
      name: "owner", valueName: "PID",
      form: .value { value throws(SelectorError) in try OwnerTerm(value) }),
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
    return Spelling.nearest(to: word, among: all.map(\.name) + Parser.keywords.sorted())
  }
}
