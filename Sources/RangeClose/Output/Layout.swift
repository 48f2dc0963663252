import FDCore

/// The form in which rows are printed.
struct Layout {
  enum Format {
    /// Aligned columns.
    case table
    /// Columns that are separated by one space.
    case raw
    /// One object for the run.
    case json
    /// One object for each line.
    case jsonLines

    var isJSON: Bool { self == .json || self == .jsonLines }
  }

  let columns: [Column]
  let format: Format
  let hasHeadings: Bool
  /// Whether sizes are exact numbers of bytes.
  let isInBytes: Bool
  /// The column by which the rows are sorted; nil for the order in which they are found.
  let sorting: (column: Column, isDescending: Bool)?
  /// Whether rows are counted by type and name instead of being printed.
  let isSummary: Bool

  /// The facts that the columns need.
  var facts: FactSet {
    if isSummary { return Tally.facts }
    // The totals need the status.
    return columns.reduce(FactSet.status.union(sorting?.column.facts ?? [])) { $0.union($1.facts) }
  }
}

extension Layout {
  /// The words of the command line for the output.
  struct Draft {
    var format: Format?
    var columns: [Column]?
    /// Columns that `-o +COLUMNS` adds.
    var added: [Column] = []
    var hasHeadings = true
    var isInBytes = false
    var sorting: (column: Column, isDescending: Bool)?
    var isSummary = false

    /// Whether the user asked for rows in a certain form.
    var wantsRows: Bool {
      format != nil || columns != nil || !added.isEmpty || sorting != nil || isSummary || isInBytes
        || !hasHeadings
    }

    /// Whether the user chose columns or an order.
    var choosesColumns: Bool { columns != nil || !added.isEmpty || sorting != nil }

    mutating func choose(_ text: ByteString) throws(UsageError) {
      let isAddition = text.hasPrefix("+")
      let words = String(decoding: text.bytes.dropFirst(isAddition ? 1 : 0), as: UTF8.self)
      var chosen: [Column] = []
      for word in words.split(separator: ",", omittingEmptySubsequences: false) {
        guard let column = Column.named(String(word)) else { throw .noColumn(String(word)) }
        chosen.append(column)
      }
      if isAddition { added += chosen } else { columns = chosen }
    }

    mutating func sort(_ text: ByteString) throws(UsageError) {
      let word = String(decoding: text.bytes, as: UTF8.self)
      let isDescending = word.hasPrefix("-")
      let name = isDescending || word.hasPrefix("+") ? String(word.dropFirst()) : word
      guard let column = Column.named(name) else { throw .noColumn(name) }
      sorting = (column, isDescending)
    }

    mutating func setJSON(_ value: ByteString?) throws(UsageError) {
      switch value.map({ String(decoding: $0.bytes, as: UTF8.self) }) {
      case nil: format = .json
      case "lines": format = .jsonLines
      case let text?: throw .badJSON(text)
      }
    }

    /// - Parameter hasProcesses: whether a row has to say which process it belongs to.
    func finished(hasProcesses: Bool) -> Layout {
      let format = format ?? .table
      let usual =
        format.isJSON
        ? Column.all.filter { FactSet.listing.isSuperset(of: $0.facts) }
        : Column.usual.filter { hasProcesses || !$0.isOfProcess }
      var columns = self.columns ?? usual
      for column in added where !columns.contains(where: { $0.name == column.name }) {
        columns.append(column)
      }
      if format.isJSON { columns = columns.withoutRepetitions }
      // A name may have any length, so it comes last unless the user gave the order.
      if self.columns == nil, !format.isJSON, let name = columns.firstIndex(where: { $0.name == "NAME" }) {
        columns.append(columns.remove(at: name))
      }
      return Layout(
        columns: columns, format: format, hasHeadings: hasHeadings, isInBytes: isInBytes, sorting: sorting,
        isSummary: isSummary)
    }
  }
}

extension [Column] {
  /// The columns in their order, each of them once, because a JSON object has a key once.
  fileprivate var withoutRepetitions: [Column] {
    indices.filter { index in !self[..<index].contains { $0.name == self[index].name } }.map { self[$0] }
  }
}

extension Column {
  /// The columns of a table if the user chose none.
  fileprivate static let usual = ["COMMAND", "PID", "FD", "TYPE", "MODE", "SIZE", "LINKS", "RESULT", "NAME"]
    .compactMap(named)

  fileprivate var isOfProcess: Bool { name == "COMMAND" || name == "PID" }
}
