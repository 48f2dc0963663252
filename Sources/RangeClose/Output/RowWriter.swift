import CLinux
import FDCore

/// Prints rows as they come.
final class RowWriter {
  private let layout: Layout
  /// Rows that wait, because the order or the counts need all of them.
  private var kept: [Row] = []
  private var tally = Tally()
  private var hasBegun = false
  /// Whether failures are marked with a colour; see <https://no-color.org>.
  private lazy var isColoured = unsafe clinux_is_terminal(1) && !clinux_has_environment("NO_COLOR")
  private var isFirst = true
  /// Text that was not written yet.
  private var text = ""
  private static let largestText = 32 << 10
  /// Whether long runs of equal rows are shown as one.
  private let isFolding: Bool
  private var equalRows: EqualRows?

  /// - Parameter isPrinted: whether there will be rows.
  init(_ layout: Layout, isPrinted: Bool) {
    self.layout = layout
    isFolding =
      isPrinted && layout.format == .table && layout.sorting == nil && !layout.isSummary
      && layout.columns.contains { $0.isNumber } && clinux_is_terminal(1)
  }

  /// A row with its text, if the row is printed as it comes.
  ///
  /// The function may be called in any thread.
  func prepared(_ row: Row) -> PreparedRow {
    if layout.isSummary || layout.sorting != nil { return PreparedRow(row: row, text: nil, key: nil) }
    let isSingle = !isFolding || row.use != nil || row.outcome?.error != nil
    let others = isSingle ? nil : layout.columns.filter { !$0.isNumber }
    let key = others?.map { $0.text(of: row, inBytes: layout.isInBytes) }
    return PreparedRow(row: row, text: line(of: row), key: key)
  }

  /// Prints a row, or keeps it until `finish()` if the rows are sorted or counted.
  func add(_ row: PreparedRow) throws(CommandError) {
    if let key = row.key {
      if equalRows?.add(row, key) == true { return }
      try endEqualRows()
      equalRows = EqualRows(row, key)
    } else if let text = row.text {
      try endEqualRows()
      try write(text)
    } else if layout.isSummary {
      tally.add(row.row)
    } else {
      kept.append(row.row)
    }
  }

  /// Prints the rows that wait to be shown as one.
  private func endEqualRows() throws(CommandError) {
    guard let rows = equalRows else { return }
    equalRows = nil
    if let numbers = rows.numbers {
      var cells = layout.columns.map { column in
        column.isNumber ? numbers : column.text(of: rows.first, inBytes: layout.isInBytes)
      }
      cells[cells.count - 1] += "  (\(rows.count))"
      try write(aligned(cells, mark: nil))
    } else {
      for text in rows.texts { try write(text) }
    }
  }

  /// Prints the rows that wait.
  func flush() throws(CommandError) {
    try endEqualRows()
    try printText()
  }

  private func printText() throws(CommandError) {
    if text.isEmpty { return }
    defer { text = "" }
    try Output.print(text)
  }

  /// Prints the rows that were kept, and ends the list.
  ///
  /// - Parameters:
  ///   - processes: what JSON reports about each process.
  ///   - totals: what JSON reports about the run.
  func finish(processes: [[JSONMember]], totals: [JSONMember]) throws(CommandError) {
    try endEqualRows()
    if let (column, isDescending) = layout.sorting {
      kept.sort { one, two in
        let (one, two) = (column.sortValue(of: one), column.sortValue(of: two))
        return isDescending ? two.precedes(one) : one.precedes(two)
      }
      for row in kept { try write(line(of: row)) }
      kept = []
    }
    switch layout.format {
    case .table, .raw:
      if layout.isSummary { text += tally.text(layout) }
    case .json: endObject(processes, totals)
    case .jsonLines: endLines(processes, totals)
    }
    try flush()
  }

  // MARK: - Text

  private func line(of row: Row) -> String {
    switch layout.format {
    case .table: tableLine(of: row)
    case .raw: rawLine(of: row)
    case .json: object(row, kind: nil)
    case .jsonLines: object(row, kind: "descriptor") + "\n"
    }
  }

  private func write(_ line: String) throws(CommandError) {
    begin()
    if layout.format == .json { text += isFirst ? "\n" : ",\n" }
    text += line
    isFirst = false
    if text.utf8.count > Self.largestText { try printText() }
  }

  /// Prints the headings before the first row.
  private func begin() {
    if hasBegun { return }
    hasBegun = true
    switch layout.format {
    case .table where layout.hasHeadings:
      text += aligned(layout.columns.map { $0.name }, mark: nil)
    case .raw where layout.hasHeadings:
      text += layout.columns.map { $0.name }.joined(separator: " ") + "\n"
    case .json: text += "{\"version\":1,\"descriptors\":["
    case .jsonLines: text += line(of: "run", [JSONMember("version", .number(1))])
    case .table, .raw: break
    }
  }

  private func tableLine(of row: Row) -> String {
    let isFailure = row.outcome?.error != nil || row.outcome == .notDone
    let failed = isFailure && isColoured ? "RESULT" : nil
    return aligned(layout.columns.map { $0.text(of: row, inBytes: layout.isInBytes) }, mark: failed)
  }

  /// Cells in their columns.
  ///
  /// A cell that is too long moves the rest of its line, so nothing is cut.
  ///
  /// - Parameter mark: the name of a column that is printed in red.
  private func aligned(_ cells: [String], mark: String?) -> String {
    var line = ""
    line.reserveCapacity(128)
    for index in cells.indices {
      let (column, cell) = (layout.columns[index], cells[index])
      let isLast = index == cells.count - 1
      let space = isLast && !column.isRightAligned ? 0 : column.width - cell.columns
      if column.isRightAligned { Self.add(space, to: &line) }
      if mark != nil, column.name == mark {
        line += "\u{1B}[31m\(cell)\u{1B}[0m"
      } else {
        line += cell
      }
      if !column.isRightAligned { Self.add(space, to: &line) }
      if !isLast { line += "  " }
    }
    line += "\n"
    return line
  }

  private static func add(_ spaces: Int, to line: inout String) {
    if spaces > 0 { line += String(repeating: " ", count: spaces) }
  }

  /// The cells with one space between them.
  ///
  /// A space in a cell is escaped as in the octal escapes of other bytes.
  private func rawLine(of row: Row) -> String {
    let cells = layout.columns.map { RawCell.text($0.text(of: row, inBytes: layout.isInBytes)) }
    return cells.joined(separator: " ") + "\n"
  }

  // MARK: - JSON

  private func object(_ row: Row, kind: String?) -> String {
    var members = kind.map { [JSON.members("record", .word($0))] } ?? []
    var unknown: [String] = []
    for column in layout.columns {
      let value = column.value(of: row)
      if case .unknown = value { unknown.append(column.key) }
      members.append(JSON.members(column.key, value))
    }
    if !unknown.isEmpty { members.append(JSON.members("unknown", .list(unknown))) }
    return JSON.object(members)
  }

  private func endObject(_ processes: [[JSONMember]], _ totals: [JSONMember]) {
    begin()
    text += isFirst ? "]" : "\n]"
    if layout.isSummary { text += ",\"summary\":\(tally.json)" }
    let objects = processes.map { JSON.object($0.map { $0.text }) }
    text += ",\"processes\":[" + objects.joined(separator: ",\n") + "]"
    text += ",\"totals\":" + JSON.object(totals.map { $0.text }) + "}\n"
  }

  private func endLines(_ processes: [[JSONMember]], _ totals: [JSONMember]) {
    begin()
    if layout.isSummary {
      for group in tally.groups {
        text +=
          JSON.object([
            JSON.members("record", .word("group")), JSON.members("count", .number(UInt64(group.count))),
            JSON.members("type", .word(group.type)), JSON.members("name", .word(group.name)),
          ]) + "\n"
      }
    }
    for members in processes { text += line(of: "process", members) }
    text += line(of: "totals", totals)
  }

  private func line(of record: String, _ members: [JSONMember]) -> String {
    JSON.object([JSON.members("record", .word(record))] + members.map { $0.text }) + "\n"
  }
}
