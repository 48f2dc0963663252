/// The two ends of a socket, and its state.
package struct Socket: Hashable, Sendable {
  /// The states of TCP; see `include/net/tcp_states.h`.
  ///
  /// As in `ss(8)`, sockets of other protocols are listening, established where they have a remote end, or
  /// closed.
  package enum State: UInt8, CaseIterable, Sendable {
    case established = 1, synSent, synReceived, finWait1, finWait2, timeWait, close, closeWait
    case lastAck, listen, closing, newSynReceived
  }

  package let local: SocketAddress?
  /// The remote end; nil where the socket is not connected.
  package let peer: SocketAddress?
  package let state: State?

  /// Whether there is a remote end that the kernel does not tell: of connect(2) in progress only tables know,
  /// and not every socket is in one that we can read.
  package var isPeerUntold: Bool { peer == nil && state == .synSent }

  package init(local: SocketAddress?, peer: SocketAddress?, state: State?) {
    self.local = local
    self.peer = peer
    self.state = state
  }
}

extension Socket.State: CustomStringConvertible {
  /// The state as `lsof(8)` and RFC 9293 write it.
  package var description: String {
    switch self {
    case .established: "ESTABLISHED"
    case .synSent: "SYN_SENT"
    case .synReceived, .newSynReceived: "SYN_RECV"
    case .finWait1: "FIN_WAIT1"
    case .finWait2: "FIN_WAIT2"
    case .timeWait: "TIME_WAIT"
    case .close: "CLOSE"
    case .closeWait: "CLOSE_WAIT"
    case .lastAck: "LAST_ACK"
    case .listen: "LISTEN"
    case .closing: "CLOSING"
    }
  }
}

/// What `sock_diag(7)` alone tells of a Unix-domain socket.
package struct UnixSocket: Hashable, Sendable {
  /// The inode number of the socket at the other end; nil where it is not connected, or that end is closed.
  package var peer: UInt64?
  /// The device of the file system that the name it is bound to lies on, `(major << 32) | minor`.
  package var device: UInt64?

  package init(peer: UInt64? = nil, device: UInt64? = nil) {
    self.peer = peer
    self.device = device
  }
}
