import CLinux
import FDCore

/// Prints rows as they come.
final class RowWriter {
  private let layout: Layout
  /// The texts of rows that wait to be sorted, and the values by which they are sorted.
  ///
  /// They take less memory than the rows.
  private var kept: [(value: Cell, text: [UInt8])] = []
  private var tally = Tally()
  private var hasBegun = false
  /// Whether failures are marked with a colour; see <https://no-color.org>.
  private lazy var isColoured = unsafe clinux_is_terminal(1) && !clinux_has_environment("NO_COLOR")
  private var isFirst = true
  /// Text in UTF-8 that was not written yet.
  private var text: [UInt8] = []
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
    if layout.isSummary { return PreparedRow(row: row, text: nil, key: nil) }
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
      if let column = layout.sorting?.column {
        kept.append((column.sortValue(of: row.row), text))
        return
      }
      try endEqualRows()
      try write(text)
    } else {
      tally.add(row.row)
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
      try write(aligned(mark: nil) { cells[$0] })
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
    defer { text.removeAll(keepingCapacity: true) }
    try Output.print(text)
  }

  /// Prints the rows that were kept, and ends the list.
  ///
  /// - Parameters:
  ///   - processes: what JSON reports about each process.
  ///   - totals: what JSON reports about the run.
  func finish(processes: [[JSONMember]], totals: [JSONMember]) throws(CommandError) {
    try endEqualRows()
    if let (_, isDescending) = layout.sorting {
      kept.sort { isDescending ? $1.value.precedes($0.value) : $0.value.precedes($1.value) }
      for row in kept { try write(row.text) }
      kept = []
    }
    switch layout.format {
    case .table, .raw:
      if layout.isSummary { add(tally.text(layout)) }
    case .json: endObject(processes, totals)
    case .jsonLines: endLines(processes, totals)
    }
    try flush()
  }

  // MARK: - Text

  private func line(of row: Row) -> [UInt8] {
    switch layout.format {
    case .table: tableLine(of: row)
    case .raw: Array(rawLine(of: row).utf8)
    case .json: Array(object(row, kind: nil).utf8)
    case .jsonLines: Array(object(row, kind: "descriptor").utf8) + [UInt8(ascii: "\n")]
    }
  }

  private func write(_ line: [UInt8]) throws(CommandError) {
    begin()
    if layout.format == .json { add(isFirst ? "\n" : ",\n") }
    text += line
    isFirst = false
    if text.count > Self.largestText { try printText() }
  }

  private func add(_ more: String) { text += more.utf8 }

  /// Prints the headings before the first row.
  private func begin() {
    if hasBegun { return }
    hasBegun = true
    switch layout.format {
    case .table where layout.hasHeadings:
      text += aligned(mark: nil) { layout.columns[$0].name }
    case .raw where layout.hasHeadings:
      add(layout.columns.map { $0.name }.joined(separator: " ") + "\n")
    case .json: add("{\"version\":1,\"descriptors\":[")
    case .jsonLines: add(line(of: "run", [JSONMember("version", .number(1))]))
    case .table, .raw: break
    }
  }

  private func tableLine(of row: Row) -> [UInt8] {
    let isFailure = row.outcome?.error != nil || row.outcome == .notDone
    let failed = isFailure && isColoured ? "RESULT" : nil
    return aligned(mark: failed) { layout.columns[$0].text(of: row, inBytes: layout.isInBytes) }
  }

  /// Cells in their columns.
  ///
  /// A cell that is too long moves the rest of its line, so nothing is cut.
  ///
  /// - Parameters:
  ///   - mark: the name of a column that is printed in red.
  ///   - text: the cell of the column with an index.
  private func aligned(mark: String?, _ text: (Int) -> String) -> [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(128)
    for index in layout.columns.indices {
      let (column, cell) = (layout.columns[index], text(index))
      let isLast = index == layout.columns.count - 1
      let space = isLast && !column.isRightAligned ? 0 : max(0, column.width - cell.columns)
      if column.isRightAligned { Self.add(space, to: &line) }
      if mark != nil, column.name == mark {
        line += "\u{1B}[31m\(cell)\u{1B}[0m".utf8
      } else {
        line += cell.utf8
      }
      if !column.isRightAligned { Self.add(space, to: &line) }
      if !isLast { Self.add(2, to: &line) }
    }
    line.append(UInt8(ascii: "\n"))
    return line
  }

  private static func add(_ spaces: Int, to line: inout [UInt8]) {
    for _ in 0..<spaces { line.append(UInt8(ascii: " ")) }
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
    var text = "{"
    text.reserveCapacity(512)
    if let kind { JSON.add("record", .word(kind), to: &text) }
    var unknown: [String] = []
    for column in layout.columns {
      let value = column.value(of: row)
      if case .unknown = value { unknown.append(column.key) }
      JSON.add(column.key, value, to: &text)
    }
    if !unknown.isEmpty { JSON.add("unknown", .list(unknown), to: &text) }
    text += "}"
    return text
  }

  private func endObject(_ processes: [[JSONMember]], _ totals: [JSONMember]) {
    begin()
    add(isFirst ? "]" : "\n]")
    if layout.isSummary { add(",\"summary\":\(tally.json)") }
    let objects = processes.map { JSON.object($0.map { $0.text }) }
    add(",\"processes\":[" + objects.joined(separator: ",\n") + "]")
    add(",\"totals\":" + JSON.object(totals.map { $0.text }) + "}\n")
  }

  private func endLines(_ processes: [[JSONMember]], _ totals: [JSONMember]) {
    begin()
    if layout.isSummary {
      for group in tally.groups {
        let members = [
          JSONMember("count", .number(UInt64(group.count))), JSONMember("type", .word(group.type)),
          JSONMember("name", .word(group.name)),
        ]
        add(line(of: "group", members))
      }
    }
    for members in processes { add(line(of: "process", members)) }
    add(line(of: "totals", totals))
  }

  private func line(of record: String, _ members: [JSONMember]) -> String {
    JSON.object([JSON.members("record", .word(record))] + members.map { $0.text }) + "\n"
  }
}
