import CLinux

/// The Unix-domain sockets of a network namespace, by `sock_diag(7)`.
///
/// `/proc/PID/net/unix` contains neither their peers nor the file systems of their names.
struct UnixSocketTable: ~Copyable {
  private let diagnosis: SocketDiagnosis

  /// Opens a netlink socket in a network namespace; throws the errors of `SocketDiagnosis.init(in:)`.
  init(in namespace: NetworkNamespace) throws(Errno) {
    diagnosis = try SocketDiagnosis(in: namespace)
  }

  /// Finds sockets by their inode numbers.
  ///
  /// A socket that is not found is gone or in another namespace.
  ///
  /// For a request by inode number, the kernel walks all sockets. So the function finds many sockets by
  /// listing all of them. It lists them twice, because a listing may miss sockets while others come and go.
  ///
  /// Throws the errors of `SocketDiagnosis.query`.
  func find(_ inodes: Set<UInt64>) throws(Errno) -> [UInt64: UnixSocket] {
    let few = 16
    var found: [UInt64: UnixSocket] = [:]
    for _ in 0..<2 where inodes.count - found.count > few {
      try query(0) { inode, socket in if inodes.contains(inode) { found[inode] = socket } }
    }
    if inodes.count - found.count <= few {
      for inode in inodes where found[inode] == nil { try query(one: inode) { found[inode] = $0 } }
    }
    try findListeners(&found)
    return found
  }

  /// All sockets by their inode numbers; nil if there are more than `most`.
  ///
  /// The listing may miss sockets while others come and go. Throws the errors of `SocketDiagnosis.query`.
  func all(atMost most: Int) throws(Errno) -> [UInt64: UnixSocket]? {
    var found: [UInt64: UnixSocket] = [:]
    try query(0) { inode, socket in if found.count <= most { found[inode] = socket } }
    if found.count > most { return nil }
    try findListeners(&found)
    return found
  }

  /// Finds the listening sockets in whose queues the peers of some sockets wait for accept(2).
  private func findListeners(_ found: inout [UInt64: UnixSocket]) throws(Errno) {
    let waiting = found.filter { $0.value.isPeerUnknown }.map { $0.key }
    if waiting.isEmpty { return }
    var listeners: [UInt64: UInt64] = [:]
    let request = { (diagnosis: Int32) in clinux_request_unix_listeners(diagnosis) }
    try diagnosis.query(isList: true, request) { (buffer, body) throws(Errno) in
      guard let clients = UnixSocket.clients(message: buffer, body) else { throw .invalid }
      let listener = UInt64(buffer.integer(UInt32.self, at: body.lowerBound + 4))
      for client in clients { listeners[client] = listener }
    }
    for inode in waiting {
      if let listener = listeners[inode] {
        found[inode]?.listener = listener
        found[inode]?.isPeerUnknown = false
      } else {
        // The connection may have been accepted in the meantime.
        try query(one: inode) { found[inode] = $0 }
      }
      // If the other end of the connection is closed, there is no unknown peer.
      if found[inode]?.isHungUp == true { found[inode]?.isPeerUnknown = false }
    }
  }

  /// Requests one socket by its inode number; calls nothing if there is no such socket.
  private func query(one inode: UInt64, _ entry: (UnixSocket) -> Void) throws(Errno) {
    do {
      // A reply to an earlier request, whose read failed, may still wait in the netlink socket.
      try query(UInt32(truncatingIfNeeded: inode)) { found, socket in if found == inode { entry(socket) } }
    } catch  where error == .noSuchFile {
      return
    }
  }

  /// Requests one socket by its inode number, or all sockets for 0.
  private func query(_ inode: UInt32, _ entry: (UInt64, UnixSocket) -> Void) throws(Errno) {
    let request = { (diagnosis: Int32) in clinux_request_unix_sockets(diagnosis, inode) }
    try diagnosis.query(isList: inode == 0, request) { (buffer, body) throws(Errno) in
      guard let socket = UnixSocket(message: buffer, body) else { throw .invalid }
      entry(UInt64(buffer.integer(UInt32.self, at: body.lowerBound + 4)), socket)
    }
  }
}

extension UnixSocket {
  /// Parses a `struct unix_diag_msg` and its attributes; nil if the message is too short.
  ///
  /// See `include/uapi/linux/unix_diag.h`.
  fileprivate init?(message: [UInt8], _ body: Range<Int>) {
    self.init()
    guard body.count >= Self.header else { return nil }
    let start = body.lowerBound
    state = Socket.State(rawValue: message[start + 2])
    let isDatagram = message[start + 1] == UInt8(SOCK_DGRAM.rawValue)
    for attribute in Self.attributes(message, body) {
      let value = attribute.value
      switch attribute.type {
      case 1 where value.count >= 8:  // UNIX_DIAG_VFS: inode, and device in the kernel's internal form
        let device = message.integer(UInt32.self, at: value.lowerBound + 4)
        self.device = UInt64(device >> 20) << 32 | UInt64(device & 0xF_FFFF)
      case 2 where value.count >= 4:  // UNIX_DIAG_PEER: 0 if no process has the peer
        let inode = message.integer(UInt32.self, at: value.lowerBound)
        if inode != 0 { peer = UInt64(inode) }
        // The peer of a datagram socket needs no accept(2). So 0 means that it was closed.
        if inode == 0, isDatagram { isHungUp = true }
        isPeerUnknown = inode == 0 && !isDatagram
      case 6 where value.count >= 1:  // UNIX_DIAG_SHUTDOWN
        let shutdown = UInt8(1)  // RCV_SHUTDOWN, include/net/sock.h
        if message[value.lowerBound] & shutdown != 0 { isHungUp = true }
      default: break
      }
    }
  }

  /// Parses the message of a listening socket: the inode numbers of the sockets whose connections wait in its
  /// queue; nil if the message is too short.
  fileprivate static func clients(message: [UInt8], _ body: Range<Int>) -> [UInt64]? {
    guard body.count >= header else { return nil }
    return attributes(message, body).filter { $0.type == 3 }.flatMap { attribute in  // UNIX_DIAG_ICONS
      let count = attribute.value.count / 4
      return (0..<count).map { UInt64(message.integer(UInt32.self, at: attribute.value.lowerBound + 4 * $0)) }
    }
  }

  /// The size of `struct unix_diag_msg`.
  private static let header = 16

  /// The attributes after the header, up to the first that is malformed; see `netlink(7)`.
  private static func attributes(
    _ message: [UInt8], _ body: Range<Int>
  ) -> [(type: UInt16, value: Range<Int>)] {
    var attributes: [(type: UInt16, value: Range<Int>)] = []
    var position = body.lowerBound + header
    while position + 4 <= body.upperBound {
      let length = Int(message.integer(UInt16.self, at: position))
      guard length >= 4, position + length <= body.upperBound else { break }
      attributes.append((message.integer(UInt16.self, at: position + 2), position + 4..<position + length))
      position += (length + 3) & ~3
    }
    return attributes
  }
}
