import FDCore

/// Descriptors as rows with aligned columns.
///
/// A fact that could not be read is a `?`.
struct Listing {
  private var table = TextTable([.right, .left, .left, .right, .left, .left])

  /// The rows, each with its newline.
  var text: String { table.text }

  /// Lists the picked descriptors.
  init(_ descriptors: [Descriptor]) {
    table.add(Self.heading)
    for descriptor in descriptors { table.add(Self.cells(descriptor)) }
  }

  /// Lists the descriptors of a report, with their outcomes.
  init(_ report: Report) {
    table = TextTable([.right, .left, .left, .right, .left, .left, .left])
    table.add(Self.with("RESULT", in: Self.heading))
    for row in report.rows {
      table.add(Self.with(row.outcome.word(report.operation), in: Self.cells(row.descriptor)))
    }
  }

  private static let heading = ["FD", "KIND", "MODE", "SIZE", "LINKS/PEER", "NAME"]

  /// A row with its result before the name, because the name may have any length.
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

  /// The word of `type:`; the kernel's name for an anonymous inode without such a word.
  private static func kind(_ descriptor: Descriptor) -> String {
    guard descriptor.type.value == .otherAnonymous, let target = descriptor.target.value else {
      return descriptor.type.text { $0.rawValue }
    }
    return (DescriptorType.anonymousName(target) ?? target).cell
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
    case .socket where descriptor.isSocket.value != false: peer(descriptor)
    case .some(.none): "-"
    case .some: descriptor.status.text { String($0.links) }
    }
  }

  /// The address of the remote end, as `peer:` takes it.
  ///
  /// For a Unix-domain socket without a name it is the inode of the remote end.
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
    return descriptor.path.text { $0.cell + slave(of: descriptor, $0) } + mark(descriptor)
  }

  /// The path of the slave if the descriptor is the master of a pseudoterminal.
  private static func slave(of descriptor: Descriptor, _ path: ByteString) -> String {
    guard descriptor.status.value?.isMaster == true, let index = descriptor.info.value?.terminal else {
      return ""
    }
    // /dev/ptmx belongs to the devpts in the directory pts beside it. This devpts has a node named ptmx, too.
    let directory = path.removingSuffix("ptmx") ?? ByteString([])
    return " -> \(directory)\(directory.removingSuffix("/pts/") == nil ? "pts/" : "")\(index)"
  }

  /// The word for a file without a name; the selector term with the same word picks the file.
  private static func mark(_ descriptor: Descriptor) -> String {
    if descriptor.isDeleted.value == true { return " (deleted)" }
    return descriptor.isTemporary.value == true ? " (tmpfile)" : ""
  }

  /// The state, only for TCP sockets and for listening sockets.
  private static func state(_ socket: Socket, _ type: DescriptorType?) -> String {
    guard let state = socket.state, type == .tcp || state == .listen else { return "" }
    return " (\(state))"
  }
}

extension Fact {
  /// The fact in words; `?` if it could not be read.
  fileprivate func text(_ words: (Value) -> String) -> String {
    value.map(words) ?? "?"
  }
}

extension SocketAddress {
  /// Whether this end has no name.
  ///
  /// If so, the kernel's own text contains more.
  fileprivate var isUnnamed: Bool {
    switch self {
    case .ip: false
    case .unix(let name): name.bytes.isEmpty
    case .other: true
    }
  }
}

extension Outcome {
  /// One word, or a word and the error's name.
  fileprivate func word(_ operation: Operation) -> String {
    switch self {
    case .done: operation.words.done
    case .doneWithError(let error): "\(operation.words.done), \(error.name)"
    case .failed(let error): "failed, \(error.name)"
    case .leftAlone: "left alone"
    case .notDone: "not done"
    }
  }
}
