/// The locks in `/proc/locks`; see `proc_locks(5)`.
///
///     1: POSIX  ADVISORY  WRITE 4711 08:01:123 0 EOF
///     2: FLOCK  ADVISORY  WRITE 4712 08:01:124 0 EOF
package enum FileLocks {
  /// The files on which a process has record locks of fcntl(2); nil if `/proc/locks` cannot be read.
  static func recordLocked(by pid: Int32) -> Set<FileStatus.Identity>? {
    var locked: Set<FileStatus.Identity> = []
    do throws(Errno) {
      try forEach("POSIX") { owner, file in if owner == pid { locked.insert(file) } }
    } catch {
      return nil
    }
    return locked
  }

  /// The files among some that have a lock of flock(2); empty if `/proc/locks` cannot be read.
  package static func flocked(
    among files: Set<FileStatus.Identity>
  ) -> Set<FileStatus.Identity> {
    var flocked: Set<FileStatus.Identity> = []
    try? forEach("FLOCK") { _, file in if files.contains(file) { flocked.insert(file) } }
    return flocked
  }

  /// The files among some that have a write lease of `F_SETLEASE`; empty if `/proc/locks` cannot be read.
  ///
  /// An open for reading breaks such a lease; see `fcntl(2)`.
  static func leased(among files: Set<FileStatus.Identity>) -> Set<FileStatus.Identity> {
    var leased: Set<FileStatus.Identity> = []
    try? forEach("LEASE", of: "WRITE") { _, file in if files.contains(file) { leased.insert(file) } }
    return leased
  }

  private static func forEach(
    _ kind: StaticString, of access: StaticString? = nil,
    _ body: (_ owner: Int32, FileStatus.Identity) -> Void
  ) throws(Errno) {
    try OwnedDescriptor.open("/proc/locks", as: .file).forEachLine { line in
      line.skipFields(1)
      guard line.skip(text: kind) else { return }
      line.skipBlanks()
      line.skipFields(1)  // ADVISORY
      if let access {
        guard line.skip(text: access) else { return }
        line.skipBlanks()
      } else {
        line.skipFields(1)  // WRITE
      }
      // A lock of an open file description has no owner.
      guard let owner = line.decimal(Int32.self) else { return }
      line.skipBlanks()
      guard let major = line.hexadecimal(UInt64.self), line.skip(":"),
        let minor = line.hexadecimal(UInt64.self), line.skip(":"), let inode = line.decimal(UInt64.self)
      else { return }
      body(owner, .init(device: major << 32 | minor, inode: inode))
    }
  }
}
