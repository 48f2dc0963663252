import FDCore

/// The values of a descriptor that take more than one fact.
extension Descriptor {
  /// The word of `type:`; the kernel's name for an anonymous inode without such a word.
  var typeCell: Cell {
    guard type.value == .otherAnonymous, let target = target.value else {
      return Cell(type) { .word($0.rawValue) }
    }
    return .name(DescriptorType.anonymousName(target) ?? target)
  }

  var sizeCell: Cell {
    Cell(status) { status in
      switch status.type {
      case .regular, .directory, .symbolicLink: .bytes(status.size)
      default: .none
      }
    }
  }

  var localCell: Cell {
    Cell(socket) { $0?.local.map { $0 == .unix(ByteString([])) ? .none : .name($0.name) } ?? .none }
  }

  /// The address of the remote end, as `peer:` takes it.
  ///
  /// For a Unix-domain socket without a name it is the inode of the remote end.
  var peerCell: Cell {
    guard case .known(let known) = socket, known?.isPeerUnknown != true else { return .unknown }
    guard let peer = known?.peer else { return .none }
    guard peer.isUnnamed, case .unix = peer else { return .name(peer.name) }
    return Cell(unixSocket) { .word($0?.peer.map { "socket:[\($0)]" } ?? peer.description) }
  }

  /// The state of a TCP socket, and of every listening socket.
  var stateCell: Cell {
    Cell(socket) { socket in
      guard let state = socket?.state, socketType.value == .tcp || state == .listen else { return .none }
      return .word("\(state)")
    }
  }

  /// The name for a table.
  ///
  /// For a socket it is its two ends and its state, and for other files the path and a mark.
  var nameText: String {
    if let socket = socket.value ?? nil, socket.local?.isUnnamed == false || hasShownPeer {
      let local = socket.local.map { $0.description } ?? "*"
      let peer = hasShownPeer ? "->" + peerCell.text(inBytes: true) : ""
      guard case .word(let state) = stateCell else { return local + peer }
      return "\(local)\(peer) (\(state))"
    }
    let path = Cell(path) { .name($0) }.text(inBytes: true)
    guard case .name(let terminal) = terminalCell else {
      let mark = mark
      return mark.isEmpty ? path : path + mark
    }
    return path + " -> " + terminal.cell
  }

  /// Whether the socket has a peer with an address, or with an inode.
  private var hasShownPeer: Bool {
    switch peerCell {
    case .name, .word: true
    default: false
    }
  }

  /// The path of the slave if the descriptor is the master of a pseudoterminal.
  var terminalCell: Cell {
    if status.isUnknown { return .unknown }
    guard status.value?.isMaster == true, let index = info.value?.terminal, let path = path.value else {
      return .none
    }
    // /dev/ptmx belongs to the devpts in the directory pts beside it. This devpts has a node named ptmx, too.
    let directory = path.removingSuffix("ptmx") ?? ByteString([])
    let name = (directory.removingSuffix("/pts/") == nil ? "pts/" : "") + "\(index)"
    return .name(ByteString(directory.bytes + Array(name.utf8)))
  }

  /// The offset of a file that has one.
  ///
  /// fdinfo shows 0 for pipes, sockets and most anonymous inodes, too.
  var offsetCell: Cell {
    guard let type = status.value?.type else { return .unknown }
    switch type {
    case .regular, .directory, .blockDevice, .characterDevice:
      return Cell(info) { $0.position.map { .number($0) } ?? .none }
    case .fifo, .socket, .symbolicLink, .none: return .none
    }
  }

  /// The word for a file without a name; the selector term with the same word picks the file.
  private var mark: String {
    if isDeleted.value == true { return " (deleted)" }
    return isTemporary.value == true ? " (tmpfile)" : ""
  }
}

extension FileStatus {
  /// Whether the number of links means something: a socket and an anonymous inode have none.
  var hasLinks: Bool { type != .socket && type != .none }

  var isDevice: Bool { type == .characterDevice || type == .blockDevice }
}

extension SocketAddress {
  /// Whether this end has no name.
  ///
  /// If so, the kernel's own text contains more.
  var isUnnamed: Bool {
    switch self {
    case .ip: false
    case .unix(let name): name.bytes.isEmpty
    case .other: true
    }
  }

  /// The address as text, with the bytes of a Unix-domain name as they are.
  fileprivate var name: ByteString {
    switch self {
    case .unix(let name) where name.bytes.first == 0:
      ByteString(Array("unix:@".utf8) + name.bytes.dropFirst())
    case .unix(let name) where !name.bytes.isEmpty: ByteString(Array("unix:".utf8) + name.bytes)
    default: ByteString(description)
    }
  }
}

extension Outcome {
  /// One word, without the error.
  func word(_ words: Operation.Words) -> String {
    switch self {
    case .done, .doneWithError, .doneNoting: words.done
    case .failed: "failed"
    case .halfDone: words.halfDone
    case .leftAlone, .unserved: "left alone"
    case .notDone: "not done"
    }
  }

  /// The word, and the error's name.
  func text(_ words: Operation.Words) -> String {
    word(words) + (error.map { ", \($0.name)" } ?? remark.map { ", \($0)" } ?? "")
  }
}
