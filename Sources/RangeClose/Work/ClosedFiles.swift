import FDCore

/// The closed files that may live on, and what the kernel still says of them.
struct ClosedFiles {
  /// The regular files without a name, with the texts of their links.
  let deleted: [(status: FileStatus, name: ByteString?)]
  /// The sockets that the kernel still lists for an open file.
  let livingSockets: Set<FileStatus.Identity>
  /// Other sockets that something else had before.
  ///
  /// The kernel does not list every kind of socket.
  let sharedSockets: Set<FileStatus.Identity>
  /// The ends of pipes that something else had before.
  let pipes: [SharedPipeEnd]
  /// The files with a lock that belongs to an open file description, and whether it is certain, by kind.
  let locks: [(kind: FileLocks.OfOpenFile, files: [FileStatus.Identity: Bool])]

  init(_ report: Report) {
    let shared = report.hazards?.shared ?? SharedFiles()
    let (sockets, pipes) = (report.closedSockets, report.closedPipes)
    deleted = report.closedDeletedFiles
    livingSockets = (report.target.map { SurvivingSockets.find(sockets, of: $0) } ?? [])
      .subtracting(shared.multipathSockets)
    sharedSockets = sockets.intersection(shared.sockets).subtracting(livingSockets)
    self.pipes = shared.pipes.filter { pipes.contains($0.pipe) }
    let named = report.closedNamedFiles
    locks =
      named.isEmpty
      ? [] : FileLocks.OfOpenFile.allCases.map { ($0, FileLocks.locked($0, among: named)) }
  }

  /// Searches for the uses of these files; nil if there are none.
  func uses() -> FileUses? {
    var wanted: [FileStatus.Identity: ByteString?] = [:]
    for (status, name) in deleted { wanted[status.identity] = name }
    // An io_uring shows its registered files by the texts of their links.
    for socket in livingSockets.union(sharedSockets) {
      wanted[socket] = ByteString("socket:[\(socket.inode)]")
    }
    for end in pipes { wanted[end.pipe] = .some(nil) }
    for (_, files) in locks { for file in files.keys { wanted[file] = .some(nil) } }
    if wanted.isEmpty { return nil }
    return FileUses(
      of: wanted, unnamed: Set(deleted.map { $0.status.identity }), includingOthers: !deleted.isEmpty,
      includingRings: !livingSockets.isEmpty)
  }
}
