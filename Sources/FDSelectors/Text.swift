extension String {
  /// What follows `prefix`, or nil where the text does not begin so.
  func removingPrefix(_ prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}

extension StringProtocol {
  /// Whether the text is ASCII digits, one or more, without the sign that `Int` would take.
  package var isDecimal: Bool {
    !isEmpty && utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}
