import Glibc

/// `/proc/PID/fdinfo/N`, the lines that every descriptor has; see `proc_pid_fdinfo(5)`.
package struct DescriptorInfo: Hashable, Sendable {
  /// What the descriptor may be used for.
  package enum AccessMode: Sendable {
    case read, write, readWrite
    /// O_PATH: a place in the tree, not open for reading or writing.
    case path
  }

  package var accessMode: AccessMode

  /// Reads the file's text; nil where it has no `flags` line.
  init?(_ text: [UInt8]) {
    var flags: UInt32?
    var scanner = TextScanner(text)
    while !scanner.isAtEnd {
      if scanner.skip(text: "flags:") {
        scanner.skipBlanks()
        flags = scanner.number(UInt32.self, base: 8)
      }
      scanner.skipLine()
    }
    guard let flags else { return nil }
    accessMode = AccessMode(openFlags: flags)
  }
}

extension DescriptorInfo.AccessMode {
  fileprivate init(openFlags: UInt32) {
    let pathOnly: UInt32 = 0o10000000  // O_PATH, which <fcntl.h> shows to _GNU_SOURCE only
    switch openFlags & UInt32(O_ACCMODE) {
    case _ where openFlags & pathOnly != 0: self = .path
    case UInt32(O_RDONLY): self = .read
    case UInt32(O_WRONLY): self = .write
    default: self = .readWrite
    }
  }
}

extension DescriptorInfo.AccessMode: CustomStringConvertible {
  /// `r`, `w`, `rw` or `path`.
  package var description: String {
    switch self {
    case .read: "r"
    case .write: "w"
    case .readWrite: "rw"
    case .path: "path"
    }
  }
}
