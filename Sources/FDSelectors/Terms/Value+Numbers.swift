extension Value {
  /// Parses a list of decimal numbers, and drops repetitions.
  ///
  /// Throws `emptyItem` for an empty item. Throws `notANumber` for an item that is not a decimal number, or
  /// for a number that `Number` cannot represent.
  ///
  /// - Parameter kind: the noun for such a number, with its article, as in "an inode number".
  func numbers<Number: FixedWidthInteger>(
    _: Number.Type, kind: String
  ) throws(SelectorError) -> [Number] {
    var numbers: [Number] = []
    var known: Set<Number> = []
    for item in try items() {
      guard item.text.isDecimal, let number = Number(item.text) else {
        throw SelectorError(item.snippet, .notANumber(kind: kind, largest: UInt64(Number.max)))
      }
      if known.insert(number).inserted { numbers.append(number) }
    }
    return numbers
  }
}
