import FDCore

/// `mode:MODE,...`: the descriptor has one of these access modes, as the listing's MODE column spells them.
final class ModeTerm: ValueTerm {
  private let modes: WordList<DescriptorInfo.AccessMode>

  private static let vocabulary: WordList<DescriptorInfo.AccessMode>.Vocabulary =
    DescriptorInfo.AccessMode.allCases.map { ($0.rawValue, $0) }

  static var words: [String] { vocabulary.map { $0.word } }

  init(_ value: Value) throws(SelectorError) {
    modes = try WordList(value, Self.vocabulary, kind: "a mode")
  }

  private init(_ words: [String]) {
    modes = WordList(words, of: Self.vocabulary)
  }

  var nearMisses: [NearMiss] {
    if modes.words.contains("rw") || modes.words == ["path"] { return [] }
    let reason = "a descriptor that is open for both has the mode rw"
    return [NearMiss(ModeTerm(modes.words + ["rw"]), reason)]
  }

  var name: String { "mode" }
  var factName: String { "its mode" }
  var facts: FactSet { .info }
  var domain: TypeSet { .all }
  var description: String { "mode:\(modes)" }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    descriptor.info.map { modes.meanings.contains($0.accessMode) }
  }
}

/// `flags:FLAG,...`: at least one of these flags is set; see `open(2)`.
final class FlagsTerm: ValueTerm {
  private let flags: WordList<OpenFlags>

  private static let vocabulary: WordList<OpenFlags>.Vocabulary = OpenFlags.vocabulary

  static var words: [String] { vocabulary.map { $0.word } }

  init(_ value: Value) throws(SelectorError) {
    flags = try WordList(value, Self.vocabulary, kind: "a flag")
  }

  var name: String { "flags" }
  var factName: String { "its flags" }
  var facts: FactSet { .info }
  var domain: TypeSet { .all }
  var description: String { "flags:\(flags)" }
  var readsNumber: Bool { flags.meanings.contains { $0.contains(.closeOnExec) } }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    descriptor.info.map { info in flags.meanings.contains { info.flags.isSuperset(of: $0) } }
  }
}

/// `cloexec`: the next `execve(2)` closes the descriptor.
final class CloseOnExecTerm: Term {
  var name: String { "cloexec" }
  var factName: String { "its flags" }
  var facts: FactSet { .info }
  var domain: TypeSet { .all }
  var description: String { name }
  var readsNumber: Bool { true }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    descriptor.info.map { $0.flags.contains(.closeOnExec) }
  }
}

/// `locked`, or `locked:LOCK,...`: a lock was taken through the descriptor.
final class LockedTerm: ValueTerm {
  /// The kinds of locks, or nil for any kind.
  private let kinds: WordList<LockKinds>?

  private static let vocabulary: WordList<LockKinds>.Vocabulary = LockKinds.vocabulary

  static var words: [String] { vocabulary.map { $0.word } }

  /// Creates the term for a lock of any kind.
  init() {
    kinds = nil
  }

  init(_ value: Value) throws(SelectorError) {
    kinds = try WordList(value, Self.vocabulary, kind: "a kind of lock")
  }

  var name: String { "locked" }
  var factName: String { "its locks" }
  var facts: FactSet { .info }
  var domain: TypeSet { .all }
  var description: String { kinds.map { "locked:\($0)" } ?? name }
  var readsNumber: Bool { kinds?.meanings.contains { $0.contains(.posix) } ?? true }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    let wanted = kinds.map { $0.meanings.reduce(into: LockKinds()) { $0.formUnion($1) } } ?? .all
    return descriptor.info.map { !$0.locks.isDisjoint(with: wanted) }
  }
}

/// `same-as:FD,...`: the descriptor refers to the same open file description as one of these descriptors.
///
/// Duplicates share the file offset and the status flags; see `open(2)`.
final class SameAsTerm: ValueTerm {
  private let numbers: [UInt32]

  init(_ value: Value) throws(SelectorError) {
    numbers = try value.numbers(UInt32.self, kind: "a descriptor")
  }

  var name: String { "same-as" }
  var factName: String { "its open file description" }
  var facts: FactSet { .sharing }
  var domain: TypeSet { .all }
  var comparedNumbers: [UInt32] { numbers }
  var description: String { "same-as:" + numbers.map(String.init).joined(separator: ",") }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    descriptor.sameAs.map { equal in numbers.contains(where: equal.contains) }
  }
}
