/// Changes of bytes that know the words of the grammar and nothing else of it.
enum Mutation {
  private static let pieces: [[UInt8]] =
    [
      "not ", " and ", " or ", "(", ")", "\"", "'", "\\", ":", ",", "-", "~", "*", "[", "]", "%", "/", "!",
      "^",
      "<", "<=", "=", "!=", ">", "0", "99999999999999999999", "4294967296", "8E", "18446744073709551616",
      "path:", "peer:", "local:unix:", "socket:[", "size", "links", "type:", "deleted", "\\000", "\\377",
      "\\1",
      "\u{301}", "\u{202E}", "\u{212A}", "\u{FEFF}", "\u{1F469}\u{200D}\u{1F680}", "\n", "\r\n", "\u{0}",
      "é",
    ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xE2, 0x80], [0xED, 0xA0, 0x80]]

  /// Makes one to four changes.
  static func change(_ text: inout [UInt8], with other: [UInt8], _ random: inout Entropy) {
    for _ in 0..<1 + random.below(4) {
      let place = random.below(text.count + 1)
      switch random.below(7) {
      case 0: text.insert(contentsOf: random.pick(pieces), at: place)
      case 1: text.removeSubrange(place..<min(text.count, place + 1 + random.below(4)))
      case 2 where place < text.count: text[place] = UInt8(truncatingIfNeeded: random.next())
      case 3 where place < text.count: text[place] ^= 1 << UInt8(random.below(8))
      case 4:
        let end = min(text.count, place + random.below(12))
        text.insert(contentsOf: text[place..<end], at: random.below(text.count + 1))
      case 5 where !other.isEmpty:
        let start = random.below(other.count)
        text.insert(contentsOf: other[start..<min(other.count, start + 16)], at: place)
      default: text.insert(contentsOf: random.pick(pieces), at: place)
      }
    }
  }
}

extension Fuzzer {
  /// The shortest text that is still at fault, with its fault.
  ///
  /// The search only removes bytes from the given text.
  package static func minimal(_ text: [UInt8], _ error: Fault) -> (text: [UInt8], fault: String) {
    var text = text
    guard var fault = fault(of: text) else { return (text, "\(error), but not in a second check") }
    var length = max(1, text.count / 2)
    while length > 0 {
      var place = 0
      while place < text.count {
        var shorter = text
        shorter.removeSubrange(place..<min(text.count, place + length))
        if let found = self.fault(of: shorter) {
          (text, fault) = (shorter, found)
        } else {
          place += length
        }
      }
      length /= 2
    }
    return (text, fault)
  }

  private static func fault(of text: [UInt8]) -> String? {
    do {
      try check(text)
      return nil
    } catch {
      return "\(error)"
    }
  }
}
