import FDCore

/// Rows of text in aligned columns.
struct TextTable {
  enum Alignment {
    case left, right
  }

  private let alignments: [Alignment]
  private var rows: [[String]] = []

  /// - Parameter alignments: the alignment of each column. The last column is never padded.
  init(_ alignments: [Alignment]) {
    self.alignments = alignments
  }

  /// Adds a row with a cell for each column.
  mutating func add(_ cells: [String]) {
    rows.append(cells)
  }

  /// The rows, each with its newline, with two spaces between columns.
  var text: String {
    let last = alignments.count - 1
    let widths = (0..<last).map { column in rows.map { $0[column].columns }.max() ?? 0 }
    return rows.map { row in
      let padded = (0..<last).map { column in
        let space = String(repeating: " ", count: max(0, widths[column] - row[column].columns))
        return alignments[column] == .right ? space + row[column] : row[column] + space
      }
      return (padded + [row[last]]).joined(separator: "  ") + "\n"
    }.joined()
  }
}
