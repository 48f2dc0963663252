/// A set of facts for a reader to read; each fact costs system calls for each descriptor.
package struct FactSet: OptionSet, Hashable, Sendable {
  /// One bit for each fact; a fact that needs another fact includes its bit.
  package let rawValue: UInt16

  /// Creates a set from its bits.
  package init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// `Descriptor.status`: one `statx(2)`.
  package static let status = FactSet(rawValue: 1 << 0)
  /// `Descriptor.target`: one `readlink(2)`.
  package static let target = FactSet(rawValue: 1 << 1)
  /// `Descriptor.path`, which includes the target: in most cases, the target's text is enough.
  package static let path = FactSet(rawValue: 1 << 2 | 1 << 1)
  /// `Descriptor.info`: one read of `/proc/PID/fdinfo/N`.
  package static let info = FactSet(rawValue: 1 << 3)
  /// `Descriptor.sameAs`: one `kcmp(2)` for each compared number.
  package static let sharing = FactSet(rawValue: 1 << 4)
  /// `Descriptor.socketType`, which includes the status: one `getxattr(2)` for a socket.
  package static let socketType = FactSet(rawValue: 1 << 5 | 1 << 0)
  /// `Descriptor.socket`, which includes the status: from the socket tables or by a query of the socket.
  package static let sockets = FactSet(rawValue: 1 << 6 | 1 << 0)
  /// `Descriptor.unixSocket`, which includes the socket's type and the status: by `sock_diag(7)`.
  package static let unixSockets = FactSet(rawValue: 1 << 7 | 1 << 5 | 1 << 0)

  /// `Descriptor.identity`: the status, and the target of files that have no type.
  package static let identity = FactSet(rawValue: 1 << 8 | 1 << 0)

  /// `Descriptor.activity`, which includes the socket's type and the status: by a query of the socket.
  package static let activity = FactSet(rawValue: 1 << 9 | 1 << 5 | 1 << 0)

  /// `Descriptor.accessMode`: one `statx(2)` of the link, unless fdinfo is read anyway.
  package static let mode = FactSet(rawValue: 1 << 10)

  /// The fdinfo of the few files for which `Descriptor.isTemporary` and the name of a terminal need it.
  ///
  /// The set includes the status, which decides for which files it is.
  package static let marks = FactSet(rawValue: 1 << 11 | 1 << 0)

  /// `Descriptor.mirror`, which includes the socket's type and the status: by `sock_diag(7)`.
  ///
  /// The reader also reads the two ends of TCP sockets for it.
  package static let mirrors = FactSet(rawValue: 1 << 12 | 1 << 5 | 1 << 0)

  /// The target of regular files without a name, which includes the status.
  ///
  /// A loop device and an io_uring show such a file by this text only.
  package static let lostNames = FactSet(rawValue: 1 << 13 | 1 << 0)

  /// The facts that a listing shows.
  package static let listing: FactSet = [.status, .path, .info, .mode, .marks, .sockets, .unixSockets]

  /// The facts that are read for all descriptors together, or that tables need for their look-up.
  package static let together: FactSet = [
    .status, .identity, .socketType, .sockets, .unixSockets, .mirrors,
  ]

  /// Whether the set contains a fact that is read from a table for all descriptors together.
  package var isTabular: Bool {
    contains(.sockets) || contains(.unixSockets) || contains(.mirrors)
  }

  /// The facts that are read for each descriptor alone.
  package var withoutTables: FactSet { FactSet(rawValue: rawValue & ~(1 << 6 | 1 << 7 | 1 << 12)) }

  /// The facts one at a time, the cheapest first, and the source of each in words.
  ///
  /// A fact comes after the facts that it needs.
  private static let described: [(facts: FactSet, words: String)] = [
    (.status, "file status, by statx(2)"), (.target, "link text, by readlink(2)"), (.path, "path"),
    (.socketType, "protocol, by getxattr(2)"), (.sharing, "open file description, by kcmp(2)"),
    (.info, "fdinfo"), (.activity, "queues of sockets, by pidfd_getfd(2)"),
    (.sockets, "sockets, from /proc/PID/net or by pidfd_getfd(2)"),
    (.unixSockets, "Unix-domain sockets, by sock_diag(7)"),
    (.mirrors, "other ends of TCP connections, by sock_diag(7)"),
  ]

  /// The facts one at a time, the cheapest first; a fact comes after the facts that it needs.
  package static let stages = described.map { $0.facts }

  /// The sources of the facts in the set, in words.
  package var words: [String] { Self.described.filter { isSuperset(of: $0.facts) }.map { $0.words } }
}
