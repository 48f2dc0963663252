/// What sockets are, and what they are connected to.
extension DescriptorReader {
  /// What a socket speaks; known as nil for anything else.
  func socketType(_ descriptor: Descriptor, _ name: String) -> Fact<DescriptorType?> {
    guard descriptor.socketInode != nil else { return descriptor.status.map { _ in nil } }
    return Fact { () throws(Errno) in
      let word = try links.protocolName(of: name)
      if let type = DescriptorType(protocolName: word) { return type }
      return try inquiry.type(of: descriptor.number)
    }
  }

  /// Reads sockets from one source, and from the other what the first does not tell.
  func readSockets(_ descriptors: inout [Descriptor], _ moment: Moment) {
    for index in descriptors.indices where descriptors[index].socketInode == nil {
      descriptors[index].socket = descriptors[index].status.map { _ in nil }
    }
    guard descriptors.contains(where: { $0.socket.isMissing }) else { return }
    switch moment {
    case .running:
      readSocketTables(&descriptors)
      askSockets(&descriptors)
    case .stopped:
      askSockets(&descriptors)
      readSocketTables(&descriptors)
    }
  }

  private func askSockets(_ descriptors: inout [Descriptor]) {
    for index in descriptors.indices
    where descriptors[index].socket.isMissing {
      let number = descriptors[index].number
      descriptors[index].socket = Fact { () throws(Errno) in try inquiry.ask(number) }
    }
  }

  func readUnixSockets(_ descriptors: inout [Descriptor]) {
    let missing = descriptors.indices.filter { descriptors[$0].unixSocket.isMissing }
    for index in missing where descriptors[index].socketType.value != .unix {
      descriptors[index].unixSocket = descriptors[index].socketType.map { _ in nil }
    }
    let inodes = Set(
      missing.compactMap { descriptors[$0].unixSocket.isMissing ? descriptors[$0].socketInode : nil })
    if inodes.isEmpty { return }
    let found = Fact { () throws(Errno) in try UnixSocketTable(of: process, base).find(inodes) }
    for index in missing where descriptors[index].unixSocket.isMissing {
      guard let inode = descriptors[index].socketInode else { continue }
      descriptors[index].unixSocket =
        switch found {
        case .known(let sockets): sockets[inode].map { .known($0) } ?? .unreadable(.noSuchFile)
        case .unreadable(let error): .unreadable(error)
        case .notRead: .notRead
        }
    }
  }

  private func readSocketTables(_ descriptors: inout [Descriptor]) {
    let missing = Set(descriptors.filter { $0.needsSocketTable }.compactMap { $0.socketInode })
    if missing.isEmpty { return }
    let found = SocketTables.find(missing, of: process, base)
    for index in descriptors.indices {
      if let inode = descriptors[index].socketInode, let socket = found[inode] {
        descriptors[index].socket = .known(socket)
      }
    }
  }
}

extension Descriptor {
  /// The number by which socket tables know this socket; nil for anything else.
  fileprivate var socketInode: UInt64? {
    isSocket ? status.value?.identity.inode : nil
  }

  /// Whether a table may know more: a TCP socket in the midst of connect(2) has a peer, and does not tell
  /// it to getpeername(2), nor does any that is connected to port 0, as raw sockets are.
  ///
  /// See `inet_getname` in `net/ipv4/af_inet.c`.
  fileprivate var needsSocketTable: Bool {
    guard let known = socket.value else { return true }
    guard let socket = known, case .ip = socket.local else { return false }
    return socket.peer == nil && socket.state != .listen
  }
}
