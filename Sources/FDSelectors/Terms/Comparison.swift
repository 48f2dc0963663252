package import FDCore

/// `size>1G`, `links=0`, `idle>1h`: a comparison of a number that a file or a socket has.
///
/// A file that does not have the number satisfies no comparison. A socket, for example, has no size.
package final class Comparison: Term {
  /// The number that is compared, by its word in the language.
  package enum Quantity: String, CaseIterable, Sendable {
    /// The size of the file, in bytes; `st_size` in `stat(2)`.
    case size
    /// The file offset of the open file description, in bytes; see `lseek(2)`.
    case offset
    /// The count of hard links; `st_nlink` in `stat(2)`.
    case links
    /// The time since a TCP connection received data, in whole seconds.
    case idle
    /// The bytes that wait in the socket to be read.
    case receiveQueue = "recvq"
    /// The bytes that wait in the socket to be sent, or to be acknowledged.
    case sendQueue = "sendq"

    /// The words of all quantities.
    package static var names: [String] { allCases.map { $0.rawValue } }

    /// The unit that may follow an amount.
    var unit: Unit {
      switch self {
      case .links: .none
      case .idle: .time
      case .size, .offset, .receiveQueue, .sendQueue: .bytes
      }
    }

    /// The values that the number can have.
    ///
    /// Sizes and offsets are signed 64-bit numbers in the kernel. The time that `TCP_INFO` reports is an
    /// unsigned 32-bit number of milliseconds.
    var possibleValues: Range<UInt64> { self == .idle ? 0..<(1 << 32) / 1000 + 1 : 0..<1 << 63 }
  }

  enum Unit {
    case none, bytes, time
  }

  /// The comparison signs.
  package enum Relation: String, CaseIterable, Sendable {
    case less = "<"
    case atMost = "<="
    case equal = "="
    case unequal = "!="
    case atLeast = ">="
    case greater = ">"
  }

  let quantity: Quantity
  let relation: Relation
  let amount: UInt64

  /// Parses a comparison.
  ///
  /// Throws `notAComparison` for an unknown sign, and `notAnAmount`, `notANumber` or `amountTooLarge` for a
  /// wrong amount. Throws `neverHolds` or `alwaysHolds` if no number, or every number, satisfies the
  /// comparison.
  ///
  /// - Parameter whole: the text of the term, for errors to point at.
  init(
    _ quantity: Quantity, _ relation: Snippet, _ amount: Value, in whole: Snippet
  ) throws(SelectorError) {
    guard let known = Relation(rawValue: String(decoding: relation.bytes, as: UTF8.self)) else {
      throw SelectorError(relation, .notAComparison)
    }
    self.quantity = quantity
    self.relation = known
    self.amount = try Self.amount(amount, quantity)
    if satisfyingValues.isEmpty { throw SelectorError(whole, .neverHolds) }
    if satisfyingValues == RangeSet(quantity.possibleValues) { throw SelectorError(whole, .alwaysHolds) }
  }

  /// Parses the value of an option: a comparison sign and an amount, with or without blanks.
  ///
  /// Throws `missingRelation` if the value does not start with a comparison sign, and the errors of the other
  /// initializer.
  convenience init(_ quantity: Quantity, _ value: Value, of syntax: TermSyntax) throws(SelectorError) {
    let bytes = value.bytes
    let start = bytes.firstIndex { !$0.isBlank } ?? bytes.count
    let sign = bytes[start...].prefix { $0.isComparison }
    guard !sign.isEmpty else { throw SelectorError(value.snippet, .missingRelation(syntax)) }
    let first = bytes[sign.endIndex...].firstIndex { !$0.isBlank } ?? bytes.count
    let end = bytes[first...].lastIndex { !$0.isBlank }.map { $0 + 1 } ?? bytes.count
    try self.init(
      quantity, value[sign.startIndex..<sign.endIndex].snippet, value[first..<end], in: value.snippet)
  }

  /// The possible values that satisfy the comparison.
  var satisfyingValues: RangeSet<UInt64> {
    let all = quantity.possibleValues
    let below = RangeSet(all.lowerBound..<amount)
    let above = RangeSet(amount + 1..<all.upperBound)
    let equal = RangeSet(amount..<amount + 1)
    switch relation {
    case .less: return below
    case .atMost: return below.union(equal)
    case .equal: return equal
    case .unequal: return below.union(above)
    case .atLeast: return above.union(equal)
    case .greater: return above
    }
  }

  /// The word of the quantity.
  package var name: String { quantity.rawValue }
  /// The phrase for a message, such as "its size".
  package var factName: String {
    switch quantity {
    case .links: "its link count"
    case .idle: "its last data"
    case .receiveQueue, .sendQueue: "its queue"
    case .size, .offset: "its \(quantity.rawValue)"
    }
  }
  /// The facts that the comparison needs.
  ///
  /// Sizes and links need the status. An offset also needs fdinfo. Queues and idle times need what only the
  /// socket itself reports.
  package var facts: FactSet {
    switch quantity {
    case .size, .links: .status
    case .offset: [.status, .info]
    case .idle, .receiveQueue, .sendQueue: .activity
    }
  }
  /// The comparison itself.
  package var comparison: Comparison? { self }
  /// The normal form, such as `size>1024`.
  package var description: String { "\(quantity.rawValue)\(relation.rawValue)\(amount)" }

  /// The types of files that have the number.
  package var domain: TypeSet {
    let special: TypeSet = [
      TypeSet(.characterDevice), TypeSet(.blockDevice), TypeSet(.fifo), TypeSet(.symbolicLink),
    ]
    // A BPF token lies in bpffs. It is the only anonymous inode that has a size and links.
    let plain: TypeSet = [TypeSet(.regular), TypeSet(.directory), TypeSet(.bpfToken)]
    let files = plain.union(.untyped.subtracting(.anonymous))
    switch quantity {
    case .size: return files.union(TypeSet(.symbolicLink))
    case .offset: return files.union(special.subtracting([TypeSet(.fifo), TypeSet(.symbolicLink)]))
    case .links: return files.union(special).union(TypeSet(.otherSocket))
    case .idle: return TypeSet(.tcp)
    case .receiveQueue, .sendQueue: return .sockets
    }
  }

  /// True if the file has the number and the number satisfies the comparison.
  ///
  /// A descriptor that was opened with O_PATH has no offset. A file whose `pos` in fdinfo is negative has no
  /// offset either.
  package func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    guard case .known(let status) = descriptor.status else { return descriptor.status.map { _ in false } }
    if facts == .activity { return evaluateActivity(descriptor) }
    // A socket's file that was opened with O_PATH has links. An open socket satisfies no comparison of links.
    if status.type == .socket, quantity == .links {
      return descriptor.isSocket.map { !$0 && isSatisfied(by: UInt64(status.links)) }
    }
    guard hasQuantity(status.type) else { return .known(false) }
    switch quantity {
    case .size: return .known(isSatisfied(by: status.size))
    case .links: return .known(isSatisfied(by: UInt64(status.links)))
    case .offset:
      return descriptor.info.map { $0.accessMode != .path && $0.position.map(isSatisfied) ?? false }
    case .idle, .receiveQueue, .sendQueue: return .known(false)
    }
  }

  /// Compares a number that the socket itself reports; a listening socket satisfies no comparison.
  private func evaluateActivity(_ descriptor: Descriptor) -> Fact<Bool> {
    if descriptor.possibleTypes.isDisjoint(with: domain) { return .known(false) }
    return descriptor.activity.map { activity in
      let number =
        switch quantity {
        case .receiveQueue: activity?.receiveQueue
        case .sendQueue: activity?.sendQueue
        default: activity?.idleSeconds
        }
      return number.map(isSatisfied) ?? false
    }
  }

  /// True if files of this type have the number that is compared.
  private func hasQuantity(_ type: FileStatus.FileType) -> Bool {
    switch type {
    case .regular, .directory: true
    case .symbolicLink: quantity != .offset
    case .characterDevice, .blockDevice: quantity != .size
    case .fifo: quantity == .links
    case .socket, .none: false
    }
  }

  private func isSatisfied(by number: UInt64) -> Bool {
    switch relation {
    case .less: number < amount
    case .atMost: number <= amount
    case .equal: number == amount
    case .unequal: number != amount
    case .atLeast: number >= amount
    case .greater: number > amount
    }
  }
}
