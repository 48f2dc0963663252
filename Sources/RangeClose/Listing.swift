import FDCore

/// Descriptors as rows with aligned columns, for people; a fact that could not be read is a `?`.
struct Listing {
  private var rows: [[String]]

  /// The descriptors that would be done.
  init(_ descriptors: [Descriptor]) {
    rows = [Self.heading]
    rows += descriptors.map(Self.cells)
  }

  /// The descriptors that were, and what became of each.
  init(_ report: CloseReport) {
    rows = [Self.with("RESULT", in: Self.heading)]
    rows += report.rows.map { Self.with($0.outcome.word, in: Self.cells($0.descriptor)) }
  }

  private static let heading = ["FD", "KIND", "MODE", "SIZE", "LINKS/PEER", "NAME"]

  /// Whether a column's cells are numbers, by its place.
  private static let isNumeric = [true, false, false, true, false, false]

  /// The result stands before the name, which may be of any length.
  private static func with(_ result: String, in row: [String]) -> [String] {
    row.dropLast() + [result] + row.suffix(1)
  }

  private static func cells(_ descriptor: Descriptor) -> [String] {
    let hasSize = descriptor.kind.value == .regular || descriptor.kind.value == .memory
    return [
      String(descriptor.number),
      descriptor.kind.text { $0.description },
      descriptor.info.text { $0.accessMode.description },
      hasSize ? descriptor.status.text { String($0.size) } : "-",
      linksOrPeer(descriptor),
      name(descriptor),
    ]
  }

  private static func linksOrPeer(_ descriptor: Descriptor) -> String {
    switch descriptor.kind.value {
    case .socket: descriptor.socket.text { $0?.peer?.description ?? "-" }
    case .anonymous: "-"
    default: descriptor.status.text { String($0.links) }
    }
  }

  private static func name(_ descriptor: Descriptor) -> String {
    if let socket = descriptor.socket.value ?? nil, let local = socket.local, !local.isUnnamed {
      return local.description + (socket.state.map { " (\($0))" } ?? "")
    }
    let mark = descriptor.isDeleted.value == true ? " (deleted)" : ""
    return descriptor.path.text { $0.description } + mark
  }

  /// The rows, each with its newline.
  var text: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        if column == row.count - 1 { return cell }
        return Self.isNumeric[column]
          ? cell.rightAligned(in: widths[column]) : cell.padded(to: widths[column])
      }
      return cells.joined(separator: "  ") + "\n"
    }.joined()
  }
}

extension Fact {
  /// The fact in words, `?` where it could not be read.
  fileprivate func text(_ words: (Value) -> String) -> String {
    value.map(words) ?? "?"
  }
}

extension SocketAddress {
  /// Whether there is nothing to call this end by: then the kernel's own text says more.
  fileprivate var isUnnamed: Bool {
    switch self {
    case .ip(let address, let port): address.isUnspecified && port == 0
    case .unix(let name): name.bytes.isEmpty
    case .other: true
    }
  }
}

extension CloseReport.Outcome {
  /// One word, or a word and the error's name.
  fileprivate var word: String {
    switch self {
    case .closed: "closed"
    case .markedCloseOnExec: "marked"
    case .closedWithError(let error): "closed, \(error.name)"
    case .failed(let error): "failed, \(error.name)"
    case .leftAlone: "left alone"
    case .notDone: "not done"
    }
  }
}
