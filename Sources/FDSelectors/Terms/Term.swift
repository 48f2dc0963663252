package import FDCore

/// A predicate over descriptors, the leaf of a selector.
///
/// Each kind of term is a class of its own. It defines the facts that the term reads, the descriptor types
/// for which it can hold, and when it holds. Two terms are equal if their descriptions are equal.
package protocol Term: AnyObject, Sendable {
  /// The text in the normal form, which parses to the same term.
  var description: String { get }

  /// The word in front of the value, as in `TermSyntax`; empty for a range list.
  ///
  /// Terms with the same name are alternatives if they stand side by side on a command line.
  var name: String { get }

  /// The fact that the term reads, as a phrase such as "its path".
  ///
  /// The phrase is for a message that the fact could not be read.
  var factName: String { get }

  /// The facts that an evaluation can need.
  var facts: FactSet { get }

  /// The descriptor types for which the term can hold.
  var domain: TypeSet { get }

  /// The descriptor types for which the negation of the term can hold.
  var negatedDomain: TypeSet { get }

  /// The descriptor numbers for which the term holds, or nil if a number alone does not decide.
  var numbers: RangeList? { get }

  /// The term itself if it is a comparison; otherwise nil.
  var comparison: Comparison? { get }

  /// The numbers of other descriptors that the term compares a descriptor with.
  var comparedNumbers: [UInt32] { get }

  /// Whether the term depends on a fact of the number, which the open file does not have.
  var readsNumber: Bool { get }

  /// Whether the term names the state of listening sockets.
  var namesListeners: Bool { get }

  /// A term that also holds for descriptors that the user may have meant, or nil.
  ///
  /// The wider term holds for every descriptor for which this term holds, and reads no other facts.
  /// rangeclose names the descriptors that only the wider term picks, and leaves them alone.
  var wider: (any Term)? { get }

  /// Other terms that the user may have meant if this term picks nothing; the likeliest comes first.
  ///
  /// rangeclose names the first of them that picks something.
  var nearMisses: [NearMiss] { get }

  /// The path that the term compares, if it has no pattern; nil otherwise.
  var literalPath: ByteString? { get }

  /// Whether the term names the host of a socket's end, and no port.
  var hasHostWithoutPort: Bool { get }

  /// Decides whether the term holds for a descriptor.
  ///
  /// The result is `notRead` if a fact that decides was not read yet, and `unreadable` if it could not be
  /// read.
  func evaluate(_ descriptor: Descriptor) -> Fact<Bool>

  /// The same term after a lookup of the names in it.
  ///
  /// Throws if a name is not found. The error points at `snippet`, the text of the term.
  func resolved(at snippet: Snippet) throws(SelectorError) -> any Term

  /// The same term after a lookup of its paths in the mount namespace of one target.
  ///
  /// Throws if a path is no mount point there. The error points at `snippet`, the text of the term.
  func located(in namespace: MountNamespace, at snippet: Snippet) throws(SelectorError) -> any Term
}

extension Term {
  /// The default: every type.
  package var negatedDomain: TypeSet { .all }
  /// The default: nil.
  package var numbers: RangeList? { nil }
  /// The default: nil.
  package var comparison: Comparison? { nil }
  /// The default: none.
  package var comparedNumbers: [UInt32] { [] }
  /// The default: false.
  package var namesListeners: Bool { false }
  /// The default: false.
  package var readsNumber: Bool { false }
  /// The default: nil.
  package var wider: (any Term)? { nil }
  /// The default: none.
  package var nearMisses: [NearMiss] { [] }
  /// The default: nil.
  package var literalPath: ByteString? { nil }
  /// The default: false.
  package var hasHostWithoutPort: Bool { false }
  /// The default: the term itself, for a term without names.
  package func resolved(at snippet: Snippet) throws(SelectorError) -> any Term { self }
  /// The default: the term itself, for a term without such paths.
  package func located(
    in namespace: MountNamespace, at snippet: Snippet
  ) throws(SelectorError) -> any Term { self }
}

/// A term that takes a value after its name and a colon.
protocol ValueTerm: Term {
  /// The words that the value can consist of; empty if the value is not a list of words.
  static var words: [String] { get }

  /// Parses a value, which is not empty.
  ///
  /// Throws if the term does not accept the value.
  init(_ value: Value) throws(SelectorError)
}

extension ValueTerm {
  static var words: [String] { [] }
}
