/// Something that the close of a descriptor would break, and that rangeclose has verified.
package enum Hazard: Hashable, Sendable {
  /// These epoll descriptors of the process watch the file. A close removes it from the sets silently.
  case isWatched(by: [UInt32])
  /// The descriptor is one that a program waits on: an epoll set, an eventfd or an io_uring.
  case isWaitedOn(DescriptorType)
  /// The socket listens.
  case listens
  /// The process has record locks on the file, and loses them with any descriptor of the file.
  case isLocked
  /// The file was written to a short time ago, and is open for writing.
  case isBeingWritten
  /// These processes read from the pipe, and get end-of-file.
  case isLastWriter(readers: [Int32])
  /// These processes write to the pipe, and get SIGPIPE.
  case isLastReader(writers: [Int32])
  /// These processes have the other end of the socket, and read end-of-file.
  case isConnected(to: [Int32])
}

/// A hazard, and the descriptors that it holds for, ascending.
package typealias FoundHazard = (hazard: Hazard, numbers: [UInt32])
