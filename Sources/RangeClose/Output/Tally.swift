import FDCore

/// The numbers of rows by type and name, for `--summary`.
struct Tally {
  static let facts: FactSet = [.status, .path, .info, .sockets, .unixSockets]

  private struct Key: Hashable {
    let type: String
    let name: String
  }

  private var counts: [Key: Int] = [:]

  /// Counts a row by its type, and by its peer, its local end or its name.
  mutating func add(_ row: Row) {
    let descriptor = row.descriptor
    counts[Key(type: descriptor.typeCell.text(inBytes: false), name: descriptor.kindOfName), default: 0] += 1
  }

  /// The groups, the largest first.
  var groups: [(count: Int, type: String, name: String)] {
    counts.map { ($0.value, $0.key.type, $0.key.name) }.sorted { one, two in
      one.count != two.count ? one.count > two.count : (one.type, one.name) < (two.type, two.name)
    }
  }

  /// The groups as a table.
  ///
  /// - Parameter isRaw: whether one space separates the columns.
  func text(hasHeadings: Bool, isRaw: Bool) -> String {
    let headings = hasHeadings ? [["COUNT", "TYPE", "NAME"]] : []
    let rows = headings + groups.map { ["\($0.count)", $0.type, $0.name] }
    if isRaw { return rows.map { $0.map { $0.rawCell }.joined(separator: " ") + "\n" }.joined() }
    var table = TextTable([.right, .left, .left])
    for row in rows { table.add(row) }
    return table.text
  }

  /// The groups as an array of JSON objects.
  var json: String {
    let objects = groups.map { group in
      JSON.object([
        JSON.members("count", .number(UInt64(group.count))), JSON.members("type", .word(group.type)),
        JSON.members("name", .word(group.name)),
      ])
    }
    return "[" + objects.joined(separator: ",") + "]"
  }
}

extension Descriptor {
  /// The part of the name that many descriptors may have in common.
  ///
  /// For a connection it is the peer, and for a listening socket the local end. A Unix-domain socket without a
  /// name counts as one of many, whatever its inode.
  fileprivate var kindOfName: String {
    guard let socket = socket.value ?? nil else { return nameText }
    if let peer = socket.peer, !peer.isUnnamed { return "->" + peerCell.text(inBytes: true) }
    if let local = socket.local, !local.isUnnamed { return nameText }
    return typeCell.text(inBytes: true) == "unix" ? "unix" : nameText
  }
}
