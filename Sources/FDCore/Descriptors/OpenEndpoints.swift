/// The sockets and pipe ends that a process has open.
///
/// They show whether the process is the peer of another process.
package struct OpenEndpoints: Hashable, Sendable {
  private var sockets: Set<UInt64> = []
  private var pipes: [FileStatus.Identity: [DescriptorInfo.AccessMode]] = [:]
  /// The error that kept us from learning about a descriptor that may be a socket.
  private var socketObstacle: Errno?
  /// The error that kept us from learning about a descriptor that may be the end of a pipe.
  private var pipeObstacle: Errno?

  /// Scans the descriptors of a process.
  ///
  /// A process that has exited has no descriptors. Throws `ENOENT` if there is no such process, and `EACCES`
  /// without the right to read its descriptors; see `ptrace(2)`, `PTRACE_MODE_READ_FSCREDS`.
  package init(of pid: Int32) throws(Errno) {
    let process = try ProcessDirectory(pid)
    // An exited leader has no descriptors, but another thread of its process may have some.
    guard let thread = try process.liveThread(leaderIsAlive: process.stat().isAlive) else { return }
    let base = "task/\(thread)/"
    let links = try process.open(base + "fd", as: .directory)
    for number in try links.numericEntries() {
      do throws(Errno) {
        try add(try links.status(of: String(number))) { () throws(Errno) in
          try process.content(of: base + "fdinfo/\(number)")
        }
      } catch {
        noteObstacle(error, Fact { () throws(Errno) in try links.linkTarget(of: String(number)) })
      }
    }
  }

  /// Adds a descriptor by its status and, for the end of a pipe, the text of its fdinfo.
  private mutating func add(_ status: FileStatus, _ info: () throws(Errno) -> [UInt8]) throws(Errno) {
    switch status.type {
    case .socket:
      switch KernelFileSystem.sockets.contain(status.identity.device) {
      case .known(true): sockets.insert(status.identity.inode)
      case .unreadable(let error): throw error
      default: break
      }
    case .fifo:
      guard let info = DescriptorInfo(try info()) else { throw .invalid }
      pipes[status.identity, default: []].append(info.accessMode)
    default: break
    }
  }

  /// Remembers that a descriptor is unknown, unless its link's text excludes a socket or the end of a pipe.
  ///
  /// A descriptor that was closed after the listing has no link either.
  private mutating func noteObstacle(_ error: Errno, _ link: Fact<ByteString>) {
    if error == .noSuchFile, link.error == .noSuchFile { return }
    guard let text = link.value else {
      (socketObstacle, pipeObstacle) = (error, error)
      return
    }
    if text.hasPrefix("socket:") { socketObstacle = error }
    // The link's text of a FIFO is its path.
    if !text.hasPrefix("socket:"), !text.hasPrefix("anon_inode:") { pipeObstacle = error }
  }

  /// Whether the process has the socket with this inode number open.
  package func containsSocket(_ inode: UInt64) -> Fact<Bool> {
    Self.fact(sockets.contains(inode), unless: socketObstacle)
  }

  /// Whether the process has open the opposite end of a pipe end with this access mode.
  package func containsPipe(
    _ identity: FileStatus.Identity, oppositeOf mode: DescriptorInfo.AccessMode
  ) -> Fact<Bool> {
    Self.fact(pipes[identity]?.contains { $0.isOppositeOf(mode) } ?? false, unless: pipeObstacle)
  }

  /// Whether the process has either end of this pipe open.
  package func containsPipe(_ identity: FileStatus.Identity) -> Fact<Bool> {
    Self.fact(pipes[identity] != nil, unless: pipeObstacle)
  }

  /// A match is certain; the absence of a match is certain only without an obstacle.
  private static func fact(_ isFound: Bool, unless obstacle: Errno?) -> Fact<Bool> {
    if !isFound, let obstacle { return .unreadable(obstacle) }
    return .known(isFound)
  }
}
