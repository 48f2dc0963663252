import FDCore

/// Text in the form of RFC 8259.
enum JSON {
  /// A member of an object, from the value of a column.
  ///
  /// A name that is not UTF-8 has a second member with its exact bytes in base64; see RFC 4648.
  static func members(_ key: String, _ cell: Cell) -> String {
    var text = ""
    add(key, cell, to: &text)
    return text
  }

  /// Adds a member to an object that is not complete.
  static func add(_ key: String, _ cell: Cell, to object: inout String) {
    if !object.isEmpty, object.utf8.last != UInt8(ascii: "{") { object += "," }
    add(key, to: &object)
    object += ":"
    add(cell, to: &object)
    guard case .name(let name) = cell, text(name) == nil else { return }
    object += ",\(string(key + "_base64")):\"\(base64(name.bytes))\""
  }

  /// Adds a value; null if the column does not apply, or if the fact is unknown.
  private static func add(_ cell: Cell, to json: inout String) {
    switch cell {
    case .none, .unknown: json += "null"
    case .number(let number), .bytes(let number): json += "\(number)"
    case .flag(let isSet): json += isSet ? "true" : "false"
    case .identifier, .device: add(cell.text(inBytes: true), to: &json)
    case .word(let word): add(word, to: &json)
    case .name(let name): add(text(name) ?? name.description, to: &json)
    case .list(let words): json += "[" + words.map(string).joined(separator: ",") + "]"
    }
  }

  /// An object of members that are JSON already.
  static func object(_ members: [String]) -> String { "{" + members.joined(separator: ",") + "}" }

  /// A string in quotation marks.
  ///
  /// Characters that are not printable are escaped, because the output may go to a terminal.
  static func string(_ text: String) -> String {
    var result = ""
    add(text, to: &result)
    return result
  }

  private static func add(_ text: String, to result: inout String) {
    result += "\""
    // Most strings need no escape, and a listing may have a million of them.
    if text.utf8.allSatisfy({ 0x20..<0x7F ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      result += text
    } else {
      addEscaped(text, to: &result)
    }
    result += "\""
  }

  private static func addEscaped(_ text: String, to result: inout String) {
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
