/// Reads the types, addresses and peers of sockets.
extension DescriptorReader {
  /// The type of a socket, by its protocol; known as nil for any other file.
  func socketType(_ descriptor: Descriptor, _ name: String) -> Fact<DescriptorType?> {
    guard descriptor.socketInode != nil else { return descriptor.isSocket.map { _ in nil } }
    return Fact { () throws(Errno) in
      let word = try links.protocolName(of: name)
      if let type = DescriptorType(protocolName: word) { return type }
      return try inquiry.type(of: place(of: descriptor))
    }
  }

  /// The bytes in a socket's queues, and the time since data last arrived; known as nil for other files.
  func activity(_ descriptor: Descriptor) -> Fact<SocketActivity?> {
    guard descriptor.socketInode != nil else { return descriptor.isSocket.map { _ in nil } }
    guard case .known(let type) = descriptor.socketType else { return descriptor.socketType.map { _ in nil } }
    return Fact { () throws(Errno) in try inquiry.activity(of: place(of: descriptor), isTCP: type == .tcp) }
  }

  /// Reads the addresses and states of sockets from one source, and reads what is missing from the other.
  ///
  /// See `Moment` for the order of the sources.
  func readSockets(_ descriptors: inout [Descriptor], _ moment: Moment) {
    for index in descriptors.indices where descriptors[index].socketInode == nil {
      descriptors[index].socket = descriptors[index].isSocket.map { _ in nil }
    }
    guard descriptors.contains(where: { $0.socket.isMissing }) else { return }
    switch moment {
    case .running:
      readSocketTables(&descriptors)
      querySockets(&descriptors)
    case .stopped:
      querySockets(&descriptors)
      readSocketTables(&descriptors)
    }
    readTablesOfOtherNamespaces(&descriptors)
  }

  /// Queries each socket that was not read yet, through a duplicate.
  private func querySockets(_ descriptors: inout [Descriptor]) {
    let few = 512
    for index in descriptors.indices
    where descriptors[index].socket.isMissing {
      if index.isMultiple(of: few), !hasTime() { return }
      let number = place(of: descriptors[index])
      descriptors[index].socket = Fact { () throws(Errno) in try inquiry.socket(number) }
    }
  }

  /// Reads the peers of Unix-domain sockets and the devices of their names, by `sock_diag(7)`.
  func readUnixSockets(_ descriptors: inout [Descriptor]) {
    let missing = descriptors.indices.filter { descriptors[$0].unixSocket.isMissing }
    for index in missing where descriptors[index].socketType.value != .unix {
      descriptors[index].unixSocket = descriptors[index].socketType.map { _ in nil }
    }
    let inodes = Set(
      missing.compactMap { descriptors[$0].unixSocket.isMissing ? descriptors[$0].socketInode : nil })
    if inodes.isEmpty { return }
    let cached = cachedUnixSockets(inodes)
    let rest = inodes.filter { cached[$0] == nil }
    let found =
      rest.isEmpty
      ? .known([:]) : Fact { () throws(Errno) in try UnixSocketTable(in: .process(process, base)).find(rest) }
    var known = cached
    for (inode, socket) in found.value ?? [:] { known[inode] = socket }
    let others = unixSocketsOfOtherNamespaces(descriptors, except: known)
    for index in missing where descriptors[index].unixSocket.isMissing {
      guard let inode = descriptors[index].socketInode else { continue }
      if let socket = others[inode] ?? known[inode] {
        descriptors[index].unixSocket = .known(socket)
        continue
      }
      descriptors[index].unixSocket =
        switch found {
        case .known: .unreadable(.noSuchFile)
        case .unreadable(let error): .unreadable(error)
        case .notRead: .notRead
        }
    }
  }

  /// Looks up Unix-domain sockets in the tables of their own network namespaces.
  private func unixSocketsOfOtherNamespaces(
    _ descriptors: [Descriptor], except known: [UInt64: UnixSocket]
  ) -> [UInt64: UnixSocket] {
    var found: [UInt64: UnixSocket] = [:]
    let missing = descriptors.filter { descriptor in
      descriptor.unixSocket.isMissing && descriptor.socketInode.map { known[$0] == nil } ?? false
    }
    forEachOtherNamespace(of: missing) { namespace, inodes in
      guard let sockets = try? UnixSocketTable(in: namespace).find(inodes) else { return }
      for (inode, socket) in sockets { found[inode] = socket }
    }
    return found
  }

  /// Looks up sockets that may have an unknown peer in the tables of their own network namespaces.
  private func readTablesOfOtherNamespaces(_ descriptors: inout [Descriptor]) {
    var found: [UInt64: Socket] = [:]
    let missing = descriptors.filter { ($0.socket.value ?? nil)?.isPeerUnknown ?? false }
    forEachOtherNamespace(of: missing) { namespace, inodes in
      for (inode, socket) in SocketTables.find(inodes, in: namespace) { found[inode] = socket }
    }
    if found.isEmpty { return }
    for index in descriptors.indices where (descriptors[index].socket.value ?? nil)?.isPeerUnknown ?? false {
      if let socket = descriptors[index].socketInode.flatMap({ found[$0] }) {
        descriptors[index].socket = .known(socket)
      }
    }
  }

  /// Calls `body` for each network namespace of these sockets, except the namespace of the process.
  ///
  /// `body` gets the inode numbers of the sockets in the namespace. A socket that does not reveal its
  /// namespace is passed to no call.
  func forEachOtherNamespace(
    of sockets: [Descriptor], _ body: (NetworkNamespace, Set<UInt64>) -> Void
  ) {
    if sockets.isEmpty { return }
    let own = try? process.status(of: base + "ns/net").identity
    var members: [FileStatus.Identity: [Descriptor]] = [:]
    for socket in sockets {
      guard let namespace = try? inquiry.namespace(of: place(of: socket)),
        let identity = try? namespace.status().identity, identity != own
      else { continue }
      members[identity, default: []].append(socket)
    }
    for group in members.values {
      guard let first = group.first, let namespace = try? inquiry.namespace(of: place(of: first)) else {
        continue
      }
      body(.opened(namespace.number), Set(group.compactMap { $0.socketInode }))
    }
  }

  /// Looks up sockets in the tables of the network namespace.
  private func readSocketTables(_ descriptors: inout [Descriptor]) {
    readCachedTables(&descriptors)
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

extension DescriptorReader {
  /// Looks up sockets in the tables that several readers use.
  ///
  /// Then it reads the types of the other sockets, because sockets of most families are in no table.
  private func readCachedTables(_ descriptors: inout [Descriptor]) {
    guard let cache = socketTables,
      descriptors.contains(where: { $0.needsSocketTable && $0.socketInode != nil })
    else { return }
    let known = cache.internetSockets(of: process, base)
    for index in descriptors.indices where descriptors[index].needsSocketTable {
      guard let inode = descriptors[index].socketInode else { continue }
      if let socket = known[inode] {
        descriptors[index].socket = .known(socket)
      } else {
        _ = read(.socketType, of: &descriptors[index])
      }
    }
  }

  /// The Unix-domain sockets in the table that several readers use.
  ///
  /// If the peer was not known, it may have been accepted since.
  private func cachedUnixSockets(_ inodes: Set<UInt64>) -> [UInt64: UnixSocket] {
    guard let known = socketTables?.unixSockets(of: process, base) else { return [:] }
    var found: [UInt64: UnixSocket] = [:]
    for inode in inodes {
      if let socket = known[inode], !socket.isPeerUnknown { found[inode] = socket }
    }
    return found
  }
}

extension Descriptor {
  /// The inode number of this socket, as in socket tables; nil for any other file.
  var socketInode: UInt64? {
    isSocket.value == true ? status.value?.identity.inode : nil
  }

  /// Whether a table may contain facts about this socket that are not known yet.
  ///
  /// During connect(2), a TCP socket has a peer that `getpeername(2)` does not return. The same holds for a
  /// socket that is connected to port 0, as raw sockets are. See `inet_getname` in `net/ipv4/af_inet.c`.
  fileprivate var needsSocketTable: Bool {
    if let type = socketType.value ?? nil, !TypeSet.internet.contains(TypeSet(type)) { return false }
    guard let known = socket.value else { return true }
    return known?.isPeerUnknown ?? false
  }
}
