/// Reads the kernel's text formats, a byte at a time and without a copy.
///
/// `/proc` is text with single spaces, tabs and newlines, its numbers decimal, octal or hexadecimal;
/// fields that a reader does not know are to be passed over. See `proc(5)`.
struct TextScanner {
  private let bytes: [UInt8]
  private let end: Int
  private(set) var position: Int

  /// Reads a part of `bytes`, or all of them.
  init(_ bytes: [UInt8], in part: Range<Int>? = nil) {
    self.bytes = bytes
    position = part?.lowerBound ?? 0
    end = part?.upperBound ?? bytes.count
  }

  var isAtEnd: Bool { position >= end }

  var next: UInt8? { isAtEnd ? nil : bytes[position] }

  /// Passes over one byte, if it is this one.
  mutating func skip(_ byte: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  /// Passes over spaces and tabs.
  mutating func skipBlanks() {
    while next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") { position += 1 }
  }

  /// Passes over the text, if it stands here.
  mutating func skip(text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard end - position >= length else { return false }
    for offset in 0..<length where unsafe bytes[position + offset] != text.utf8Start[offset] {
      return false
    }
    position += length
    return true
  }

  /// Passes over the rest of the line and its newline.
  mutating func skipLine() {
    while let byte = next {
      position += 1
      if byte == UInt8(ascii: "\n") { return }
    }
  }

  /// Passes over a field, which ends at a blank or the line's end.
  mutating func skipField() {
    while let byte = next, byte > UInt8(ascii: " ") { position += 1 }
  }

  /// The field that stands here, which ends at a blank or the line's end; nothing is passed over.
  func peekField() -> ArraySlice<UInt8> {
    var rest = self
    rest.skipField()
    return bytes[position..<rest.position]
  }

  /// Passes over blanks and fields until `count` fields are behind.
  mutating func skipFields(_ count: Int) {
    for _ in 0..<count {
      skipBlanks()
      skipField()
    }
    skipBlanks()
  }

  /// The rest of the line, without its newline; nothing is passed over.
  func peekLine() -> [UInt8] {
    var here = position
    while here < end, bytes[here] != UInt8(ascii: "\n") { here += 1 }
    return Array(bytes[position..<here])
  }

  /// A number in a base up to 16; nil, and nothing passed over, where none stands or it does not fit.
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

  /// A decimal number; nil, and nothing passed over, where none stands or it does not fit.
  mutating func decimal<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
    number(type, base: 10)
  }

  /// A hexadecimal number without a prefix; nil where none stands or it does not fit.
  mutating func hexadecimal<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
    number(type, base: 16)
  }

  /// Eight hexadecimal digits; nil, and nothing passed over, where fewer stand.
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
