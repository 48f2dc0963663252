/// The two ends of a socket, and its state.
package struct Socket: Hashable, Sendable {
  /// A TCP state; see `include/net/tcp_states.h`.
  ///
  /// As in `ss(8)`, a socket of another protocol is listening, established if it has a peer, or closed.
  package enum State: UInt8, CaseIterable, Sendable {
    case established = 1, synSent, synReceived, finWait1, finWait2, timeWait, close, closeWait
    case lastAck, listen, closing, newSynReceived

    /// Whether a TCP socket in this state has a connection.
    var hasConnection: Bool {
      switch self {
      case .established, .finWait1, .finWait2, .closeWait, .lastAck, .closing: true
      default: false
      }
    }
  }

  /// The local address; nil if the socket was never bound, or if its family has no such addresses.
  package let local: SocketAddress?
  /// The peer's address; nil if the socket is not connected or the kernel does not report the peer.
  package let peer: SocketAddress?
  /// The state; nil if it is not known.
  package let state: State?

  /// Whether the socket may have a peer whose address is not known.
  ///
  /// During a `connect(2)`, and if the peer's port is 0, only the socket tables contain the peer's address.
  /// The socket may be in none of the tables that rangeclose can read.
  package let isPeerUnknown: Bool

  /// Creates a socket from its two addresses and its state.
  ///
  /// - Parameter isPeerUnknown: if `peer` is nil, whether there may be a peer that the kernel did not report.
  package init(local: SocketAddress?, peer: SocketAddress?, state: State?, isPeerUnknown: Bool = false) {
    self.isPeerUnknown = peer == nil && (isPeerUnknown || state == .synSent)
    self.local = local
    self.peer = peer
    self.state = state
  }
}

extension Socket.State: CustomStringConvertible {
  /// The name of the state, as in `lsof(8)` and RFC 9293.
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

/// The number of bytes in the queues of a socket, and the time since data last arrived.
package struct SocketActivity: Hashable, Sendable {
  /// The bytes that wait to be read; nil for a listening socket.
  ///
  /// For a datagram socket, these are only the bytes of the next datagram.
  package let receiveQueue: UInt64?
  /// The bytes that were not sent or not acknowledged yet; nil for a listening socket.
  package let sendQueue: UInt64?
  /// The whole seconds since a TCP connection received data or was established; nil without a connection.
  package let idleSeconds: UInt64?

  /// Creates the values of one moment.
  package init(receiveQueue: UInt64?, sendQueue: UInt64?, idleSeconds: UInt64?) {
    (self.receiveQueue, self.sendQueue, self.idleSeconds) = (receiveQueue, sendQueue, idleSeconds)
  }
}

/// The attributes of a Unix-domain socket that only `sock_diag(7)` reports.
package struct UnixSocket: Hashable, Sendable {
  /// The inode number of the peer socket; nil if the socket is not connected or its peer is closed.
  package var peer: UInt64?
  /// The inode number of the listening socket whose queue contains this connection; nil if there is none.
  ///
  /// The peer of such a connection belongs to no process before accept(2).
  package var listener: UInt64?
  /// Whether there is a peer that was found neither in a process nor in the queue of a listening socket.
  ///
  /// Its listening socket may be in another network namespace.
  package var isPeerUnknown = false
  /// The state; nil if the kernel reports an unknown number.
  ///
  /// The kernel marks a bound datagram socket as established as soon as another socket connects to it.
  package var state: Socket.State?
  /// Whether nothing more can arrive: the other end was closed or shut down.
  package var isHungUp = false
  /// The device number of the file system of the socket's name, `(major << 32) | minor`; nil without such a
  /// name.
  package var device: UInt64?

  /// Creates the attributes of a Unix-domain socket.
  package init(
    peer: UInt64? = nil, device: UInt64? = nil, state: Socket.State? = nil, isHungUp: Bool = false
  ) {
    (self.peer, self.device, self.state, self.isHungUp) = (peer, device, state, isHungUp)
  }
}
