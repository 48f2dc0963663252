import FDCore

extension RangeList {
  /// Parses one item of a list.
  static func range(_ item: Value) throws(SelectorError) -> DescriptorRange {
    var rest = 0..<item.sourceBytes.count
    let first = try number(item, &rest)
    if rest.isEmpty { return first...first }
    guard item[rest].bytes.first == UInt8(ascii: "-") else {
      throw SelectorError(item[rest].snippet, .notARange)
    }
    rest.removeFirst()
    if item[rest].text == largest { rest = rest.dropFirst(largest.utf8.count) }
    let last = rest.isEmpty ? .max : try number(item, &rest)
    guard rest.isEmpty else { throw SelectorError(item[rest].snippet, .notARange) }
    guard first <= last else {
      throw SelectorError(item.snippet, .reversed(first: first, last: last))
    }
    return first...last
  }

  /// Parses a number at the start of the unread part of an item.
  ///
  /// It may be hexadecimal, and may have a suffix for its type, as in C. Unlike in C, a number that starts
  /// with 0 is decimal.
  ///
  /// - Parameter rest: the offsets of the unread part; the offsets of the number are removed from it.
  private static func number(_ item: Value, _ rest: inout Range<Int>) throws(SelectorError) -> UInt32 {
    let start = rest.lowerBound
    let isComplement = item[rest].bytes.first == UInt8(ascii: "~")
    if isComplement { rest.removeFirst() }
    let isHexadecimal = ["0x", "0X"].contains { item[rest].bytes.starts(with: $0.utf8) }
    let unread = item[rest.dropFirst(isHexadecimal ? 2 : 0)].bytes
    let digits = unread.prefix { $0.isDigit || isHexadecimal && $0.isHexadecimalLetter }
    guard !digits.isEmpty else {
      if isComplement { throw SelectorError(item[start..<start + 1].snippet, .missingNumber) }
      guard start == 0, unread.first == UInt8(ascii: "-") else {
        throw SelectorError(item[rest].snippet, .notARange)
      }
      let last = unread.dropFirst().prefix { $0.isDigit }
      throw SelectorError(
        item[rest].snippet, .missingFirstNumber(last: String(decoding: last, as: UTF8.self)))
    }
    let suffix = suffix(of: unread.dropFirst(digits.count))
    let text = String(decoding: digits, as: UTF8.self)
    rest = rest.dropFirst((isHexadecimal ? 2 : 0) + digits.count + suffix)
    guard let value = UInt32(text, radix: isHexadecimal ? 16 : 10) else {
      throw SelectorError(item[start..<rest.lowerBound].snippet, .descriptorTooLarge)
    }
    return isComplement ? ~value : value
  }

  /// The length of a suffix such as `u` or `UL`, which gives a number of C its type; 0 if there is none.
  private static func suffix(of bytes: ArraySlice<UInt8>) -> Int {
    let letters = bytes.prefix { $0 | 0x20 == UInt8(ascii: "u") || $0 | 0x20 == UInt8(ascii: "l") }
    let word = String(decoding: letters.map { $0 | 0x20 }, as: UTF8.self)
    return ["u", "l", "ul", "lu", "ll", "ull", "llu"].contains(word) ? letters.count : 0
  }
}
