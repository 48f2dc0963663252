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
    let status = descriptor.status.value
    return [
      String(descriptor.number),
      kind(descriptor),
      descriptor.info.text { $0.accessMode.description },
      size(descriptor),
      linksOrPeer(descriptor, status),
      name(descriptor),
    ]
  }

  /// The word of `type:`, and of an anonymous inode that has none, the kernel's.
  private static func kind(_ descriptor: Descriptor) -> String {
    guard descriptor.type.value == .otherAnonymous, let target = descriptor.target.value else {
      return descriptor.type.text { $0.rawValue }
    }
    return (DescriptorType.anonymousName(target) ?? target).description
  }

  private static func size(_ descriptor: Descriptor) -> String {
    switch descriptor.status.value?.type {
    case nil: "?"
    case .regular, .directory, .symbolicLink: descriptor.status.text { String($0.size) }
    default: "-"
    }
  }

  private static func linksOrPeer(_ descriptor: Descriptor, _ status: FileStatus?) -> String {
    switch status?.type {
    case nil: "?"
    case .socket where descriptor.isSocket: peer(descriptor)
    case .some(.none): "-"
    case .some: descriptor.status.text { String($0.links) }
    }
  }

  /// The address of the remote end or, of a Unix-domain socket without a name, its inode as `peer:` takes it.
  private static func peer(_ descriptor: Descriptor) -> String {
    guard case .known(let known) = descriptor.socket, known?.isPeerUnknown != true else { return "?" }
    guard let peer = known?.peer else { return "-" }
    guard peer.isUnnamed, case .unix = peer else { return peer.description }
    return descriptor.unixSocket.text { $0?.peer.map { "socket:[\($0)]" } ?? peer.description }
  }

  private static func name(_ descriptor: Descriptor) -> String {
    if let socket = descriptor.socket.value ?? nil, let local = socket.local, !local.isUnnamed {
      return local.description + state(socket, descriptor.socketType.value ?? nil)
    }
    let mark = descriptor.isDeleted.value == true ? " (deleted)" : ""
    return descriptor.path.text { $0.description } + mark
  }

  /// What TCP has more of than others, and whether anything listens.
  private static func state(_ socket: Socket, _ type: DescriptorType?) -> String {
    guard let state = socket.state, type == .tcp || state == .listen else { return "" }
    return " (\(state))"
  }

  /// The rows, each with its newline.
  var text: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].columns }.max() ?? 0 }
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
