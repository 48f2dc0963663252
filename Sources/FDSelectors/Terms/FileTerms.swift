import FDCore

/// `deleted`: the last name of the file was removed; see `Descriptor.isDeleted`.
final class DeletedTerm: Term {
  var name: String { "deleted" }
  var factName: String { "its link count" }
  var facts: FactSet { [.status, .target, .info] }
  var domain: TypeSet { .named }
  var description: String { name }
  var wider: (any Term)? { UnnamedTerm() }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> { descriptor.isDeleted }
}

/// `tmpfile`: the file was made without a name, by O_TMPFILE; see `Descriptor.isTemporary`.
final class TemporaryTerm: Term {
  var name: String { "tmpfile" }
  var factName: String { "its link count" }
  var facts: FactSet { [.status, .target, .info] }
  var domain: TypeSet { .regular }
  var description: String { name }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> { descriptor.isTemporary }
}

/// `deleted` or `tmpfile`, which does not need the fact that distinguishes the two.
private final class UnnamedTerm: Term {
  var name: String { "" }
  var factName: String { "its link count" }
  var facts: FactSet { [.status, .target] }
  var domain: TypeSet { .named }
  var description: String { "(deleted or tmpfile)" }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> { descriptor.isUnnamed }
}

/// `path:GLOB`: the whole path matches the pattern.
final class PathTerm: ValueTerm {
  private let glob: Glob

  init(_ value: Value) throws(SelectorError) {
    glob = try Glob(value)
  }

  private init(_ glob: Glob) {
    self.glob = glob
  }

  var name: String { "path" }
  var factName: String { "its path" }
  var facts: FactSet { .path }
  var domain: TypeSet { .all }
  var description: String { "path:\(glob)" }
  var nearMisses: [NearMiss] {
    let isName = "this is the name of a Unix-domain socket, which has no path"
    let names = [glob] + (glob.belowAnyDirectory.map { [$0] } ?? [])
    return glob.nearMisses.map { NearMiss(PathTerm($0.glob), $0.reason) }
      + names.flatMap { EndTerm.unixEnds($0) }.map { NearMiss($0, isName) }
  }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> { descriptor.path.map(glob.matches) }
}

/// `dev:MAJOR:MINOR,...`: the file lies on a file system with one of these device numbers.
final class DeviceTerm: ValueTerm {
  /// The device numbers, `(major << 32) | minor`.
  private let devices: [UInt64]

  /// Parses a list of device numbers.
  ///
  /// Throws `notADevice` for an item that is not two decimal numbers, of at most 12 and 20 bits; see
  /// `makedev(3)`.
  init(_ value: Value) throws(SelectorError) {
    let largestMajor = 0xFFF as UInt64
    let largestMinor = 0xF_FFFF as UInt64
    var devices: [UInt64] = []
    for item in try value.items() {
      let parts = item.text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, parts.allSatisfy({ $0.isDecimal }), let major = UInt64(parts[0]),
        let minor = UInt64(parts[1]), major <= largestMajor, minor <= largestMinor
      else { throw SelectorError(item.snippet, .notADevice) }
      devices.append(major << 32 | minor)
    }
    self.devices = devices
  }

  var name: String { "dev" }
  var factName: String { "its device" }
  var facts: FactSet { .status }
  var domain: TypeSet { .all }
  var description: String {
    "dev:" + devices.map { "\($0 >> 32):\($0 & 0xFFFF_FFFF)" }.joined(separator: ",")
  }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    descriptor.status.map { devices.contains($0.identity.device) }
  }
}

/// `inode:NUMBER,...`: the file has one of these inode numbers.
final class InodeTerm: ValueTerm {
  private let inodes: [UInt64]

  init(_ value: Value) throws(SelectorError) {
    inodes = try value.numbers(UInt64.self, kind: "an inode number")
  }

  var name: String { "inode" }
  var factName: String { "its inode number" }
  var facts: FactSet { .status }
  var domain: TypeSet { .all }
  var description: String { "inode:" + inodes.map(String.init).joined(separator: ",") }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    descriptor.status.map { inodes.contains($0.identity.inode) }
  }
}
