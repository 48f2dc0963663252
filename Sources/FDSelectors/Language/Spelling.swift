/// Suggestions for words that may be misspelt.
package enum Spelling {
  /// The word that is nearest to `word`; nil if no word is near enough to be a misspelling.
  ///
  /// The distance ignores case, and the difference between `_` and `-`. A word of three to seven
  /// letters may differ by 1, and a longer word by 2. Both words start with the same letter, unless the first
  /// letter is missing, extra, or swapped with the second. A `word` of less than three or more than 32 bytes
  /// has no suggestion, and a word of less than three bytes is none.
  package static func nearest(to word: String, among words: some Sequence<String>) -> String? {
    let wanted = Array(folded(word).utf8)
    guard 3...32 ~= wanted.count else { return nil }
    let maximumDistance = wanted.count < 8 ? 1 : 2
    var best: (word: String, distance: Int)?
    for word in words {
      let candidate = Array(folded(word).utf8)
      guard candidate.count > 2, startsAlike(wanted, candidate) else { continue }
      let distance = distance(wanted, candidate)
      if distance <= maximumDistance, distance < best?.distance ?? .max { best = (word, distance) }
    }
    return best?.word
  }

  /// Whether two words start with the same letter, or one slip of the hand explains that they do not.
  ///
  /// Few misspellings change the first letter. Most pairs of short words at a small distance, such as `count`
  /// and `mount`, are different words.
  private static func startsAlike(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    guard let first = one.first, let start = other.first else { return false }
    if first == start || one.dropFirst().elementsEqual(other) || other.dropFirst().elementsEqual(one) {
      return true
    }
    return one.count > 1 && other.count > 1 && first == other[1] && one[1] == start
  }

  /// The word in lower case and with `-` for `_`, as the selector language spells its words.
  static func folded(_ word: String) -> String {
    // Only ASCII letters are folded. Some other letters, such as U+212A KELVIN SIGN, have an ASCII lower
    // case.
    let letters = word.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "_"): UInt8(ascii: "-")
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
      default: byte
      }
    }
    return String(decoding: letters, as: UTF8.self)
  }

  /// The bytes with small letters for capital letters; only ASCII letters change.
  static func lowercased(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    bytes.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
  }

  /// The text with small letters for capital letters; only ASCII letters change.
  package static func lowercased(_ text: String) -> String {
    String(decoding: lowercased(text.utf8), as: UTF8.self)
  }

  /// The Damerau-Levenshtein distance, with transpositions of adjacent letters only.
  ///
  /// A letter that is missing, extra, wrong, or swapped with its neighbour counts 1.
  private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...other.count)
    for row in one.indices {
      var next = [row + 1]
      for column in other.indices {
        let isSame = one[row] == other[column]
        var cost = min(last[column] + (isSame ? 0 : 1), last[column + 1] + 1, next[column] + 1)
        if row > 0, column > 0, one[row] == other[column - 1], one[row - 1] == other[column] {
          cost = min(cost, beforeLast[column - 1] + 1)
        }
        next.append(cost)
      }
      (beforeLast, last) = (last, next)
    }
    return last[other.count]
  }
}
