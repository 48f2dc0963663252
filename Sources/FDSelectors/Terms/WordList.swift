/// A list of words of a term's own vocabulary, such as `tcp,udp`.
struct WordList<Meaning: Sendable>: Sendable {
  /// The words that the language writes, and what each means.
  typealias Vocabulary = [(word: String, meaning: Meaning)]

  /// As written, without the repeated, and spelt as in the vocabulary.
  let words: [String]
  let meanings: [Meaning]

  /// Reads a list.
  ///
  /// - Parameter kind: what a word of the vocabulary is called, with its article.
  ///
  /// Throws for an empty item, and, with the nearest right one, for a word that is not in the vocabulary.
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

  /// All words, or the first of many.
  private static func sample(of words: [String]) -> String {
    let most = 12
    if words.count <= most { return words.joined(separator: ", ") }
    return words.prefix(most).joined(separator: ", ") + " and \(words.count - most) more"
  }
}

extension WordList: Hashable {
  static func == (one: WordList, other: WordList) -> Bool { one.words == other.words }

  func hash(into hasher: inout Hasher) { hasher.combine(words) }
}

extension WordList: CustomStringConvertible {
  var description: String { words.joined(separator: ",") }
}
