import CLinux

/// The Unix-domain sockets of a process's network namespace, as `sock_diag(7)` tells of them.
///
/// `/proc/PID/net/unix` knows neither their peers nor where their names lie.
struct UnixSocketTable: ~Copyable {
  private let diagnosis: SocketDiagnosis

  /// Opens the table of the network namespace that a process, or with `base` a thread, is in.
  ///
  /// Throws as `SocketDiagnosis` does.
  init(of process: ProcessDirectory, _ base: String) throws(Errno) {
    diagnosis = try SocketDiagnosis(of: process, base)
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
      do {
        try ask(UInt32(truncatingIfNeeded: inode)) { found[$0] = $1 }
      } catch  where error == .noSuchFile {
        continue
      }
    }
    return found
  }

  /// Asks for one socket, or with 0 for all.
  private func ask(_ inode: UInt32, _ entry: (UInt64, UnixSocket) -> Void) throws(Errno) {
    let request = { (diagnosis: Int32) in clinux_request_unix_sockets(diagnosis, inode) }
    try diagnosis.ask(isList: inode == 0, request) { (buffer, body) throws(Errno) in
      guard let socket = UnixSocket(message: buffer, body) else { throw .invalid }
      entry(UInt64(buffer.integer(UInt32.self, at: body.lowerBound + 4)), socket)
    }
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
