/// Reads which sockets are at the other ends of TCP connections.
extension DescriptorReader {
  /// Reads the other ends of TCP and MPTCP connections, by `sock_diag(7)`.
  ///
  /// A TCP socket whose two ends were not read yet gets them, too.
  func readMirrors(_ descriptors: inout [Descriptor], _ moment: Moment) {
    for index in descriptors.indices
    where descriptors[index].mirror.isMissing && !descriptors[index].mayHaveMirror {
      descriptors[index].mirror = descriptors[index].socketType.map { _ in nil }
    }
    let open = descriptors.indices.filter {
      descriptors[$0].mirror.isMissing && descriptors[$0].mayHaveMirror
    }
    if open.isEmpty { return }
    var sockets = open.map { descriptors[$0] }
    readSockets(&sockets, moment)
    let found = mirrors(of: sockets)
    for (index, socket) in zip(open, sockets) {
      descriptors[index] = socket
      descriptors[index].mirror = Self.mirror(of: socket, in: found)
    }
  }

  /// The answer for one socket; unreadable if the socket is in no table that rangeclose can read.
  private static func mirror(of socket: Descriptor, in found: [UInt64: Fact<UInt64?>]) -> Fact<UInt64?> {
    guard case .known(let ends) = socket.socket else { return socket.socket.map { _ in nil } }
    guard let ends, ends.peer != nil else {
      return ends?.isPeerUnknown == true ? .unreadable(.notConnected) : .known(nil)
    }
    return socket.socketInode.flatMap { found[$0] } ?? .unreadable(.noSuchFile)
  }

  /// The answers for connections, by the inode numbers of their own ends.
  ///
  /// A socket that is not in the namespace of the process is looked up in its own namespace.
  private func mirrors(of sockets: [Descriptor]) -> [UInt64: Fact<UInt64?>] {
    var connections: [UInt64: Socket] = [:]
    for socket in sockets {
      guard let inode = socket.socketInode, let ends = socket.socket.value ?? nil, ends.peer != nil else {
        continue
      }
      connections[inode] = ends
    }
    if connections.isEmpty { return [:] }
    var found = LoopbackPeers.find(connections, in: .process(process, base))
    let others = sockets.filter { socket in
      socket.socketInode.map { connections[$0] != nil && found[$0] == nil } ?? false
    }
    forEachOtherNamespace(of: others) { namespace, inodes in
      let there = connections.filter { inodes.contains($0.key) }
      for (inode, answer) in LoopbackPeers.find(there, in: namespace) { found[inode] = answer }
    }
    return found
  }
}

extension Descriptor {
  /// Whether this is a TCP or MPTCP socket.
  ///
  /// The kernel lists an MPTCP socket by its first TCP connection, which has the same inode number; see
  /// `mptcp_subflow_create_socket` in net/mptcp/subflow.c.
  fileprivate var mayHaveMirror: Bool { [.tcp, .mptcp].contains(socketType.value) }
}
