import FDCore

/// Rows with consecutive numbers whose other cells are equal.
struct EqualRows {
  let first: Row
  private let key: [String]
  private var last: UInt32
  /// The number of rows.
  private(set) var count = 1
  /// The texts of the rows, if they are few.
  private(set) var texts: [[UInt8]]

  /// So many rows are shown as one.
  private static let many = 8

  init(_ row: PreparedRow, _ key: [String]) {
    (first, self.key, last) = (row.row, key, row.row.descriptor.number)
    texts = [row.text ?? []]
  }

  /// Adds a row; false if it differs.
  mutating func add(_ row: PreparedRow, _ key: [String]) -> Bool {
    let number = row.row.descriptor.number
    guard number == last + 1, row.row.process?.pid == first.process?.pid, key == self.key else {
      return false
    }
    (last, count) = (number, count + 1)
    if texts.count < Self.many { texts.append(row.text ?? []) }
    return true
  }

  /// The numbers as a range, if the rows are shown as one.
  var numbers: String? { count < Self.many ? nil : "\(first.descriptor.number)-\(last)" }
}
