import CLinux
import Glibc

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

  init(_ status: clinux_file_status) {
    type = FileType(mode: status.mode)
    identity = Identity(device: status.device, inode: status.inode)
    links = status.links
    size = status.size
    // The file system says so, and may be anybody's: blocks without end are not ours to trap on.
    let (bytes, isTooMany) = status.blocks.multipliedReportingOverflow(by: 512)
    allocated = isTooMany ? .max : bytes
    owner = status.owner
  }
}

extension FileStatus.FileType {
  init(mode: UInt32) {
    switch mode_t(mode) & S_IFMT {
    case S_IFREG: self = .regular
    case S_IFDIR: self = .directory
    case S_IFCHR: self = .characterDevice
    case S_IFBLK: self = .blockDevice
    case S_IFIFO: self = .fifo
    case S_IFSOCK: self = .socket
    case S_IFLNK: self = .symbolicLink
    default: self = .none
    }
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
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let length = try checked(
      unsafe buffer.withUnsafeMutableBytes {
        unsafe clinux_readlink(number, path, $0.baseAddress, $0.count)
      })
    return ByteString(Array(buffer[..<length]))
  }

  /// An unnamed file in memory.
  ///
  /// The corresponding system call is `memfd_create(2)`.
  static func memory(hugePages: Bool) throws(Errno) -> OwnedDescriptor {
    let flags = hugePages ? clinux_mfd_huge_pages : 0
    return OwnedDescriptor(adopting: try checked(unsafe clinux_memfd_create("rangeclose", flags)))
  }
}
