import FDCore

/// The numbers of rows by type and name, for `--summary`.
struct Tally {
  static let facts: FactSet = [.status, .path, .marks, .sockets, .unixSockets]

  fileprivate struct Key: Hashable {
    let type: String
    let name: String

    /// A name for all that differ in the last part only: the directory of a path, or the host of a peer.
    var commonName: String? {
      if name.hasPrefix("->"), let colon = name.lastIndex(of: ":") {
        return name[...colon] + "* (different ports)"
      }
      let mark = " (deleted)"
      guard name.hasPrefix("/"), let slash = name.lastIndex(of: "/") else { return nil }
      return name[...slash] + "*" + (name.hasSuffix(mark) ? mark : "")
    }
  }

  private var counts: [Key: Int] = [:]

  /// Counts a row by its type, and by its peer, its local end or its name.
  mutating func add(_ row: Row) {
    let descriptor = row.descriptor
    counts[Key(type: descriptor.typeCell.text(inBytes: false), name: descriptor.kindOfName), default: 0] += 1
  }

  /// The groups, the largest first.
  var groups: [(count: Int, type: String, name: String)] { Self.sorted(counts) }

  private static func sorted(_ counts: [Key: Int]) -> [(count: Int, type: String, name: String)] {
    counts.map { ($0.value, $0.key.type, $0.key.name) }.sorted { one, two in
      one.count != two.count ? one.count > two.count : (one.type, one.name) < (two.type, two.name)
    }
  }

  /// The number of groups that a type may have in a table.
  private static let mostGroups = 8

  /// The groups with few lines for each type.
  ///
  /// If a type has many names, the names that most descriptors share stand for themselves. The others are
  /// counted by what the names have in common, and the rest together. Both ends of a pipe share a name.
  private var shortGroups: [(count: Int, type: String, name: String)] {
    var counts = counts
    for (type, keys) in Dictionary(grouping: self.counts.keys, by: { $0.type })
    where keys.count > Self.mostGroups {
      let large = keys.filter { self.counts[$0] ?? 0 > 2 }.sorted {
        (self.counts[$0] ?? 0, $1.name) > (self.counts[$1] ?? 0, $0.name)
      }
      let kept = Set(large.prefix(Self.mostGroups))
      var common: [String: [Key]] = [:]
      for key in keys where !kept.contains(key) { common[key.commonName ?? "", default: []].append(key) }
      var rest: [Key] = []
      for (name, keys) in common {
        if name.isEmpty || keys.count == 1 {
          rest += keys
        } else {
          counts.merge(keys, into: Key(type: type, name: name))
        }
      }
      guard let first = rest.map({ $0.name }).min() else { continue }
      let name = rest.count == 1 ? first : "\(rest.count) names, such as \(first)"
      counts.merge(rest, into: Key(type: type, name: name))
    }
    return Self.sorted(counts)
  }

  /// The groups as a table with few lines, or as lines in which one space separates the columns.
  func text(_ layout: Layout) -> String {
    let groups = layout.format == .raw ? groups : shortGroups
    var rows = groups.map { ["\($0.count)", $0.type, $0.name] }
    if layout.hasHeadings { rows.insert(["COUNT", "TYPE", "NAME"], at: 0) }
    if layout.format == .raw {
      return rows.map { $0.map(RawCell.text).joined(separator: " ") + "\n" }.joined()
    }
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
  /// For a connection it is the peer, and for a listening socket the local end. A Unix-domain socket without
  /// a name counts as one of many, whatever its inode.
  fileprivate var kindOfName: String {
    guard let socket = socket.value ?? nil else { return nameText }
    if let peer = socket.peer, !peer.isUnnamed { return "->" + peerCell.text(inBytes: true) }
    if let local = socket.local, !local.isUnnamed { return nameText }
    return typeCell.text(inBytes: true) == "unix" ? "unix" : nameText
  }
}

extension [Tally.Key: Int] {
  /// Moves the counts of some keys to another key.
  fileprivate mutating func merge(_ keys: [Tally.Key], into other: Tally.Key) {
    let sum = keys.reduce(0) { $0 + (removeValue(forKey: $1) ?? 0) }
    self[other, default: 0] += sum
  }
}
