import FDCore
import FDSelectors

/// A column of the output, as text and as JSON.
///
/// `all` is the only list of columns. Tables, `--output`, `--sort`, `--list-columns`, JSON and the test of
/// the manual page use it.
final class Column: Sendable {
  /// The name for `--output`, which is also the heading.
  let name: String
  /// The least width of the column in a table.
  ///
  /// Numbers and sizes are on the right.
  let width: Int
  let kind: Kind
  let help: String
  /// The facts that the value needs.
  let facts: FactSet
  /// The key in JSON: the name in small letters.
  let key: String
  private let value: @Sendable (Row) -> Cell
  private let cell: (@Sendable (Row) -> String)?

  /// The type of the value in JSON.
  ///
  /// Each value can also be null.
  enum Kind: String {
    case number, string, boolean
    case list = "array of strings"
    /// A size in bytes.
    case size
  }

  /// - Parameters:
  ///   - cell: the text in a table; nil if the text of the value serves.
  ///   - value: the value in JSON, and for sorting.
  init(
    _ name: String, _ width: Int, _ kind: Kind, _ facts: FactSet = [], help: String,
    cell: (@Sendable (Row) -> String)? = nil, value: @escaping @Sendable (Row) -> Cell
  ) {
    (self.name, self.width, self.kind, self.facts, self.help) = (name, width, kind, facts, help)
    (self.cell, self.value) = (cell, value)
    key = name.lowercased()
  }

  /// The column, or the value of `--sort`, that the user probably meant by another name; nil if none is near.
  static func meant(by name: String) -> String? {
    let word = name.uppercased()
    let parts = word.split { $0 == ":" || $0 == " " }.map(String.init)
    if parts.count == 2, named(parts[0]) != nil {
      if parts[1] == "DESC" { return "-\(parts[0])" }
      if parts[1] == "ASC" { return parts[0] }
    }
    let others = [
      "PATH": "NAME", "FILE": "NAME", "CMD": "COMMAND", "COMM": "COMMAND", "PROCESS": "PID", "INO": "INODE",
      "DEV": "DEVICE", "POS": "OFFSET", "ACCESS": "MODE", "NLINK": "LINKS", "REMOTE": "PEER",
      "FOREIGN": "PEER", "LADDR": "LOCAL", "RADDR": "PEER", "LOCK": "LOCKS",
    ]
    // The nearest spelling is sought among longer words only.
    let short = all.first { $0.name.count == 2 && word.count == 3 && word.hasPrefix($0.name) }
    return others[word] ?? short?.name ?? Spelling.nearest(to: word, among: all.map { $0.name })
  }

  /// Whether this is the column of the descriptor's number.
  var isNumber: Bool { name == "FD" }

  var isRightAligned: Bool { kind == .number || kind == .size }

  /// The value of the column in a row.
  func value(of row: Row) -> Cell { value(row) }

  /// The value by which rows are sorted: for a text, what the table shows.
  func sortValue(of row: Row) -> Cell {
    guard kind == .string, let cell else { return value(row) }
    return .word(cell(row))
  }

  /// The text of the column in a row.
  func text(of row: Row, inBytes: Bool) -> String {
    cell?(row) ?? value(row).text(inBytes: inBytes)
  }

  /// The column with a name, in any case; nil if there is none.
  static func named(_ name: String) -> Column? {
    let name = name.uppercased()
    return all.first { $0.name == name }
  }

  /// The text of `--list-columns`.
  static var list: String {
    var table = TextTable([.left, .left, .left])
    for column in all {
      let type = column.kind == .size ? "number" : column.kind.rawValue
      table.add([column.name, type, column.help])
    }
    return table.text
  }
}
