extension TermSyntax {
  /// The beginnings of the term as a user types it, such as `deleted`, `path:` or `size>`.
  package var starts: [String] {
    switch form {
    case .word: [name]
    case .value: ["\(name):"]
    case .wordOrValue: [name, "\(name):"]
    case .comparison: ["\(name)>", "\(name)<"]
    }
  }
}
