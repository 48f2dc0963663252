import CLinux

/// The other ends of TCP connections within one machine.
enum LoopbackPeers {
  /// Finds the sockets whose ends are the mirror images of the ends of some sockets.
  ///
  /// The result has the inode number of the other end for each index in `sockets`. A connection whose other
  /// end is on another machine, in another network namespace, or closed has none. Throws the errors of
  /// `sock_diag(7)`.
  static func find(_ sockets: [Socket], in namespace: NetworkNamespace) throws(Errno) -> [Int: UInt64] {
    var wanted: [Ends: Int] = [:]
    for (index, socket) in sockets.enumerated() {
      if let local = socket.local, let peer = socket.peer { wanted[Ends(local: peer, peer: local)] = index }
    }
    var found: [Int: UInt64] = [:]
    for family in [AF_INET, AF_INET6] where found.count < wanted.count {
      let diagnosis = try SocketDiagnosis(in: namespace)
      let request = { (number: Int32) in
        clinux_request_internet_sockets(number, Int32(family), Int32(IPPROTO_TCP))
      }
      try diagnosis.query(isList: true, request) { (buffer, body) throws(Errno) in
        guard let (inode, socket) = Socket.listed(buffer, body) else { throw .invalid }
        let entry = socket()
        guard inode != 0, let local = entry.local, let peer = entry.peer,
          let index = wanted[Ends(local: local, peer: peer)]
        else { return }
        found[index] = inode
      }
    }
    return found
  }

  private struct Ends: Hashable {
    let local, peer: SocketAddress
  }
}
