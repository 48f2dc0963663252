import FDCore

extension Comparison {
  /// Parses a number and an optional unit: `K`, `Ki` and `KiB` are 1024, `KB` is 1000, and `h` is an hour.
  ///
  /// A number with a unit may have a fraction, as in `1.5G`. What is less than a byte or a second is dropped.
  static func amount(_ value: Value, _ quantity: Quantity) throws(SelectorError) -> UInt64 {
    let text = value.text
    let whole = text.prefix { $0.isASCII && $0.isNumber }
    var unit = text.dropFirst(whole.count)
    var fraction: Substring?
    if unit.first == "." {
      fraction = unit.dropFirst().prefix { $0.isASCII && $0.isNumber }
      unit = unit.dropFirst(1 + (fraction?.count ?? 0))
    }
    guard !whole.isEmpty, let factor = factor(unit, quantity.unit),
      fraction.map({ 1...18 ~= $0.count && !unit.isEmpty }) ?? true
    else { throw SelectorError(value.snippet, wrongAmount(quantity)) }
    let tooLarge: SelectorError.Problem = quantity == .idle ? .timeTooLong : .amountTooLarge
    guard let number = UInt64(whole) else { throw SelectorError(value.snippet, tooLarge) }
    let (product, isTooLarge) = number.multipliedReportingOverflow(by: factor)
    let (sum, overflows) = product.addingReportingOverflow(fraction.map { part(of: factor, $0) } ?? 0)
    if isTooLarge || overflows || !quantity.possibleValues.contains(sum) {
      throw SelectorError(value.snippet, tooLarge)
    }
    return sum
  }

  /// The part of a number that a decimal fraction means, rounded down.
  ///
  /// - Parameter fraction: at most 18 digits, so that neither the digits nor the product overflow.
  private static func part(of number: UInt64, _ fraction: Substring) -> UInt64 {
    let scale = fraction.reduce(1 as UInt128) { scale, _ in scale * 10 }
    return UInt64(UInt128(number) * UInt128(UInt64(fraction) ?? 0) / scale)
  }

  private static func wrongAmount(_ quantity: Quantity) -> SelectorError.Problem {
    switch quantity.unit {
    case .none: .notANumber(kind: "a number of links", largest: quantity.possibleValues.upperBound - 1)
    case .bytes: .notAnAmount
    case .time: .notATime
    }
  }

  /// The factor of a unit; nil for an unknown unit.
  private static func factor(_ unit: Substring, _ kind: Unit) -> UInt64? {
    if unit.isEmpty { return 1 }
    switch kind {
    case .none: return nil
    case .bytes: return factor(ofBytes: unit)
    case .time: return ["s": 1, "m": 60, "h": 3600, "d": 86400][unit]
    }
  }

  /// The factor of a unit of bytes; nil for an unknown unit.
  private static func factor(ofBytes unit: Substring) -> UInt64? {
    let letters = Spelling.folded(String(unit))
    guard let power = ["k", "m", "g", "t", "p", "e"].firstIndex(of: letters.prefix(1)) else { return nil }
    let base: UInt64
    switch letters.dropFirst() {
    case "", "i", "ib": base = 1024
    case "b": base = 1000
    default: return nil
    }
    return (0...power).reduce(1) { product, _ in product * base }
  }
}
