/// Something about a descriptor that may not have been read, or that could not be.
///
/// What could not be read selects nothing, and is not confused with what was not asked for.
package enum Fact<Value: Sendable>: Sendable {
  case notRead
  case known(Value)
  case unreadable(Errno)

  /// Runs a read, keeping its error as the fact.
  init(reading read: () throws(Errno) -> Value) {
    do {
      self = .known(try read())
    } catch {
      self = .unreadable(error)
    }
  }

  /// The value, or nil where there is none.
  package var value: Value? {
    guard case .known(let value) = self else { return nil }
    return value
  }

  /// Whether the fact was never asked for.
  var isMissing: Bool {
    if case .notRead = self { true } else { false }
  }

  /// Why the fact could not be read, or nil where it was, or was not asked for.
  package var error: Errno? {
    guard case .unreadable(let error) = self else { return nil }
    return error
  }

  /// The same fact, its value put another way.
  package func map<Other: Sendable>(_ transform: (Value) -> Other) -> Fact<Other> {
    switch self {
    case .notRead: .notRead
    case .known(let value): .known(transform(value))
    case .unreadable(let error): .unreadable(error)
    }
  }
}

extension Fact<Bool> {
  /// Whether one of two holds; where one does not, what is known of the other.
  package func or(_ other: Fact<Bool>) -> Fact<Bool> {
    if value == true || other.value == true { return .known(true) }
    return value == false ? other : self
  }
}
