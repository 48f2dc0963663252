/// Something that the close of a descriptor would break, and that rangeclose has verified.
package enum Hazard: Hashable, Sendable {
  /// These epoll descriptors of the process watch the file. The close of its last descriptor removes it from
  /// the sets silently.
  case isWatched(by: [UInt32])
  /// These epoll descriptors watch the file, and these processes have it, too. So the sets go on to report
  /// it, by a number that is closed.
  case staysWatched(by: [UInt32], heldBy: [Int32])
  /// The socket is non-blocking, and these epoll descriptors of the process watch other files, but not this
  /// one now. An event loop takes a socket out of its set for a while, and adds the number again.
  case isSetAside(by: [UInt32])
  /// The descriptor is one that a program waits on: an epoll set, an eventfd or an io_uring.
  case isWaitedOn(DescriptorType)
  /// The socket listens, and no other process has it.
  case listens
  /// The descriptor is the last master of the pseudoterminal with this number in its devpts. The kernel sends
  /// SIGHUP to the programs on the terminal; see `pty_close` in `drivers/tty/pty.c`.
  case isMaster(of: UInt64)
  /// The process has record locks on the file, and loses them with any descriptor of the file.
  case isLocked
  /// The file is open for writing, and was written to a short time ago. It may have no name.
  case isBeingWritten(isDeleted: Bool)
  /// These processes read from the pipe, and get end-of-file. If some processes could not be read, one of
  /// them may have a writing end, too.
  case isLastWriter(readers: [Int32], isCertain: Bool)
  /// These processes write to the pipe, and get SIGPIPE. If some processes could not be read, one of them may
  /// have a reading end, too.
  case isLastReader(writers: [Int32], isCertain: Bool)
  /// These processes have the other end of the socket, whose connection ends.
  case isConnected(to: [Int32])
  /// The new file is open for writing without O_APPEND, and other descriptors write to it, too.
  case wouldOverwrite
}

/// A hazard, and the descriptors that it holds for, ascending.
package struct FoundHazard: Sendable {
  /// The hazard.
  package let hazard: Hazard
  /// The descriptors.
  package internal(set) var numbers: [UInt32]
  /// Whether `shutdown(2)` wakes whatever watches them: they are TCP connections.
  package internal(set) var areConnections: Bool
}

/// The picked files that something else has, too, or that the kernel's tables do not show as they are.
package struct SharedFiles: Sendable {
  /// The ends of pipes that others have, too.
  package internal(set) var pipes: Set<SharedPipeEnd> = []
  /// The sockets that others have, too.
  package internal(set) var sockets: Set<FileStatus.Identity> = []
  /// The sockets of MPTCP.
  ///
  /// The kernel may list their TCP connections with the inode number after the close.
  package internal(set) var multipathSockets: Set<FileStatus.Identity> = []

  /// No files.
  package init() {}
}

/// One end of a pipe that a descriptor was open on, and that other descriptors are open on, too.
///
/// The programs at the other end do not notice the close of that descriptor.
package struct SharedPipeEnd: Hashable, Sendable {
  /// The pipe.
  package let pipe: FileStatus.Identity
  /// `read` or `write`.
  package let mode: DescriptorInfo.AccessMode

  /// Whether a descriptor with this access mode has the same end.
  package func isHeld(by mode: DescriptorInfo.AccessMode?) -> Bool { mode == self.mode || mode == .readWrite }
}
