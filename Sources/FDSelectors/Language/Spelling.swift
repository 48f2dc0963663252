/// Suggestions for words that may be misspelt.
package enum Spelling {
  /// The word that is nearest to `word`; nil if no word is near enough to be a misspelling.
  ///
  /// The distance ignores case, and the difference between `_` and `-`. A word is near enough if its distance
  /// is 1 or at most a third of the letters of `word`, and less than all of them. A `word` of more than 32
  /// bytes has no suggestion.
  package static func nearest(to word: String, among words: some Sequence<String>) -> String? {
    let maximumLength = 32
    let wanted = Array(folded(word).utf8)
    guard !wanted.isEmpty, wanted.count <= maximumLength else { return nil }
    let maximumDistance = max(1, wanted.count / 3)
    var best: (word: String, distance: Int)?
    for word in words {
      let distance = distance(wanted, Array(folded(word).utf8))
      if distance <= maximumDistance, distance < wanted.count, distance < best?.distance ?? .max {
        best = (word, distance)
      }
    }
    return best?.word
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
