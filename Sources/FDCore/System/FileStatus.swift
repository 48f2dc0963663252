import CLinux

/// The attributes of a file that `statx(2)` returns.
package struct FileStatus: Hashable, Sendable {
  /// A file's type, from the S_IFMT bits of its mode; see `inode(7)`.
  package enum FileType: Hashable, Sendable {
    case regular, directory, characterDevice, blockDevice, fifo, socket, symbolicLink
    /// None of these types: the kernel's anonymous inodes have no type bits.
    case none
  }

  /// The identity of a file: its file system and its inode number there.
  package struct Identity: Hashable, Sendable {
    /// The device number of the file system, `(major << 32) | minor`.
    package let device: UInt64
    /// The inode number, unique on its file system.
    package let inode: UInt64

    /// Creates an identity from a device number, `(major << 32) | minor`, and an inode number.
    package init(device: UInt64, inode: UInt64) {
      self.device = device
      self.inode = inode
    }
  }

  /// The file's type.
  package let type: FileType
  /// The file's device and inode number.
  package let identity: Identity
  /// The number of names that the file has; 0 once the last is removed.
  package let links: UInt32
  /// The file's size, in bytes.
  package let size: UInt64
  /// The storage that the file takes, in bytes; for a sparse file it is less than the size.
  package let allocated: UInt64
  /// The user ID of the file's owner.
  package let owner: UInt32
  /// The permission bits, without set-ID and sticky bits; see `inode(7)`.
  let permissions: UInt32
  /// The ID of the mount through which the file was reached, as in `/proc/PID/mountinfo`; 0 before Linux 5.8.
  package let mount: UInt64
  /// For a device file, the device that it represents, `(major << 32) | minor`.
  package let specialDevice: UInt64
  /// The time of the last write, in seconds since 1970.
  package let modified: Int64
  /// Whether the file is the root of a mount; nil before Linux 5.8, whose `statx(2)` does not report it.
  package let isMountRoot: Bool?

  /// Creates a status from the attributes that selectors use; all others are zero or nil.
  package init(type: FileType, identity: Identity, links: UInt32, size: UInt64, mount: UInt64) {
    self.type = type
    self.identity = identity
    self.links = links
    self.size = size
    self.mount = mount
    (allocated, owner, permissions, specialDevice, modified, isMountRoot) = (0, 0, 0, 0, 0, nil)
  }

  init(_ status: clinux_file_status) {
    type = FileType(mode: status.mode)
    identity = Identity(device: status.device, inode: status.inode)
    links = status.links
    size = status.size
    // Any user's file system may supply this number, so an overflow must not trap.
    let (bytes, isTooMany) = status.blocks.multipliedReportingOverflow(by: 512)
    allocated = isTooMany ? .max : bytes
    owner = status.owner
    permissions = status.mode & 0o777
    mount = status.mount
    specialDevice = status.special_device
    modified = status.modified
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
  /// The corresponding system call is `statx(2)`. A NUL byte cannot occur in a path; the function throws
  /// `EINVAL` for it.
  static func ofFile(at path: ByteString) throws(Errno) -> FileStatus {
    if path.bytes.contains(0) { throw .invalid }
    var status = clinux_file_status()
    try checked(
      unsafe path.withCString { unsafe clinux_status(clinux_at_fdcwd, $0, true, &status) })
    return FileStatus(status)
  }
}

extension FileStatus {
  /// Whether two files are the same: one inode, or two files of one device.
  ///
  /// The `/dev/null` of a container is another inode for the same device; see `null(4)`.
  func isSame(as other: FileStatus) -> Bool {
    let isDevice = type == .characterDevice || type == .blockDevice
    return identity == other.identity
      || isDevice && type == other.type && specialDevice == other.specialDevice
  }
}

extension OwnedDescriptor {
  /// The status of the file that a path relative to this directory leads to.
  ///
  /// If `follow` is false and the path is a symbolic link, the function returns the status of the link
  /// itself. The corresponding system call is `statx(2)` with `AT_STATX_DONT_SYNC`.
  func status(of path: String, follow: Bool = true) throws(Errno) -> FileStatus {
    var status = clinux_file_status()
    try checked(unsafe path.withCString { unsafe clinux_status(number, $0, follow, &status) })
    return FileStatus(status)
  }

  /// The rights of the owner in the mode of a symbolic link relative to this directory.
  ///
  /// The corresponding system call is `statx(2)` with `AT_SYMLINK_NOFOLLOW`.
  func ownerRights(of link: String) throws(Errno) -> FileRights {
    var status = clinux_file_status()
    try checked(unsafe link.withCString { unsafe clinux_status(number, $0, false, &status) })
    return FileRights(rawValue: UInt8(status.mode >> 6 & 7)).intersection([.read, .write])
  }

  /// The status of the file that this descriptor refers to.
  ///
  /// The corresponding system call is `statx(2)` with `AT_EMPTY_PATH`.
  func status() throws(Errno) -> FileStatus {
    var status = clinux_file_status()
    try checked(unsafe clinux_status_of(number, &status))
    return FileStatus(status)
  }

  /// Whether a symbolic link relative to this directory has a text of at most 63 bytes.
  func link(_ path: String, is text: StaticString) -> Bool {
    unsafe text.utf8Start.withMemoryRebound(to: CChar.self, capacity: text.utf8CodeUnitCount) { bytes in
      unsafe clinux_link_is(number, path, bytes)
    }
  }

  /// The target of a symbolic link relative to this directory.
  ///
  /// The corresponding system call is `readlinkat(2)`. Throws `ENAMETOOLONG` for a descriptor whose path does
  /// not fit the page to which the kernel writes it.
  func linkTarget(of path: String) throws(Errno) -> ByteString {
    // A buffer of at most 1024 bytes lies on the stack. The call cuts a longer text.
    let few = 512
    let text = try linkTarget(of: path, atMost: few)
    return ByteString(text.count < few ? text : try linkTarget(of: path, atMost: Int(PATH_MAX)))
  }

  private func linkTarget(of path: String, atMost length: Int) throws(Errno) -> [UInt8] {
    var answer = 0
    let text = unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length) { buffer in
      answer = unsafe path.withCString {
        unsafe clinux_readlink(number, $0, buffer.baseAddress, buffer.count)
      }
      return unsafe Array(buffer[..<max(answer, 0)])
    }
    try checked(answer)
    return text
  }

  /// Creates an unnamed file in memory.
  ///
  /// The corresponding system call is `memfd_create(2)`.
  ///
  /// - Parameter hugePages: the size of its huge pages as a power of two, 0 for the default size, or nil for
  ///   ordinary pages.
  static func memory(hugePages size: UInt32? = nil) throws(Errno) -> OwnedDescriptor {
    let flags = size.map { clinux_mfd_huge_pages | $0 << clinux_mfd_huge_shift } ?? 0
    return OwnedDescriptor(adopting: try checked(unsafe clinux_memfd_create("rangeclose", flags)))
  }

  /// Creates a Unix-domain stream socket.
  ///
  /// The corresponding system call is `socket(2)`.
  static func socket() throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(adopting: try checked(clinux_socket()))
  }

  /// Creates a file in memory that the kernel removes from its own page tables.
  ///
  /// The corresponding system call is `memfd_secret(2)`.
  static func secretMemory() throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(adopting: try checked(clinux_memfd_secret()))
  }

  /// The magic number of the file system that a path relative to this directory leads to.
  ///
  /// The corresponding system call is `statfs(2)`, which may block on a file server.
  func fileSystemType(of path: String) throws(Errno) -> Int {
    try checked(unsafe clinux_file_system_type(number, path))
  }

  /// The kernel's name for the protocol of the socket that a path relative to this directory leads to.
  ///
  /// The corresponding system call is `getxattr(2)`. Throws `EOPNOTSUPP` if the file is not a socket.
  func protocolName(of path: String) throws(Errno) -> ByteString {
    var name = [UInt8](repeating: 0, count: 64)
    let length = try checked(
      unsafe name.withUnsafeMutableBytes {
        unsafe clinux_socket_protocol_name(number, path, $0.baseAddress, $0.count)
      })
    return ByteString(Array(name[..<length]))
  }
}

/// The rights of one user to a file; see `inode(7)`.
struct FileRights: OptionSet {
  let rawValue: UInt8

  static let read = FileRights(rawValue: 4)
  static let write = FileRights(rawValue: 2)
}
