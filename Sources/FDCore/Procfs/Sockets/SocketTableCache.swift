import CLinux

/// The sockets of the network namespace that was read last, for a run over several processes.
///
/// Most processes are in one namespace. Without the cache, rangeclose would read the tables of the namespace
/// for each process with a socket. The cache proves nothing about a socket that it does not have, because the
/// socket may be younger than the table.
package final class SocketTableCache {
  private let internet = NamespaceTable<Socket>()
  private let unix = NamespaceTable<UnixSocket>()

  /// A table with more sockets would take too much memory, so it is not kept.
  private static let most = 16384

  /// Creates an empty cache.
  package init() {}

  /// The Internet sockets in the network namespace of a process or thread, as far as they are known.
  ///
  /// - Parameter base: `task/TID/` for a thread, or an empty string for the process.
  func internetSockets(of process: ProcessDirectory, _ base: String) -> [UInt64: Socket] {
    internet.sockets(of: process, base) {
      SocketTables.all(in: .process(process, base), atMost: Self.most)
    }
  }

  /// The Unix-domain sockets in the network namespace of a process or thread, as far as they are known.
  ///
  /// - Parameter base: `task/TID/` for a thread, or an empty string for the process.
  func unixSockets(of process: ProcessDirectory, _ base: String) -> [UInt64: UnixSocket] {
    unix.sockets(of: process, base) {
      try? UnixSocketTable(in: .process(process, base)).all(atMost: Self.most)
    }
  }
}

/// The sockets of one network namespace by their inode numbers, for a short time.
private final class NamespaceTable<Value> {
  /// The namespace; while it is open, no other namespace gets its inode number.
  private var namespace: OwnedDescriptor?
  private var identity: FileStatus.Identity?
  private var sockets: [UInt64: Value] = [:]
  /// The time at which the table is too old.
  private var end: UInt64 = 0

  /// The time in nanoseconds for which a table is used.
  private static var age: UInt64 { 1_000_000_000 }

  /// - Parameter read: reads the table; nil if it cannot be read or is too long.
  func sockets(
    of process: ProcessDirectory, _ base: String, reading read: () -> [UInt64: Value]?
  ) -> [UInt64: Value] {
    let path = base + "ns/net"
    guard let wanted = try? process.status(of: path).identity else { return [:] }
    let now = clinux_monotonic_nanoseconds()
    if wanted == identity, now < end { return sockets }
    guard let opened = try? process.open(path, as: .file), let held = try? opened.status().identity else {
      return [:]
    }
    // The time begins before the read, because the table is as old as its first entry.
    (sockets, identity, end) = ([:], held, now + Self.age)
    namespace = consume opened
    sockets = read() ?? [:]
    return sockets
  }
}
