/// Scans the kernel's text formats byte by byte, without a copy.
///
/// The files in `/proc` separate fields by spaces, tabs and newlines. Their numbers are decimal, octal or
/// hexadecimal. Readers must skip fields that they do not know. See `proc(5)`.
struct TextScanner {
  private let bytes: [UInt8]
  private let end: Int
  /// The index of the next byte.
  private(set) var position: Int

  /// Scans a part of `bytes`, or all of them.
  init(_ bytes: [UInt8], in part: Range<Int>? = nil) {
    self.bytes = bytes
    position = part?.lowerBound ?? 0
    end = part?.upperBound ?? bytes.count
  }

  /// Whether no bytes are left.
  var isAtEnd: Bool { position >= end }

  /// The next byte; nil at the end.
  var next: UInt8? { isAtEnd ? nil : bytes[position] }

  /// Skips the next byte if it is `byte`; false if it is not.
  mutating func skip(_ byte: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  /// Skips spaces and tabs.
  mutating func skipBlanks() {
    while next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") { position += 1 }
  }

  /// Skips `text` if it comes next; false if it does not.
  mutating func skip(text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard end - position >= length else { return false }
    for offset in 0..<length where unsafe bytes[position + offset] != text.utf8Start[offset] {
      return false
    }
    position += length
    return true
  }

  /// Skips the rest of the line and its newline.
  mutating func skipLine() {
    while let byte = next {
      position += 1
      if byte == UInt8(ascii: "\n") { return }
    }
  }

  /// Skips a field, which ends at a blank or at the end of the line.
  mutating func skipField() {
    while let byte = next, byte > UInt8(ascii: " ") { position += 1 }
  }

  /// The next field, which ends at a blank or at the end of the line; the position stays the same.
  func peekField() -> ArraySlice<UInt8> {
    var rest = self
    rest.skipField()
    return bytes[position..<rest.position]
  }

  /// Skips `count` fields and the blanks around them.
  mutating func skipFields(_ count: Int) {
    for _ in 0..<count {
      skipBlanks()
      skipField()
    }
    skipBlanks()
  }

  /// The rest of the line, without its newline; the position stays the same.
  func peekLine() -> [UInt8] {
    var here = position
    while here < end, bytes[here] != UInt8(ascii: "\n") { here += 1 }
    return Array(bytes[position..<here])
  }

  /// Scans a number in a base of at most 16.
  ///
  /// Nil if no digit comes next or the number does not fit `Value`; the position then stays the same.
  mutating func number<Value: FixedWidthInteger>(_: Value.Type, base: Value) -> Value? {
    var value: Value = 0
    var here = position
    while here < end, let digit = Self.digit(bytes[here]), Value(digit) < base {
      let (scaled, tooLarge) = value.multipliedReportingOverflow(by: base)
      let (sum, alsoTooLarge) = scaled.addingReportingOverflow(Value(digit))
      if tooLarge || alsoTooLarge { return nil }
      value = sum
      here += 1
    }
    guard here > position else { return nil }
    position = here
    return value
  }

  /// Scans a decimal number; nil if none comes next or it does not fit `Value`.
  mutating func decimal<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
    number(type, base: 10)
  }

  /// Scans a hexadecimal number without a prefix; nil if none comes next or it does not fit `Value`.
  mutating func hexadecimal<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
    number(type, base: 16)
  }

  /// Scans eight hexadecimal digits; nil if fewer come next, and the position then stays the same.
  mutating func hexadecimalWord() -> UInt32? {
    guard end - position >= 8 else { return nil }
    var word: UInt32 = 0
    for offset in 0..<8 {
      guard let digit = Self.digit(bytes[position + offset]) else { return nil }
      word = word << 4 | UInt32(digit)
    }
    position += 8
    return word
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
