/// The descriptor table of a process at one moment.
package struct DescriptorTable: Sendable {
  /// Every open number, ascending, whether or not anything else of it was read.
  package let numbers: [UInt32]
  /// Those of which facts were asked for, ascending.
  package var descriptors: [Descriptor]

  package init(numbers: [UInt32], descriptors: [Descriptor]) {
    self.numbers = numbers
    self.descriptors = descriptors
  }
}

/// The facts that a reader is to find out; each costs system calls for each descriptor.
package struct FactSet: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// `Descriptor.status`, one `statx(2)`.
  package static let status = FactSet(rawValue: 1 << 0)
  /// `Descriptor.target` and `.path`, one `readlink(2)`; status as well, which tells a deleted name.
  package static let path = FactSet(rawValue: 1 << 1 | 1 << 0)
  /// `Descriptor.info`, one read of `/proc/PID/fdinfo/N`.
  package static let info = FactSet(rawValue: 1 << 2)
  /// `Descriptor.socket`, from the target's socket tables or by asking; status as well.
  package static let sockets = FactSet(rawValue: 1 << 3 | 1 << 0)

  /// Everything that a listing shows.
  package static let listing: FactSet = [.status, .path, .info, .sockets]
}
