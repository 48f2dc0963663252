import CLinux

/// `/proc/PID/fdinfo/N`, the lines that every descriptor has; see `proc_pid_fdinfo(5)`.
package struct DescriptorInfo: Hashable, Sendable {
  /// What the descriptor may be used for.
  package enum AccessMode: String, CaseIterable, Sendable {
    case read = "r"
    case write = "w"
    case readWrite = "rw"
    /// O_PATH: a place in the tree, not open for reading or writing.
    case path
  }

  package let accessMode: AccessMode
  package let flags: OpenFlags
  /// The file offset, in bytes; nil for a negative one, which some files of the kernel's have.
  package let position: UInt64?
  /// The mount's ID, as in `/proc/PID/mountinfo`.
  package let mount: UInt64?
  /// The locks that were taken through this descriptor.
  package let locks: LockKinds

  /// Reads the file's text; nil where it has no `flags` line.
  ///
  ///     pos:    0
  ///     flags:  02100002
  ///     lock:   1: POSIX  ADVISORY  WRITE 4711 08:01:123 0 EOF
  ///
  /// Lines come in any order, and unknown ones are passed over: each kind of file has some of its own. Of two
  /// the first counts: the later may be text of the process's, such as the name of a DMA buffer.
  package init?(_ text: [UInt8]) {
    var bits: UInt32?
    var position: UInt64?
    var mount: UInt64?
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
    self.locks = locks
  }
}

extension DescriptorInfo.AccessMode {
  fileprivate init(openFlags: UInt32) {
    switch openFlags & UInt32(O_ACCMODE) {
    case _ where OpenFlags(rawValue: openFlags).contains(.path): self = .path
    case UInt32(O_RDONLY): self = .read
    case UInt32(O_WRONLY): self = .write
    default: self = .readWrite
    }
  }

  /// Whether both could be open on the two sides of one pipe.
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

/// The flags of an open file description that outlast `open(2)`, as fdinfo has them.
package struct OpenFlags: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  package static let append = OpenFlags(rawValue: UInt32(O_APPEND))
  package static let async = OpenFlags(rawValue: UInt32(O_ASYNC))
  package static let closeOnExec = OpenFlags(rawValue: UInt32(O_CLOEXEC))
  package static let dataSync = OpenFlags(rawValue: UInt32(O_DSYNC))
  package static let directory = OpenFlags(rawValue: UInt32(O_DIRECTORY))
  package static let noFollow = OpenFlags(rawValue: UInt32(O_NOFOLLOW))
  package static let nonBlocking = OpenFlags(rawValue: UInt32(O_NONBLOCK))
  package static let sync = OpenFlags(rawValue: UInt32(O_SYNC))

  // <fcntl.h> shows these to _GNU_SOURCE only: include/uapi/asm-generic/fcntl.h, and arch/arm64's.
  package static let noAccessTime = OpenFlags(rawValue: 0o1000000)
  package static let path = OpenFlags(rawValue: 0o10000000)
  /// O_TMPFILE without O_DIRECTORY, which it includes.
  package static let unnamed = OpenFlags(rawValue: 0o20000000)
  #if arch(arm64)
    package static let direct = OpenFlags(rawValue: 0o200000)
    package static let largeFile = OpenFlags(rawValue: 0o400000)
  #else
    package static let direct = OpenFlags(rawValue: 0o40000)
    package static let largeFile = OpenFlags(rawValue: 0o100000)
  #endif
}

/// Kinds of file locks.
package struct LockKinds: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// `fcntl(2)`, F_SETLK.
  package static let posix = LockKinds(rawValue: 1 << 0)
  /// `fcntl(2)`, F_OFD_SETLK.
  package static let openFileDescription = LockKinds(rawValue: 1 << 1)
  /// `flock(2)`.
  package static let flock = LockKinds(rawValue: 1 << 2)
  /// `fcntl(2)`, F_SETLEASE.
  package static let lease = LockKinds(rawValue: 1 << 3)
  /// Any that the kernel may come to have.
  package static let other = LockKinds(rawValue: 1 << 4)

  package static let all: LockKinds = [.posix, .openFileDescription, .flock, .lease, .other]

  /// The words of `lock_get_status` in `fs/locks.c`, after the lock's number.
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
