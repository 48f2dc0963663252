/// The sockets that the kernel still has for an open file, after a process has closed its descriptors.
package enum SurvivingSockets {
  /// Finds these sockets in the network namespace of the process, by their inode numbers.
  ///
  /// The kernel shows the inode number 0 for a connection that no file has any more. A socket that cannot be
  /// looked up counts as gone.
  package static func find(
    _ sockets: Set<FileStatus.Identity>, of target: TargetProcess
  ) -> Set<FileStatus.Identity> {
    let inodes = Set(sockets.map { $0.inode })
    if inodes.isEmpty { return [] }
    var living = Set(SocketTables.find(inodes, of: target.directory, "").keys)
    if let unix = try? UnixSocketTable(in: .process(target.directory, "")).find(inodes.subtracting(living)) {
      living.formUnion(unix.keys)
    }
    return sockets.filter { living.contains($0.inode) }
  }
}
