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

  /// A kind of lock that belongs to an open file description.
  ///
  /// Such a lock lives as long as any descriptor of that description, also in another process.
  package enum OfOpenFile: CaseIterable {
    /// A lock of `flock(2)`.
    case flock
    /// A lock of `F_OFD_SETLK`; see `fcntl_locking(2)`.
    case record

    /// The kind in fdinfo.
    package var kind: LockKinds { self == .flock ? .flock : .openFileDescription }
    fileprivate var word: StaticString { self == .flock ? "FLOCK" : "OFDLCK" }
  }

  /// The files among some that have such a lock, and whether that is certain; empty if `/proc/locks` cannot
  /// be read.
  ///
  /// If the device number of a file does not agree, another file may have the lock.
  package static func locked(
    _ kind: OfOpenFile, among files: Set<FileStatus.Identity>
  ) -> [FileStatus.Identity: Bool] {
    var locked: [FileStatus.Identity: Bool] = [:]
    try? forEach(kind.word) { _, shown in
      for file in files where shown.isLikely(file) { locked[file] = locked[file] == true || file == shown }
    }
    return locked
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
      // The owner of a lock of an open file description is -1.
      let hasNoOwner = line.skip("-")
      guard let number = line.decimal(Int32.self) else { return }
      let owner = hasNoOwner ? -number : number
      line.skipBlanks()
      guard let major = line.hexadecimal(UInt64.self), line.skip(":"),
        let minor = line.hexadecimal(UInt64.self), line.skip(":"), let inode = line.decimal(UInt64.self)
      else { return }
      body(owner, .init(device: major << 32 | minor, inode: inode))
    }
  }
}

extension FileStatus.Identity {
  /// Whether `/proc/locks` means this file.
  ///
  /// On overlayfs and btrfs, it shows another device number than `statx(2)`. Such a number has the major 0.
  func isLikely(_ file: Self) -> Bool {
    self == file || inode == file.inode && (device >> 32 == 0 || file.device >> 32 == 0)
  }
}
