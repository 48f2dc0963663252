package import FDCore

/// `size>1G`, `offset>=4096`, `links=0`: a number of a file's, compared.
///
/// What has no such number, as a socket has no size, satisfies no comparison.
package final class Comparison: Term {
  package enum Quantity: String, Sendable {
    case size, offset, links
  }

  package enum Relation: String, CaseIterable, Sendable {
    case less = "<"
    case atMost = "<="
    case equal = "="
    case unequal = "!="
    case atLeast = ">="
    case greater = ">"
  }

  /// What a number can be: sizes and offsets are signed in the kernel.
  static let possible: Range<UInt64> = 0..<1 << 63

  let quantity: Quantity
  let relation: Relation
  let amount: UInt64

  /// Throws for what is no comparison or amount, and for one that no number, or every number, satisfies.
  init(
    _ quantity: Quantity, _ relation: Snippet, _ amount: Value, in whole: Snippet
  ) throws(SelectorError) {
    guard let known = Relation(rawValue: String(decoding: relation.bytes, as: UTF8.self)) else {
      throw SelectorError(relation, .notAComparison)
    }
    self.quantity = quantity
    self.relation = known
    self.amount = try Self.amount(amount, hasUnit: quantity != .links)
    if values.isEmpty { throw SelectorError(whole, .neverHolds) }
    if values == RangeSet(Self.possible) { throw SelectorError(whole, .alwaysHolds) }
  }

  /// The numbers that satisfy it.
  var values: RangeSet<UInt64> {
    let all = Self.possible
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

  package var name: String { quantity.rawValue }
  package var subject: String { "its \(quantity == .links ? "link count" : quantity.rawValue)" }
  package var facts: FactSet { quantity == .offset ? [.status, .info] : .status }
  package var comparison: Comparison? { self }
  package var description: String { "\(quantity.rawValue)\(relation.rawValue)\(amount)" }

  package var domain: TypeSet {
    let special: TypeSet = [
      TypeSet(.characterDevice), TypeSet(.blockDevice), TypeSet(.fifo), TypeSet(.symbolicLink),
    ]
    let ours: TypeSet = [TypeSet(.regular), TypeSet(.directory), TypeSet(.bpfToken)]
    let files = ours.union(.untyped.subtracting(.anonymous))
    switch quantity {
    case .size: return files.union(TypeSet(.symbolicLink))
    case .offset: return files.union(special.subtracting([TypeSet(.fifo), TypeSet(.symbolicLink)]))
    case .links: return files.union(special).union(TypeSet(.otherSocket))
    }
  }

  package func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    guard case .known(let status) = descriptor.status else { return descriptor.status.map { _ in false } }
    guard isOf(status.type) || quantity == .links && status.type == .socket && !descriptor.isSocket else {
      return .known(false)
    }
    switch quantity {
    case .size: return .known(holds(status.size))
    case .links: return .known(holds(UInt64(status.links)))
    case .offset: return descriptor.info.map { $0.accessMode != .path && $0.position.map(holds) ?? false }
    }
  }

  /// Whether a file of this type has such a number.
  private func isOf(_ type: FileStatus.FileType) -> Bool {
    switch type {
    case .regular, .directory: true
    case .symbolicLink: quantity != .offset
    case .characterDevice, .blockDevice: quantity != .size
    case .fifo: quantity == .links
    case .socket, .none: false
    }
  }

  private func holds(_ number: UInt64) -> Bool {
    switch relation {
    case .less: number < amount
    case .atMost: number <= amount
    case .equal: number == amount
    case .unequal: number != amount
    case .atLeast: number >= amount
    case .greater: number > amount
    }
  }

  /// Digits and a unit as in `dd(1)`: `K` and `KiB` are 1024, `KB` is 1000.
  private static func amount(_ value: Value, hasUnit: Bool) throws(SelectorError) -> UInt64 {
    let text = value.text
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count)
    guard !digits.isEmpty, let factor = hasUnit ? factor(unit) : unit.isEmpty ? 1 : nil else {
      throw SelectorError(value.snippet, hasUnit ? .notAnAmount : .notANumber("a number of links"))
    }
    guard let number = UInt64(digits) else { throw SelectorError(value.snippet, .impossibleAmount) }
    let (product, isTooLarge) = number.multipliedReportingOverflow(by: factor)
    if isTooLarge || !possible.contains(product) { throw SelectorError(value.snippet, .impossibleAmount) }
    return product
  }

  private static func factor(_ unit: Substring) -> UInt64? {
    if unit.isEmpty { return 1 }
    let letter = unit.prefix(1).uppercased()
    guard let power = ["K", "M", "G", "T", "P", "E"].firstIndex(of: letter) else { return nil }
    let base: UInt64
    switch unit.dropFirst() {
    case "", "iB": base = 1024
    case "B": base = 1000
    default: return nil
    }
    return (0...power).reduce(1) { product, _ in product * base }
  }
}
