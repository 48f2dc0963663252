/// A text from the kernel: a path, a command name, a link's target.
///
/// The bytes come from another, maybe hostile, process and need not be UTF-8. `description` is safe to print
/// on a terminal.
package struct ByteString: Hashable, Sendable {
  /// The bytes as the kernel returned them, without a terminating NUL.
  package let bytes: [UInt8]

  /// Creates a text from its bytes.
  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Creates a text from the UTF-8 bytes of a string.
  package init(_ text: String) {
    self.bytes = Array(text.utf8)
  }

  /// Calls a function with the bytes and a terminating NUL, as system calls take a path.
  ///
  /// A NUL among the bytes ends the path, so the caller refuses it first.
  func withCString(_ body: (UnsafePointer<CChar>?) -> Int) -> Int {
    unsafe (bytes + [0]).withUnsafeBytes { bytes in
      unsafe body(bytes.assumingMemoryBound(to: CChar.self).baseAddress)
    }
  }

  /// Whether the text begins with `prefix`.
  package func hasPrefix(_ prefix: String) -> Bool {
    bytes.starts(with: prefix.utf8)
  }

  /// The bytes after the last slash, or all bytes if there is no slash.
  package var lastComponent: ArraySlice<UInt8> {
    let slash = bytes.lastIndex(of: UInt8(ascii: "/"))
    return bytes[(slash.map { $0 + 1 } ?? bytes.startIndex)...]
  }

  /// The text without `suffix`; nil if the text does not end with `suffix`.
  package func removingSuffix(_ suffix: String) -> ByteString? {
    let tail = Array(suffix.utf8)
    guard bytes.count >= tail.count, bytes.suffix(tail.count).elementsEqual(tail) else { return nil }
    return ByteString(Array(bytes.dropLast(tail.count)))
  }
}

extension ByteString: ExpressibleByStringLiteral {
  /// Creates a text from a string literal.
  package init(stringLiteral text: String) {
    self.init(text)
  }
}

extension ByteString: CustomStringConvertible {
  /// The text with C escapes for control characters, backslashes and bytes that are not UTF-8.
  ///
  /// Bidirectional overrides and other invisible format characters are escaped too, because they can make one
  /// name look like another.
  package var description: String {
    // Most names need no escape, and a listing may have a million of them.
    if bytes.allSatisfy({ 0x20..<0x7F ~= $0 && $0 != UInt8(ascii: "\\") }) {
      return String(decoding: bytes, as: UTF8.self)
    }
    var text = ""
    var rest = bytes[...]
    while let byte = rest.first {
      if let scalar = Self.leadingScalar(of: rest) {
        text += Self.escaped(scalar)
        rest = rest.dropFirst(UTF8.width(scalar))
      } else {
        text += Self.octal(byte)
        rest = rest.dropFirst()
      }
    }
    return text
  }

  /// The `description` for a table, in which more than one blank means the next column.
  ///
  /// A space is escaped if it is the first or the last character, or if it is next to another blank. Other
  /// blanks are always escaped, because some are as wide as two spaces. The selector language reads these
  /// escapes as well.
  package var cell: String {
    let text = description
    if isPlainCell { return text }
    let scalars = Array(text.unicodeScalars)
    var cell = ""
    for (index, scalar) in scalars.enumerated() {
      if scalar == " " {
        let isInner = index > 0 && index < scalars.count - 1
        let isPlain = isInner && scalars[index - 1].isVisible && scalars[index + 1].isVisible
        cell += isPlain ? " " : "\\ "
      } else {
        cell += scalar.isBlank ? String(scalar).utf8.map(Self.octal).joined() : String(scalar)
      }
    }
    return cell
  }

  /// Whether all bytes are ASCII characters, and each space has another character on both sides.
  private var isPlainCell: Bool {
    var isAfterSpace = true
    for byte in bytes {
      let isSpace = byte == UInt8(ascii: " ")
      if byte >= 0x80 || isSpace && isAfterSpace { return false }
      isAfterSpace = isSpace
    }
    return bytes.isEmpty || !isAfterSpace
  }

  /// The UTF-8 character that the bytes begin with; nil if they do not begin with one.
  package static func leadingScalar(of bytes: ArraySlice<UInt8>) -> Unicode.Scalar? {
    var decoder = UTF8()
    var iterator = bytes.prefix(4).makeIterator()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
    return scalar
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\\": return "\\\\"
    case "\n": return "\\n"
    case "\t": return "\\t"
    case "\r": return "\\r"
    case "\u{1B}": return "\\e"
    default: return scalar.isPrintable ? String(scalar) : String(scalar).utf8.map(octal).joined()
    }
  }

  private static func octal(_ byte: UInt8) -> String {
    "\\" + [byte >> 6, byte >> 3 & 7, byte & 7].map(String.init).joined()
  }
}

extension Unicode.Scalar {
  /// Whether a terminal shows the character as such: it is neither a control character nor invisible.
  package var isPrintable: Bool {
    if isASCII { return value >= 0x20 && value != 0x7F }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: return false
    default: return true
    }
  }

  /// Whether a terminal shows nothing at the place of the character.
  ///
  /// The four Hangul fillers and the empty Braille pattern count as letters and symbols in Unicode.
  fileprivate var isBlank: Bool {
    switch self {
    case "\u{115F}", "\u{1160}", "\u{3164}", "\u{FFA0}", "\u{2800}": true
    default: properties.generalCategory == .spaceSeparator
    }
  }

  /// Whether the character has a place of its own on a terminal, and the terminal shows something there.
  fileprivate var isVisible: Bool { !isBlank && String(self).columns > 0 }
}
