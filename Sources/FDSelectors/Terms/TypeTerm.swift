import FDCore

/// `type:TYPE,...`: the descriptor has one of these types.
final class TypeTerm: ValueTerm {
  private let words: WordList<TypeSet>
  private let types: TypeSet

  /// The words for several types at once, in contrast to the names of single types.
  private static let groups: WordList<TypeSet>.Vocabulary = [
    ("sock", .sockets), ("anon", .anonymous), ("bpf", .bpf),
  ]

  private static let vocabulary: WordList<TypeSet>.Vocabulary =
    DescriptorType.allCases.filter { $0 != .otherSocket && $0 != .otherAnonymous }
    .map { ($0.rawValue, TypeSet($0)) } + groups

  static var words: [String] { vocabulary.map { $0.word } }

  init(_ value: Value) throws(SelectorError) {
    words = try WordList(value, Self.vocabulary, kind: "a type")
    types = words.meanings.reduce(into: []) { $0.formUnion($1) }
  }

  var name: String { "type" }
  var factName: String { "its type" }
  var domain: TypeSet { types }
  var negatedDomain: TypeSet { TypeSet.all.subtracting(types) }
  var description: String { "type:\(words)" }

  /// The status, and the facts that distinguish types with the same status.
  ///
  /// Some types have a status of their own. The others need the link text, or the protocol of a socket.
  /// These two facts are read only if the term names some, but not all, of the types that look alike.
  var facts: FactSet {
    var facts = FactSet.status
    if isProperPart(of: TypeSet.untyped.union(.regular)) { facts.formUnion(.target) }
    if isProperPart(of: .sockets) { facts.formUnion(.socketType) }
    return facts
  }

  /// True if the term names some, but not all, of the types in a set.
  private func isProperPart(of set: TypeSet) -> Bool {
    !types.isDisjoint(with: set) && !types.isSuperset(of: set)
  }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    let possible = descriptor.possibleTypes
    if types.isSuperset(of: possible) { return .known(true) }
    if types.isDisjoint(with: possible) { return .known(false) }
    return descriptor.type.map { types.contains(TypeSet($0)) }
  }
}
