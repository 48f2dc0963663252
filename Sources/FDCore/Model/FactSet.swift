/// The facts that a reader is to find out; each costs system calls for each descriptor.
package struct FactSet: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// `Descriptor.status`, one `statx(2)`.
  package static let status = FactSet(rawValue: 1 << 0)
  /// `Descriptor.target`, one `readlink(2)`; status as well.
  package static let target = FactSet(rawValue: 1 << 1 | 1 << 0)
  /// `Descriptor.path`, mostly from the target's text and the status alone.
  package static let path = FactSet(rawValue: 1 << 4 | 1 << 1 | 1 << 0)
  /// `Descriptor.info`, one read of `/proc/PID/fdinfo/N`.
  package static let info = FactSet(rawValue: 1 << 2)
  /// `Descriptor.socket`, from the target's socket tables or by asking; status as well.
  package static let sockets = FactSet(rawValue: 1 << 3 | 1 << 0)

  /// Everything that a listing shows.
  package static let listing: FactSet = [.status, .path, .info, .sockets]
}
