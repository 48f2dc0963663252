import FDCore
import FDSelectors

/// The safeguards that the user switched off with `--force`.
struct Force: OptionSet {
  let rawValue: UInt8

  /// Operations on every process with `--all`.
  static let all = Force(rawValue: 1 << 0)
  /// Operations on PID 1 and on the ancestors of rangeclose.
  static let initial = Force(rawValue: 1 << 1)

  /// Operations on files that are mapped.
  static let mapped = Force(rawValue: 1 << 2)
  /// Operations on files that several descriptions write.
  static let shared = Force(rawValue: 1 << 3)
  /// Copies of files that a process has a lease on.
  static let lease = Force(rawValue: 1 << 4)

  private static let words: [(word: String, meaning: Force, help: String)] = [
    ("all", .all, "an operation on every process, with --all"),
    ("init", .initial, "an operation on process 1 or an ancestor of rangeclose"),
    ("mapped", .mapped, "--truncate of a file that a process has mapped"),
    ("shared", .shared, "--truncate of a file that is written at several offsets"),
    ("lease", .lease, "--save of a file that a process has a lease on"),
  ]

  /// The words.
  static var names: [String] { words.map { $0.word } }

  /// The words with their meanings, for a message.
  static var list: String { words.map { "\($0.word) (\($0.help))" }.joined(separator: ", ") }

  init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Parses words that are separated by commas.
  init(parsing text: ByteString) throws(UsageError) {
    self = []
    let words = String(decoding: text.bytes, as: UTF8.self)
    for word in words.split(separator: ",", omittingEmptySubsequences: false) {
      guard let entry = Self.words.first(where: { $0.word == word }) else {
        throw .badForce(String(word))
      }
      formUnion(entry.meaning)
    }
  }
}
