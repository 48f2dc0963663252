extension Value {
  /// Whole decimal numbers with commas between, each once.
  ///
  /// - Parameter what: what such a number is called, with its article.
  ///
  /// Throws for anything else, and for one that does not fit.
  func numbers<Number: FixedWidthInteger>(
    _: Number.Type, _ what: String
  ) throws(SelectorError) -> [Number] {
    var numbers: [Number] = []
    var known: Set<Number> = []
    for item in try items() {
      guard item.text.isDecimal, let number = Number(item.text) else {
        throw SelectorError(item.snippet, .notANumber(what))
      }
      if known.insert(number).inserted { numbers.append(number) }
    }
    return numbers
  }
}
