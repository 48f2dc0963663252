/// The word that was meant.
package enum Spelling {
  /// The nearest of some words, where one is near enough to be meant.
  ///
  /// Case and `_` for `-` count for nothing; a letter too many, too few, wrong or out of turn counts one.
  package static func nearest(to word: String, among words: some Sequence<String>) -> String? {
    let longest = 32
    let wanted = Array(folded(word).utf8)
    guard !wanted.isEmpty, wanted.count <= longest else { return nil }
    let most = max(1, wanted.count / 3)
    var best: (word: String, distance: Int)?
    for word in words {
      let distance = distance(wanted, Array(folded(word).utf8))
      if distance <= most, distance < wanted.count, distance < best?.distance ?? .max {
        best = (word, distance)
      }
    }
    return best?.word
  }

  /// The word in lower case and with hyphens, as the language writes all of its words.
  static func folded(_ word: String) -> String {
    // Of ASCII alone: elsewhere there are letters, such as that of Kelvin, whose lower case is one of ours.
    let letters = word.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "_"): UInt8(ascii: "-")
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
      default: byte
      }
    }
    return String(decoding: letters, as: UTF8.self)
  }

  /// Damerau's and Levenshtein's, of adjacent letters.
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
