import FDCore

/// Text in the form of RFC 8259.
enum JSON {
  /// A member of an object, from the value of a column.
  ///
  /// A name that is not UTF-8 has a second member with its exact bytes in base64; see RFC 4648.
  static func members(_ key: String, _ cell: Cell) -> String {
    let member = "\(string(key)):\(value(cell))"
    guard case .name(let name) = cell, text(name) == nil else { return member }
    return member + ",\(string(key + "_base64")):\"\(base64(name.bytes))\""
  }

  /// A value; null if the column does not apply, or if the fact is unknown.
  static func value(_ cell: Cell) -> String {
    switch cell {
    case .none, .unknown: "null"
    case .number(let number), .bytes(let number): "\(number)"
    case .flag(let isSet): isSet ? "true" : "false"
    case .identifier, .device: string(cell.text(inBytes: true))
    case .word(let word): string(word)
    case .name(let name): string(text(name) ?? name.description)
    case .list(let words): "[" + words.map(string).joined(separator: ",") + "]"
    }
  }

  /// An object of members that are JSON already.
  static func object(_ members: [String]) -> String { "{" + members.joined(separator: ",") + "}" }

  /// A string in quotation marks.
  ///
  /// Characters that are not printable are escaped, because the output may go to a terminal.
  static func string(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default:
        if scalar.isPrintable {
          result.unicodeScalars.append(scalar)
        } else {
          for unit in String(scalar).utf16 { result += "\\u" + hexadecimal(unit) }
        }
      }
    }
    return result + "\""
  }

  private static func hexadecimal(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return String(repeating: "0", count: 4 - digits.utf8.count) + digits
  }

  /// The exact text of a name; nil if its bytes are not UTF-8.
  private static func text(_ name: ByteString) -> String? {
    // Only a text of these bytes has the same bytes again. Decoding repairs any other bytes.
    let text = String(decoding: name.bytes, as: UTF8.self)
    return text.utf8.elementsEqual(name.bytes) ? text : nil
  }

  /// Bytes in base64 with padding; see RFC 4648.
  static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
      for index in 0..<4 {
        let digit = alphabet[Int(bits >> (18 - 6 * UInt32(index)) & 63)]
        result.append(index <= group.count ? digit : UInt8(ascii: "="))
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
