import CLinux

/// What the kernel tells of the sockets of a network namespace over a netlink socket; see `sock_diag(7)`.
struct SocketDiagnosis: ~Copyable {
  private let socket: OwnedDescriptor

  /// Opens it for the network namespace that a process, or with `base` a thread, is in.
  ///
  /// Throws `EPERM` without the right to enter another namespace than ours, and `EPROTONOSUPPORT` where
  /// the kernel has no `sock_diag(7)`.
  init(of process: ProcessDirectory, _ base: String) throws(Errno) {
    let ours = try ProcessDirectory(getpid()).status(of: "ns/net").identity
    if try process.status(of: base + "ns/net").identity == ours {
      socket = OwnedDescriptor(adopting: try checked(clinux_socket_diagnosis(-1)))
    } else {
      let namespace = try process.open(base + "ns/net", as: .file)
      socket = OwnedDescriptor(adopting: try checked(clinux_socket_diagnosis(namespace.number)))
    }
  }

  /// Asks, and calls `entry` with each answer: a buffer, and where in it the answer lies.
  ///
  /// - Parameter isList: whether there may be many answers; else the first is the last.
  ///
  /// Throws what the kernel refuses it with, `ENOENT` where there is no such socket, or it keeps none of the
  /// kind; and `EINVAL` for an answer that is not understood.
  func ask(
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
          // The end of a list, too, says here whether there is none because nobody keeps it.
          let error = Int32(bitPattern: buffer.integer(UInt32.self, at: message.body.lowerBound))
          if error >= 0 { return }
          throw Errno(-error)
        default:
          try entry(buffer, message.body)
          if !isList { return }
        }
      }
      // What is not understood is not waited past.
      guard messages.isAtEnd else { throw .invalid }
      if count == 0 { return }
    }
  }
}

/// The messages in what one read of a netlink socket gave; see `netlink(7)`.
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

  /// Whether all of them were read, and nothing is left that is none.
  var isAtEnd: Bool { position >= count }

  /// The type and the body, at least four bytes of it; nil at the end, or where none can be.
  mutating func next() -> (type: UInt16, body: Range<Int>)? {
    let header = 16
    guard position + header + 4 <= count else { return nil }
    let length = Int(buffer.integer(UInt32.self, at: position))
    guard length >= header + 4, position + length <= count else { return nil }
    defer { position += (length + 3) & ~3 }
    return (buffer.integer(UInt16.self, at: position + 4), position + header..<position + length)
  }
}
