/// A list of words from the vocabulary of a term, such as `tcp,udp`.
struct WordList<Meaning: Sendable>: Sendable {
  /// The words that are accepted, each with its meaning.
  typealias Vocabulary = [(word: String, meaning: Meaning)]

  /// The words in the order of the text, without repetitions, as the vocabulary spells them.
  let words: [String]
  /// The meanings of the words, in the same order.
  let meanings: [Meaning]

  /// Parses a list.
  ///
  /// Throws `emptyItem` for an empty item. Throws `notAWord`, with the nearest word as suggestion, for a word
  /// that is not in the vocabulary.
  ///
  /// - Parameter kind: the noun for a word of the vocabulary, with its article, as in "a state".
  init(_ value: Value, _ vocabulary: Vocabulary, kind: String) throws(SelectorError) {
    var words: [String] = []
    var meanings: [Meaning] = []
    for item in try value.items() {
      let word = Spelling.folded(item.text)
      guard
        let entry = vocabulary.first(where: { $0.word == item.text })
          ?? vocabulary.first(where: { Spelling.folded($0.word) == word })
      else {
        let nearest = Spelling.nearest(to: item.text, among: vocabulary.map { $0.word })
        throw SelectorError(
          item.snippet,
          .notAWord(kind: kind, suggestion: nearest, expected: Self.sample(of: vocabulary.map { $0.word })))
      }
      if words.contains(entry.word) { continue }
      words.append(entry.word)
      meanings.append(entry.meaning)
    }
    self.words = words
    self.meanings = meanings
  }

  /// Creates the list of some words of a vocabulary.
  init(_ words: [String], of vocabulary: Vocabulary) {
    let entries = vocabulary.filter { words.contains($0.word) }
    (self.words, meanings) = (entries.map { $0.word }, entries.map { $0.meaning })
  }

  /// The words as text, but only the first 12 of them and the count of the others.
  private static func sample(of words: [String]) -> String {
    let limit = 12
    if words.count <= limit { return words.joined(separator: ", ") }
    return words.prefix(limit).joined(separator: ", ") + " and \(words.count - limit) more"
  }
}

extension WordList: Hashable {
  static func == (one: WordList, other: WordList) -> Bool { one.words == other.words }

  func hash(into hasher: inout Hasher) { hasher.combine(words) }
}

extension WordList: CustomStringConvertible {
  var description: String { words.joined(separator: ",") }
}
