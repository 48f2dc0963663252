import CLinux

/// What `statx(2)` says of a file.
package struct FileStatus: Hashable, Sendable {
  /// The file's type, by the S_IFMT bits of its mode; see `inode(7)`.
  package enum FileType: Hashable, Sendable {
    case regular, directory, characterDevice, blockDevice, fifo, socket, symbolicLink
    /// No type at all: what the kernel's anonymous inodes have.
    case none
  }

  /// A file system and an inode number on it: the identity of a file.
  package struct Identity: Hashable, Sendable {
    /// `(major << 32) | minor`.
    package let device: UInt64
    package let inode: UInt64

    package init(device: UInt64, inode: UInt64) {
      self.device = device
      self.inode = inode
    }
  }

  package let type: FileType
  package let identity: Identity
  /// Names that the file has; 0 once the last is gone.
  package let links: UInt32
  /// In bytes.
  package let size: UInt64
  /// Bytes of storage taken, which a sparse file has fewer of than its size.
  package let allocated: UInt64
  /// The user ID that it belongs to.
  package let owner: UInt32
  /// The mount that it was reached through, as in `/proc/PID/mountinfo`; 0 before Linux 5.8.
  package let mount: UInt64
  /// For a device file, the device it stands for, `(major << 32) | minor`.
  package let specialDevice: UInt64
  /// Whether a file system is mounted there; nil before Linux 5.8, which does not tell.
  package let isMountRoot: Bool?

  /// What a call to `statx(2)` might say of a file, in as much as selectors ask.
  package init(type: FileType, identity: Identity, links: UInt32, size: UInt64, mount: UInt64) {
    self.type = type
    self.identity = identity
    self.links = links
    self.size = size
    self.mount = mount
    (allocated, owner, specialDevice, isMountRoot) = (0, 0, 0, nil)
  }

  init(_ status: clinux_file_status) {
    type = FileType(mode: status.mode)
    identity = Identity(device: status.device, inode: status.inode)
    links = status.links
    size = status.size
    // The file system says so, and may be anybody's: blocks without end are not ours to trap on.
    let (bytes, isTooMany) = status.blocks.multipliedReportingOverflow(by: 512)
    allocated = isTooMany ? .max : bytes
    owner = status.owner
    mount = status.mount
    specialDevice = status.special_device
    isMountRoot = status.is_mount_root < 0 ? nil : status.is_mount_root > 0
  }
}

extension FileStatus.FileType {
  init(mode: UInt32) {
    switch mode & UInt32(S_IFMT) {
    case UInt32(S_IFREG): self = .regular
    case UInt32(S_IFDIR): self = .directory
    case UInt32(S_IFCHR): self = .characterDevice
    case UInt32(S_IFBLK): self = .blockDevice
    case UInt32(S_IFIFO): self = .fifo
    case UInt32(S_IFSOCK): self = .socket
    case UInt32(S_IFLNK): self = .symbolicLink
    default: self = .none
    }
  }
}

extension FileStatus {
  /// The status of the file that a path leads to.
  ///
  /// The corresponding system call is `statx(2)`. A NUL byte, which no path has, is `EINVAL`.
  static func ofFile(at path: ByteString) throws(Errno) -> FileStatus {
    if path.bytes.contains(0) { throw .invalid }
    var status = clinux_file_status()
    try checked(
      unsafe (path.bytes + [0]).withUnsafeBytes { bytes in
        let text = unsafe bytes.assumingMemoryBound(to: CChar.self).baseAddress
        return unsafe clinux_status(clinux_at_fdcwd, text, true, &status)
      })
    return FileStatus(status)
  }
}

extension OwnedDescriptor {
  /// The status of the file that a path relative to this directory leads to, or of the link that it is.
  ///
  /// The corresponding system call is `statx(2)` with `AT_STATX_DONT_SYNC`.
  func status(of path: String, follow: Bool = true) throws(Errno) -> FileStatus {
    var status = clinux_file_status()
    try checked(unsafe clinux_status(number, path, follow, &status))
    return FileStatus(status)
  }

  /// The status of the file that this descriptor is open on.
  ///
  /// See `statx(2)`, `AT_EMPTY_PATH`.
  func status() throws(Errno) -> FileStatus {
    var status = clinux_file_status()
    try checked(unsafe clinux_status_of(number, &status))
    return FileStatus(status)
  }

  /// The target of a symbolic link relative to this directory.
  ///
  /// The corresponding system call is `readlinkat(2)`. `ENAMETOOLONG` is thrown for a descriptor whose
  /// path does not fit the page that the kernel writes it to.
  func linkTarget(of path: String) throws(Errno) -> ByteString {
    var answer = 0
    let text = unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(PATH_MAX)) { buffer in
      answer = unsafe clinux_readlink(number, path, buffer.baseAddress, buffer.count)
      return unsafe Array(buffer[..<max(answer, 0)])
    }
    try checked(answer)
    return ByteString(text)
  }

  /// An unnamed file in memory.
  ///
  /// The corresponding system call is `memfd_create(2)`.
  ///
  /// - Parameter hugePages: of which size its pages are, as a power of two; 0 for the usual of huge pages,
  /// nil
  ///   for none.
  static func memory(hugePages size: UInt32? = nil) throws(Errno) -> OwnedDescriptor {
    let flags = size.map { clinux_mfd_huge_pages | $0 << clinux_mfd_huge_shift } ?? 0
    return OwnedDescriptor(adopting: try checked(unsafe clinux_memfd_create("rangeclose", flags)))
  }

  /// A socket of the Unix domain.
  ///
  /// The corresponding system call is `socket(2)`.
  static func socket() throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(adopting: try checked(clinux_socket()))
  }

  /// Memory that the kernel itself does not map.
  ///
  /// The corresponding system call is `memfd_secret(2)`.
  static func secretMemory() throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(adopting: try checked(clinux_memfd_secret()))
  }

  /// The magic number of the file system that a path relative to this directory leads to.
  ///
  /// The corresponding system call is `statfs(2)`, which may wait for a file server.
  func fileSystemType(of path: String) throws(Errno) -> Int {
    try checked(unsafe clinux_file_system_type(number, path))
  }

  /// What the kernel calls the protocol of the socket that a path relative to this directory leads to.
  ///
  /// The corresponding system call is `getxattr(2)`. Throws `EOPNOTSUPP` for what is no socket.
  func protocolName(of path: String) throws(Errno) -> ByteString {
    var name = [UInt8](repeating: 0, count: 64)
    let length = try checked(
      unsafe name.withUnsafeMutableBytes {
        unsafe clinux_socket_protocol_name(number, path, $0.baseAddress, $0.count)
      })
    return ByteString(Array(name[..<length]))
  }
}
