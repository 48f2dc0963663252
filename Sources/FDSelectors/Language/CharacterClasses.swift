extension UInt8 {
  /// True for `"` and `'`.
  var isQuote: Bool { self == UInt8(ascii: "\"") || self == UInt8(ascii: "'") }

  /// True for a space and for the control characters from tab to carriage return, as in `isspace(3)`.
  var isBlank: Bool { self == UInt8(ascii: " ") || (9...13).contains(self) }

  /// True for an ASCII decimal digit.
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

  /// True for a letter that is a hexadecimal digit.
  var isHexadecimalLetter: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20) && self < 0x80
  }

  /// True for an ASCII octal digit.
  var isOctalDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(self) }

  /// True for a byte of a comparison sign such as `>=`.
  var isComparison: Bool { "<>=!".utf8.contains(self) }

  /// True for an ASCII letter or decimal digit.
  var isLetterOrDigit: Bool {
    isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) && self < 0x80
  }

  /// True for a byte that a host name can contain.
  ///
  /// These are more bytes than `hostname(7)` allows. Names in `/etc/hosts` can contain underscores and
  /// non-ASCII characters.
  var isInHostName: Bool { isLetterOrDigit || self >= 0x80 || "-._".utf8.contains(self) }

  /// True for a byte that a service name can contain.
  var isInServiceName: Bool { isLetterOrDigit || "-._+*/".utf8.contains(self) }
}

extension StringProtocol {
  /// True for one or more ASCII decimal digits, without the sign that `Int.init` would accept.
  package var isDecimal: Bool { !isEmpty && utf8.allSatisfy { $0.isDigit } }
}
