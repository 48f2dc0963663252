import FDCore

/// `type:TYPE,...`: what the descriptor is open on.
final class TypeTerm: ValueTerm {
  private let words: WordList<TypeSet>
  private let types: TypeSet

  /// Words for several types at once; every other is a type's own.
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
  var subject: String { "its type" }
  var domain: TypeSet { types }
  var negatedDomain: TypeSet { TypeSet.all.subtracting(types) }
  var description: String { "type:\(words)" }

  /// The status alone tells some types from each other; the kernel's text is needed only where some of those
  /// that look alike are meant, and some are not.
  var facts: FactSet {
    var facts = FactSet.status
    if isPart(of: TypeSet.untyped.union(.regular)) { facts.formUnion(.target) }
    if isPart(of: .sockets) { facts.formUnion(.socketType) }
    return facts
  }

  private func isPart(of set: TypeSet) -> Bool {
    !types.isDisjoint(with: set) && !types.isSuperset(of: set)
  }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    let possible = descriptor.possibleTypes
    if types.isSuperset(of: possible) { return .known(true) }
    if types.isDisjoint(with: possible) { return .known(false) }
    return descriptor.type.map { types.contains(TypeSet($0)) }
  }
}
