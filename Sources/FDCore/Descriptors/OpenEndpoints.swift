/// The sockets and pipes that a process holds, for telling whether it is at the other end of one.
package struct HeldEnds: Hashable, Sendable {
  private let sockets: Set<UInt64>
  private let pipes: [FileStatus.Identity: [DescriptorInfo.AccessMode]]

  /// Looks at every descriptor of a process.
  ///
  /// One that has exited has none. Throws `ENOENT` where there is no such process, and `EACCES` without the
  /// right to see its descriptors, see `ptrace(2)`, `PTRACE_MODE_READ_FSCREDS`.
  package init(of pid: Int32) throws(Errno) {
    let process = try ProcessDirectory(pid)
    // A leader that has exited has no descriptors; its process may have.
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
        // Closed since the listing; or on somebody's file system that is not for us, as no socket and no pipe
        // is.
        guard error == .noSuchFile || error == .accessDenied else { throw error }
      }
    }
    self.sockets = sockets
    self.pipes = pipes
  }

  /// Whether the process holds the socket with this inode number.
  package func containsSocket(_ inode: UInt64) -> Bool {
    sockets.contains(inode)
  }

  /// Whether the process holds this pipe by a side that is opposite to one of this mode.
  package func containsPipe(_ identity: FileStatus.Identity, oppositeOf mode: DescriptorInfo.AccessMode)
    -> Bool
  {
    pipes[identity]?.contains { $0.isOppositeOf(mode) } ?? false
  }

  /// Whether the process holds this pipe by any side.
  package func containsPipe(_ identity: FileStatus.Identity) -> Bool {
    pipes[identity] != nil
  }
}
