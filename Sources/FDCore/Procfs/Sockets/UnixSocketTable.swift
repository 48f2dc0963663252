import CLinux

/// The Unix-domain sockets of a network namespace, by `sock_diag(7)`.
///
/// `/proc/PID/net/unix` contains neither their peers nor the file systems of their names.
struct UnixSocketTable: ~Copyable {
  private let diagnosis: SocketDiagnosis

  /// Opens a netlink socket in the network namespace of a process or thread.
  ///
  /// - Parameter base: `task/TID/` for a thread, or an empty string for the process.
  ///
  /// Throws the errors of `SocketDiagnosis.init(of:_:)`.
  init(of process: ProcessDirectory, _ base: String) throws(Errno) {
    diagnosis = try SocketDiagnosis(of: process, base)
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
    guard inodes.count - found.count <= few else { return found }
    for inode in inodes where found[inode] == nil {
      do {
        try query(UInt32(truncatingIfNeeded: inode)) { found[$0] = $1 }
      } catch  where error == .noSuchFile {
        continue
      }
    }
    return found
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
    let header = 16
    guard body.count >= header else { return nil }
    var position = body.lowerBound + header
    while position + 4 <= body.upperBound {
      let length = Int(message.integer(UInt16.self, at: position))
      guard length >= 4, position + length <= body.upperBound else { return }
      switch message.integer(UInt16.self, at: position + 2) {
      case 1 where length >= 12:  // UNIX_DIAG_VFS: inode, and device in the kernel's internal form
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
