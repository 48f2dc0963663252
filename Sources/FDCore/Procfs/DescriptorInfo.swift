import CLinux

/// The lines of `/proc/PID/fdinfo/N` that every descriptor has; see `proc_pid_fdinfo(5)`.
package struct DescriptorInfo: Hashable, Sendable {
  /// The access mode of an open file description; see `open(2)`.
  package enum AccessMode: String, CaseIterable, Sendable {
    /// O_RDONLY.
    case read = "r"
    /// O_WRONLY.
    case write = "w"
    /// O_RDWR.
    case readWrite = "rw"
    /// O_PATH: the descriptor indicates a file but is not open for reading or writing.
    case path
  }

  /// The access mode, from the `flags` line.
  package let accessMode: AccessMode
  /// The open flags, from the `flags` line.
  package let flags: OpenFlags
  /// The file offset, in bytes; nil if it is negative, as for some of the kernel's files.
  package let position: UInt64?
  /// The mount's ID, as in `/proc/PID/mountinfo`; nil if the kernel does not report it.
  package let mount: UInt64?
  /// The kinds of the locks that were taken through this descriptor.
  package let locks: LockKinds

  /// For the master of a pseudoterminal, the number of the slave in its devpts; see `tty_show_fdinfo` in
  /// `drivers/tty/tty_io.c`.
  ///
  /// It counts only for a file that is such a master, because other files may show text of their own.
  package let terminal: UInt64?

  /// Parses the text of the file; nil if it has no `flags` line.
  ///
  ///     pos:    0
  ///     flags:  02100002
  ///     lock:   1: POSIX  ADVISORY  WRITE 4711 08:01:123 0 EOF
  ///
  /// The lines may come in any order. Unknown lines are skipped, because each kind of file adds its own
  /// lines. If a line occurs twice, the first counts: the second may be text that the process controls, such
  /// as the name of a DMA buffer.
  package init?(_ text: [UInt8]) {
    var bits: UInt32?
    var position: UInt64?
    var mount: UInt64?
    var terminal: UInt64?
    var locks: LockKinds = []
    var scanner = TextScanner(text)
    while !scanner.isAtEnd {
      if scanner.skip(text: "flags:") {
        scanner.skipBlanks()
        bits = bits ?? scanner.number(UInt32.self, base: 8)
      } else if scanner.skip(text: "pos:") {
        scanner.skipBlanks()
        position = position ?? scanner.decimal(UInt64.self)
      } else if scanner.skip(text: "mnt_id:") {
        scanner.skipBlanks()
        mount = mount ?? scanner.decimal(UInt64.self)
      } else if scanner.skip(text: "tty-index:") {
        scanner.skipBlanks()
        terminal = terminal ?? scanner.decimal(UInt64.self)
      } else if scanner.skip(text: "lock:") {
        locks.formUnion(LockKinds(&scanner))
      }
      scanner.skipLine()
    }
    guard let bits else { return nil }
    accessMode = AccessMode(openFlags: bits)
    flags = OpenFlags(rawValue: bits)
    self.position = position
    self.mount = mount
    self.terminal = terminal
    self.locks = locks
  }

  /// The information about a duplicate, as that of the descriptor that it was made from.
  ///
  /// The close-on-exec flag and the record locks of fcntl(2) belong to the number and its process. Everything
  /// else belongs to the open file.
  init(ofDuplicate duplicate: DescriptorInfo, number: DescriptorInfo) {
    accessMode = duplicate.accessMode
    flags = duplicate.flags.subtracting(.closeOnExec).union(number.flags.intersection(.closeOnExec))
    (position, mount, terminal) = (duplicate.position, duplicate.mount, duplicate.terminal)
    locks = duplicate.locks.subtracting(.posix).union(number.locks.intersection(.posix))
  }
}

extension DescriptorInfo.AccessMode {
  /// The access mode among the flags of `open(2)`.
  init(openFlags: UInt32) {
    switch openFlags & UInt32(O_ACCMODE) {
    case _ where OpenFlags(rawValue: openFlags).contains(.path): self = .path
    case UInt32(O_RDONLY): self = .read
    case UInt32(O_WRONLY): self = .write
    default: self = .readWrite
    }
  }

  /// Whether one of the two modes can read and the other can write, as at the two ends of one pipe.
  func isOppositeOf(_ other: Self) -> Bool {
    switch (self, other) {
    case (.path, _), (_, .path), (.read, .read), (.write, .write): false
    default: true
    }
  }
}

extension DescriptorInfo.AccessMode: CustomStringConvertible {
  /// `r`, `w`, `rw` or `path`.
  package var description: String { rawValue }
}

/// The flags of `open(2)` that the kernel keeps in the open file description.
///
/// `O_CLOEXEC` belongs to the descriptor; fdinfo shows it among these flags. See `proc_pid_fdinfo(5)`.
package struct OpenFlags: OptionSet, Hashable, Sendable {
  /// The bits of the `flags` line in `/proc/PID/fdinfo/N`; see `proc_pid_fdinfo(5)`.
  package let rawValue: UInt32

  /// Creates a set from the bits of the `flags` line.
  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// `O_APPEND`.
  package static let append = OpenFlags(rawValue: UInt32(O_APPEND))
  /// `O_ASYNC`.
  package static let async = OpenFlags(rawValue: UInt32(O_ASYNC))
  /// `O_CLOEXEC`.
  package static let closeOnExec = OpenFlags(rawValue: UInt32(O_CLOEXEC))
  /// `O_DSYNC`.
  package static let dataSync = OpenFlags(rawValue: UInt32(O_DSYNC))
  /// `O_DIRECTORY`.
  package static let directory = OpenFlags(rawValue: UInt32(O_DIRECTORY))
  /// `O_NOFOLLOW`.
  package static let noFollow = OpenFlags(rawValue: UInt32(O_NOFOLLOW))
  /// `O_NONBLOCK`.
  package static let nonBlocking = OpenFlags(rawValue: UInt32(O_NONBLOCK))
  /// `O_SYNC`.
  package static let sync = OpenFlags(rawValue: UInt32(O_SYNC))

  // <fcntl.h> declares these only with _GNU_SOURCE. The values are from include/uapi/asm-generic/fcntl.h and
  // from arm64's own <asm/fcntl.h>.
  /// `O_NOATIME`.
  package static let noAccessTime = OpenFlags(rawValue: 0o1000000)
  /// `O_PATH`.
  package static let path = OpenFlags(rawValue: 0o10000000)
  /// The bit of `O_TMPFILE` that is not part of `O_DIRECTORY`.
  package static let unnamed = OpenFlags(rawValue: 0o20000000)
  #if arch(arm64)
    /// `O_DIRECT`.
    package static let direct = OpenFlags(rawValue: 0o200000)
    /// `O_LARGEFILE`.
    package static let largeFile = OpenFlags(rawValue: 0o400000)
  #else
    /// `O_DIRECT`.
    package static let direct = OpenFlags(rawValue: 0o40000)
    /// `O_LARGEFILE`.
    package static let largeFile = OpenFlags(rawValue: 0o100000)
  #endif
}

/// A set of kinds of file locks.
package struct LockKinds: OptionSet, Hashable, Sendable {
  /// One bit for each kind.
  package let rawValue: UInt8

  /// Creates a set from its bits.
  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Locks of `fcntl(2)` with `F_SETLK`.
  package static let posix = LockKinds(rawValue: 1 << 0)
  /// Locks of `fcntl(2)` with `F_OFD_SETLK`.
  package static let openFileDescription = LockKinds(rawValue: 1 << 1)
  /// Locks of `flock(2)`.
  package static let flock = LockKinds(rawValue: 1 << 2)
  /// Locks of `fcntl(2)` with `F_SETLEASE`.
  package static let lease = LockKinds(rawValue: 1 << 3)
  /// A kind that this program does not know.
  package static let other = LockKinds(rawValue: 1 << 4)

  /// Every kind.
  package static let all: LockKinds = [.posix, .openFileDescription, .flock, .lease, .other]

  /// Parses the rest of a `lock` line: the lock's number, then a word of `lock_get_status` in `fs/locks.c`.
  fileprivate init(_ line: inout TextScanner) {
    line.skipFields(1)
    if line.skip(text: "POSIX") {
      self = .posix
    } else if line.skip(text: "OFDLCK") {
      self = .openFileDescription
    } else if line.skip(text: "FLOCK") {
      self = .flock
    } else if line.skip(text: "LEASE") || line.skip(text: "DELEG") {
      self = .lease
    } else {
      self = .other
    }
  }
}
