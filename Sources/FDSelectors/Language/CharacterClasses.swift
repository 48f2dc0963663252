extension UInt8 {
  var isQuote: Bool { self == UInt8(ascii: "\"") || self == UInt8(ascii: "'") }
  var isBlank: Bool { self == UInt8(ascii: " ") || (9...13).contains(self) }
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  var isOctalDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(self) }
  var isComparison: Bool { "<>=!".utf8.contains(self) }

  var isLetterOrDigit: Bool {
    isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) && self < 0x80
  }

  /// Beyond `hostname(7)`: `/etc/hosts` may have underscores, and names that are not of ASCII.
  var isInHostName: Bool { isLetterOrDigit || self >= 0x80 || "-._".utf8.contains(self) }

  var isInServiceName: Bool { isLetterOrDigit || "-._+*/".utf8.contains(self) }
}

extension StringProtocol {
  /// Whether the text is ASCII digits, one or more, without the sign that `Int` would take.
  package var isDecimal: Bool { !isEmpty && utf8.allSatisfy { $0.isDigit } }
}
