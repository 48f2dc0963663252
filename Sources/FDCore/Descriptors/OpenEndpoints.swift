/// The sockets and pipe ends that a process has open.
///
/// They show whether the process is the peer of another process.
package struct OpenEndpoints: Hashable, Sendable {
  private let sockets: Set<UInt64>
  private let pipes: [FileStatus.Identity: [DescriptorInfo.AccessMode]]

  /// Scans the descriptors of a process.
  ///
  /// A process that has exited has no descriptors. Throws `ENOENT` if there is no such process, and `EACCES`
  /// without the right to read its descriptors; see `ptrace(2)`, `PTRACE_MODE_READ_FSCREDS`.
  package init(of pid: Int32) throws(Errno) {
    let process = try ProcessDirectory(pid)
    // An exited leader has no descriptors, but another thread of its process may have some.
    guard let thread = try process.liveThread(process.status()) else {
      (sockets, pipes) = ([], [:])
      return
    }
    let links = try process.open("task/\(thread)/fd", as: .directory)
    var sockets: Set<UInt64> = []
    var pipes: [FileStatus.Identity: [DescriptorInfo.AccessMode]] = [:]
    for number in try links.numericEntries() {
      do throws(Errno) {
        let status = try links.status(of: String(number))
        if status.type == .socket, status.identity.device == KernelFileSystem.sockets {
          sockets.insert(status.identity.inode)
        } else if status.type == .fifo {
          let text = try process.content(of: "task/\(thread)/fdinfo/\(number)")
          guard let info = DescriptorInfo(text) else { throw .invalid }
          pipes[status.identity, default: []].append(info.accessMode)
        }
      } catch {
        // Either the descriptor was closed since the listing, or the file is on a file system that denies
        // access. Sockets and pipes are never on a file system of this kind.
        guard error == .noSuchFile || error == .accessDenied else { throw error }
      }
    }
    self.sockets = sockets
    self.pipes = pipes
  }

  /// Whether the process has the socket with this inode number open.
  package func containsSocket(_ inode: UInt64) -> Bool {
    sockets.contains(inode)
  }

  /// Whether the process has open the opposite end of a pipe end with this access mode.
  package func containsPipe(
    _ identity: FileStatus.Identity, oppositeOf mode: DescriptorInfo.AccessMode
  ) -> Bool {
    pipes[identity]?.contains { $0.isOppositeOf(mode) } ?? false
  }

  /// Whether the process has either end of this pipe open.
  package func containsPipe(_ identity: FileStatus.Identity) -> Bool {
    pipes[identity] != nil
  }
}
