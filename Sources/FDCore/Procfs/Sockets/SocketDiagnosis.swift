/// A netlink socket that answers queries about the sockets of a network namespace; see `sock_diag(7)`.
struct SocketDiagnosis: ~Copyable {
  private let socket: OwnedDescriptor

  /// Opens the socket in a network namespace; throws the errors of `NetworkNamespace.diagnosisSocket()`.
  init(in namespace: NetworkNamespace) throws(Errno) {
    socket = try namespace.diagnosisSocket()
  }

  /// Sends a request and calls `entry` with each reply: a buffer, and the range of the reply in it.
  ///
  /// - Parameters:
  ///   - isList: whether the kernel may send many replies. Otherwise the first reply is the last.
  ///   - request: sends the request on the netlink socket and returns its result.
  ///
  /// Throws the kernel's error, and `EINVAL` for a reply of unknown form. The error is `ENOENT` if there is
  /// no such socket, or if the kernel has no sockets of the kind.
  func query(
    isList: Bool, _ request: (Int32) -> Int, _ entry: ([UInt8], Range<Int>) throws(Errno) -> Void
  ) throws(Errno) {
    try checked(request(socket.number))
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try socket.read(into: &buffer)
      var messages = NetlinkMessages(buffer, count)
      while let message = messages.next() {
        switch message.type {
        case NetlinkMessages.end, NetlinkMessages.error:
          // The message at the end of a list contains an error code, too. If the list is empty, the code
          // is the reason.
          let error = Int32(bitPattern: buffer.integer(UInt32.self, at: message.body.lowerBound))
          if error >= 0 { return }
          throw Errno(-error)
        default:
          try entry(buffer, message.body)
          if !isList { return }
        }
      }
      // After bytes of unknown form, another read could block.
      guard messages.isAtEnd else { throw .invalid }
      if count == 0 { return }
    }
  }
}

/// The messages in the result of one read of a netlink socket; see `netlink(7)`.
private struct NetlinkMessages {
  /// NLMSG_ERROR and NLMSG_DONE, `include/uapi/linux/netlink.h`.
  static let error: UInt16 = 2
  static let end: UInt16 = 3

  private let buffer: [UInt8]
  private let count: Int
  private var position = 0

  init(_ buffer: [UInt8], _ count: Int) {
    (self.buffer, self.count) = (buffer, count)
  }

  /// Whether all bytes were parsed as messages.
  var isAtEnd: Bool { position >= count }

  /// The type and the body of the next message; nil at the end, or if the next bytes are no message.
  ///
  /// A body has at least four bytes.
  mutating func next() -> (type: UInt16, body: Range<Int>)? {
    let header = 16
    guard position + header + 4 <= count else { return nil }
    let length = Int(buffer.integer(UInt32.self, at: position))
    guard length >= header + 4, position + length <= count else { return nil }
    defer { position += (length + 3) & ~3 }
    return (buffer.integer(UInt16.self, at: position + 4), position + header..<position + length)
  }
}
