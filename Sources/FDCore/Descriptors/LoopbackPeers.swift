import CLinux

/// The other ends of TCP connections within one network namespace.
///
/// A connection within a machine has two sockets. The local end of each is the remote end of the other.
struct LoopbackPeers {
  /// The two ends of a socket.
  private struct Ends: Hashable {
    let local, peer: SocketAddress

    /// The ends of the socket at the other end.
    var mirrored: Ends { Ends(local: peer, peer: local) }
  }

  /// A connection whose other end is wanted, as the caller knows it and as the table shows it.
  private struct Connection {
    let ends: Ends
    /// Its state in the table; nil if the table did not have it.
    var state: Socket.State?

    /// Whether the addresses and the state prove that there is another end in the namespace.
    ///
    /// Once the other end has closed the connection, it may vanish without a trace.
    var hasOtherEnd: Bool {
      guard let state, [.established, .finWait1, .finWait2].contains(state) else { return false }
      return ends.local.isOnSameMachine(as: ends.peer)
    }
  }

  /// The entries of the table for the socket at the other end of a connection.
  private struct Mirror {
    /// Whether the table has it.
    var isThere = false
    /// Its inode number; several if the same ends belong to connections of several interfaces.
    var inodes: Set<UInt64> = []
    /// Whether no process has it yet, because accept(2) has not returned it.
    var isWaiting = false
  }

  /// By the inode number of the own end.
  private var connections: [UInt64: Connection] = [:]
  /// By the ends of the mirror.
  private var mirrors: [Ends: Mirror] = [:]
  /// The ports at which a connection may wait for accept(2).
  private var ports: Set<UInt16> = []
  /// The listening sockets at these ports.
  private var listeners: [UInt64: SocketAddress] = [:]

  /// Finds the sockets whose ends are the mirror images of the ends of some connections.
  ///
  /// The result has an answer for each connection that is in the namespace: the inode number of the socket at
  /// the other end, or of the listening socket if accept(2) has not returned the other end yet. The answer is
  /// nil if the other end is on another machine, in another namespace, or closed. It is unreadable if the
  /// table does not decide it, or if `sock_diag(7)` fails.
  ///
  /// - Parameter sockets: sockets with two ends, by their inode numbers.
  static func find(
    _ sockets: [UInt64: Socket], in namespace: NetworkNamespace
  ) -> [UInt64: Fact<UInt64?>] {
    var peers = LoopbackPeers(sockets)
    do {
      // A listing may miss sockets while others come and go.
      for _ in 0..<2 where !peers.isComplete {
        for family in [AF_INET, AF_INET6] { try peers.list(Int32(family), in: namespace) }
      }
    } catch {
      return sockets.mapValues { _ in .unreadable(error) }
    }
    var answers: [UInt64: Fact<UInt64?>] = [:]
    for (inode, connection) in peers.connections where connection.state != nil {
      answers[inode] = peers.answer(for: connection)
    }
    return answers
  }

  private init(_ sockets: [UInt64: Socket]) {
    for (inode, socket) in sockets {
      guard let local = socket.local, let peer = socket.peer else { continue }
      let ends = Ends(local: local, peer: peer)
      connections[inode] = Connection(ends: ends)
      mirrors[ends.mirrored] = Mirror()
      if let port = peer.port { ports.insert(port) }
    }
  }

  /// Lists the TCP sockets of an address family.
  private mutating func list(_ family: Int32, in namespace: NetworkNamespace) throws(Errno) {
    let diagnosis = try SocketDiagnosis(in: namespace)
    let request = { (number: Int32) in
      clinux_request_internet_sockets(number, family, Int32(IPPROTO_TCP))
    }
    try diagnosis.query(isList: true, request) { (buffer, body) throws(Errno) in
      guard let (inode, socket) = Socket.listed(buffer, body) else { throw .invalid }
      add(inode, socket())
    }
  }

  private mutating func add(_ inode: UInt64, _ socket: Socket) {
    guard let local = socket.local else { return }
    guard let peer = socket.peer else {
      if socket.state == .listen, let port = local.port, ports.contains(port) { listeners[inode] = local }
      return
    }
    let ends = Ends(local: local, peer: peer)
    if connections[inode]?.ends == ends { connections[inode]?.state = socket.state }
    guard var mirror = mirrors[ends] else { return }
    mirror.isThere = true
    if inode != 0 { mirror.inodes.insert(inode) }
    // A socket that a process has closed has no inode number either, but is in a later state.
    if inode == 0, socket.state?.isBeforeClose == true { mirror.isWaiting = true }
    mirrors[ends] = mirror
  }

  /// Whether another listing could not add anything.
  private var isComplete: Bool {
    connections.values.allSatisfy { connection in
      guard connection.state != nil, let mirror = mirrors[connection.ends.mirrored] else { return false }
      return mirror.isThere ? !mirror.inodes.isEmpty : !connection.hasOtherEnd
    }
  }

  private func answer(for connection: Connection) -> Fact<UInt64?> {
    guard let mirror = mirrors[connection.ends.mirrored], mirror.isThere else {
      // The kernel may translate the addresses of the connection; see `iptables(8)`, REDIRECT.
      return connection.hasOtherEnd ? .unreadable(.noSuchFile) : .known(nil)
    }
    if let inode = mirror.inodes.first {
      return mirror.inodes.count == 1 ? .known(inode) : .unreadable(.invalid)
    }
    guard mirror.isWaiting else { return .known(nil) }
    let waiting = listeners.filter { $0.value.accepts(connection.ends.peer) }
    guard let listener = waiting.first?.key, waiting.count == 1 else { return .unreadable(.noSuchFile) }
    return .known(listener)
  }
}

extension Socket {
  /// Whether the peer is on this machine: it has a loopback address, or the address of the local end.
  var hasLocalPeer: Bool {
    guard let local, let peer else { return false }
    return local.isOnSameMachine(as: peer)
  }
}

extension SocketAddress {
  fileprivate func isOnSameMachine(as peer: SocketAddress) -> Bool {
    guard case .ip(let local, _) = self, case .ip(let peer, _) = peer else { return false }
    return peer == local || peer.isLoopback
  }

  fileprivate var port: UInt16? {
    guard case .ip(_, let port) = self else { return nil }
    return port
  }

  /// Whether a socket that listens at this address may accept connections to an end.
  fileprivate func accepts(_ end: SocketAddress) -> Bool {
    guard case .ip(let address, let port) = self, case .ip(let wanted, let wantedPort) = end else {
      return false
    }
    // A socket that listens at :: accepts IPv4, too, unless it has IPV6_V6ONLY; see ipv6(7).
    let isAny = address.isUnspecified && (!address.isIPv4 || wanted.isIPv4)
    return port == wantedPort && (address == wanted || isAny)
  }
}

extension Socket.State {
  /// Whether the socket's process has not closed it yet.
  fileprivate var isBeforeClose: Bool {
    switch self {
    case .established, .closeWait, .synReceived, .newSynReceived: true
    default: false
    }
  }
}
