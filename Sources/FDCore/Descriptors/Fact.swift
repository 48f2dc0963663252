/// A fact about a descriptor, which may not have been read or may be unreadable.
///
/// A fact that could not be read selects nothing. It differs from a fact that nobody requested.
package enum Fact<Value: Sendable>: Sendable {
  /// Nobody requested the fact yet.
  case notRead
  /// The fact was read.
  case known(Value)
  /// The system call that reads the fact failed.
  case unreadable(Errno)

  /// Runs a read and keeps its value or its error.
  init(reading read: () throws(Errno) -> Value) {
    do {
      self = .known(try read())
    } catch {
      self = .unreadable(error)
    }
  }

  /// The value; nil if the fact is not known.
  package var value: Value? {
    guard case .known(let value) = self else { return nil }
    return value
  }

  /// Whether the fact has not been read.
  var isMissing: Bool {
    if case .notRead = self { true } else { false }
  }

  /// Whether the fact was requested and could not be read.
  package var isUnknown: Bool { error != nil }

  /// The error of the read; nil if the fact is known or was not read.
  package var error: Errno? {
    guard case .unreadable(let error) = self else { return nil }
    return error
  }

  /// The same fact with its value transformed.
  package func map<Other: Sendable>(_ transform: (Value) -> Other) -> Fact<Other> {
    switch self {
    case .notRead: .notRead
    case .known(let value): .known(transform(value))
    case .unreadable(let error): .unreadable(error)
    }
  }
}

extension Fact<Bool> {
  /// Whether one of two facts holds.
  ///
  /// If one of the facts is known to hold, the result is known to hold. If this fact is known not to hold,
  /// the result is the other fact. In all other cases, the result is this fact.
  package func or(_ other: Fact<Bool>) -> Fact<Bool> {
    if value == true || other.value == true { return .known(true) }
    return value == false ? other : self
  }
}
