/// The facts that a reader is to find out; each costs system calls for each descriptor.
package struct FactSet: OptionSet, Hashable, Sendable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// `Descriptor.status`, one `statx(2)`.
  package static let status = FactSet(rawValue: 1 << 0)
  /// `Descriptor.target`, one `readlink(2)`.
  package static let target = FactSet(rawValue: 1 << 1)
  /// `Descriptor.path`, mostly from the target's text alone.
  package static let path = FactSet(rawValue: 1 << 2 | 1 << 1)
  /// `Descriptor.info`, one read of `/proc/PID/fdinfo/N`.
  package static let info = FactSet(rawValue: 1 << 3)
  /// `Descriptor.sameAs`, a `kcmp(2)` for each number that is compared with.
  package static let sharing = FactSet(rawValue: 1 << 4)
  /// `Descriptor.socketType`, one `getxattr(2)` for a socket; status as well.
  package static let socketType = FactSet(rawValue: 1 << 5 | 1 << 0)
  /// `Descriptor.socket`, from the target's socket tables or by asking; status as well.
  package static let sockets = FactSet(rawValue: 1 << 6 | 1 << 0)
  /// `Descriptor.unixSocket`, from `sock_diag(7)`; the socket's type as well.
  package static let unixSockets = FactSet(rawValue: 1 << 7 | 1 << 5 | 1 << 0)

  /// `Descriptor.identity`; status, and for some the target.
  package static let identity = FactSet(rawValue: 1 << 8 | 1 << 0)

  /// Everything that a listing shows.
  package static let listing: FactSet = [.status, .path, .info, .sockets, .unixSockets]

  /// Whether it is read of all descriptors together, from a table.
  package var isTabular: Bool { contains(.sockets) || contains(.unixSockets) }

  /// The facts one at a time, what costs least first, and what is read for each; those that come before
  /// another may be needed for it.
  private static let described: [(facts: FactSet, words: String)] = [
    (.status, "file status, by statx(2)"), (.target, "link text, by readlink(2)"), (.path, "path"),
    (.socketType, "protocol, by getxattr(2)"), (.sharing, "open file description, by kcmp(2)"),
    (.info, "fdinfo"), (.sockets, "sockets, from /proc/PID/net or by pidfd_getfd(2)"),
    (.unixSockets, "Unix-domain sockets, by sock_diag(7)"),
  ]

  /// The facts one at a time, in that order.
  package static let stages = described.map { $0.facts }

  /// What is read for each of the facts, in words.
  package var words: [String] { Self.described.filter { isSuperset(of: $0.facts) }.map { $0.words } }
}
