import CLinux
import Glibc

/// The Unix-domain sockets of a process's network namespace, as `sock_diag(7)` tells of them.
///
/// `/proc/PID/net/unix` knows neither their peers nor where their names lie.
struct UnixSocketTable: ~Copyable {
  private let diagnosis: OwnedDescriptor

  /// Opens the table of the network namespace that a process, or with `base` a thread, is in.
  ///
  /// Throws `EPERM` without the right to enter another namespace than ours, and `EPROTONOSUPPORT` where
  /// the kernel has no `sock_diag(7)`.
  init(of process: ProcessDirectory, _ base: String) throws(Errno) {
    let ours = try ProcessDirectory(getpid()).status(of: "ns/net").identity
    if try process.status(of: base + "ns/net").identity == ours {
      diagnosis = OwnedDescriptor(adopting: try checked(clinux_socket_diagnosis(-1)))
    } else {
      let namespace = try process.open(base + "ns/net", as: .file)
      diagnosis = OwnedDescriptor(adopting: try checked(clinux_socket_diagnosis(namespace.number)))
    }
  }

  /// Finds sockets by their inode numbers; what is not found is in another namespace, or gone.
  ///
  /// The kernel walks all sockets for each that is asked for by its number, so many are found in a listing;
  /// and in another, for one may miss some while others come and go.
  func find(_ inodes: Set<UInt64>) throws(Errno) -> [UInt64: UnixSocket] {
    let few = 16
    var found: [UInt64: UnixSocket] = [:]
    for _ in 0..<2 where inodes.count - found.count > few {
      try ask(0) { inode, socket in if inodes.contains(inode) { found[inode] = socket } }
    }
    guard inodes.count - found.count <= few else { return found }
    for inode in inodes where found[inode] == nil {
      try ask(UInt32(truncatingIfNeeded: inode)) { found[$0] = $1 }
    }
    return found
  }

  /// Asks for one socket, or with 0 for all, and reads the answers.
  private func ask(
    _ inode: UInt32, _ entry: (UInt64, UnixSocket) -> Void
  ) throws(Errno) {
    try checked(clinux_ask_unix_sockets(diagnosis.number, inode))
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try diagnosis.read(into: &buffer)
      var messages = NetlinkMessages(buffer, count)
      while let message = messages.next() {
        switch message.type {
        case NetlinkMessages.end: return
        case NetlinkMessages.error:
          let error = Int32(bitPattern: buffer.integer(UInt32.self, at: message.body.lowerBound))
          // Of one that is not there, or is no Unix-domain socket, there is nothing to tell.
          if error == 0 || error == -ENOENT { return }
          throw Errno(-error)
        default:
          guard let socket = UnixSocket(message: buffer, message.body) else { throw .invalid }
          entry(UInt64(buffer.integer(UInt32.self, at: message.body.lowerBound + 4)), socket)
          if inode != 0 { return }
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

extension UnixSocket {
  /// `struct unix_diag_msg` and its attributes, `include/uapi/linux/unix_diag.h`.
  ///
  /// Nil where that is too short.
  fileprivate init?(message: [UInt8], _ body: Range<Int>) {
    self.init()
    let header = 16
    guard body.count >= header else { return nil }
    var position = body.lowerBound + header
    while position + 4 <= body.upperBound {
      let length = Int(message.integer(UInt16.self, at: position))
      guard length >= 4, position + length <= body.upperBound else { return }
      switch message.integer(UInt16.self, at: position + 2) {
      case 1 where length >= 12:  // UNIX_DIAG_VFS: inode, and device as the kernel has it within
        let device = message.integer(UInt32.self, at: position + 8)
        self.device = UInt64(device >> 20) << 32 | UInt64(device & 0xF_FFFF)
      case 2 where length >= 8:  // UNIX_DIAG_PEER
        let inode = message.integer(UInt32.self, at: position + 4)
        if inode != 0 { peer = UInt64(inode) }
      default: break
      }
      position += (length + 3) & ~3
    }
  }
}
