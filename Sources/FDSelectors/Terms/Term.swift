package import FDCore

/// Something that a selector says of a descriptor.
///
/// Each kind of term is a type of its own: what it reads, for which types of descriptor it can hold, and
/// when it does. Two terms are the same where their text is.
package protocol Term: AnyObject, Sendable {
  /// Its text in the normal form, from which it can be parsed.
  var description: String { get }

  /// The word before its value, by which terms side by side are of one kind; see `TermSyntax`.
  var name: String { get }

  /// What could not be read where it is unknown, in words.
  var subject: String { get }

  /// The facts that it may look at.
  var facts: FactSet { get }

  /// The types of descriptor for which it can hold.
  var domain: TypeSet { get }

  /// The types for which its negation can hold.
  var negatedDomain: TypeSet { get }

  /// The numbers that it means; nil where they are not all that it speaks of.
  var numbers: RangeList? { get }

  /// It, where it compares.
  var comparison: Comparison? { get }

  /// Other descriptors that it compares with.
  var comparedNumbers: [UInt32] { get }

  /// Whether it holds; not read, where a fact that decides it was not yet.
  func evaluate(_ descriptor: Descriptor) -> Fact<Bool>

  /// The same term with what it names looked up; `snippet` is where it stands.
  func resolved(at snippet: Snippet) throws(SelectorError) -> any Term
}

extension Term {
  package var negatedDomain: TypeSet { .all }
  package var numbers: RangeList? { nil }
  package var comparison: Comparison? { nil }
  package var comparedNumbers: [UInt32] { [] }
  package func resolved(at snippet: Snippet) throws(SelectorError) -> any Term { self }
}

/// A term that is made from the value after its name.
protocol ValueTerm: Term {
  /// The words that the value may be made of; none where that is no list of words.
  static var words: [String] { get }

  /// Throws for a value that it cannot be made from; an empty one is never asked for.
  init(_ value: Value) throws(SelectorError)
}

extension ValueTerm {
  static var words: [String] { [] }
}
