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

  var name: String { "path" }
  var factName: String { "its path" }
  var facts: FactSet { .path }
  var domain: TypeSet { .all }
  var description: String { "path:\(glob)" }

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

/// `mount:PATH`: the descriptor keeps the file system that is mounted at PATH busy.
final class MountTerm: ValueTerm {
  private let path: ByteString
  /// The file system, or nil before `resolved(at:)` has found it.
  private let fileSystem: MountedFileSystem?

  init(_ value: Value) {
    (path, fileSystem) = (ByteString(value.bytes), nil)
  }

  private init(_ path: ByteString, _ fileSystem: MountedFileSystem) {
    (self.path, self.fileSystem) = (path, fileSystem)
  }

  var name: String { "mount" }
  var factName: String { "the file system it lies on" }
  var facts: FactSet { [.status, .info, .unixSockets] }
  /// Every type except those of sockets that cannot lie on a mounted file system.
  ///
  /// A Unix-domain socket can be bound to a name on it, and such a name can be opened with O_PATH.
  var domain: TypeSet { TypeSet.all.subtracting(.sockets).union([TypeSet(.unix), TypeSet(.otherSocket)]) }
  var description: String { "mount:" + quoted(path.bytes) }

  func resolved(at snippet: Snippet) throws(SelectorError) -> any Term {
    do {
      return MountTerm(path, try MountedFileSystem(at: path))
    } catch {
      throw SelectorError(snippet, .unknownMount(error))
    }
  }

  /// Decides whether the file, or the name that a Unix-domain socket is bound to, lies on the file system.
  ///
  /// The term is false for every descriptor before `resolved(at:)`.
  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    guard let fileSystem else { return .known(false) }
    // A file server can refuse the status. The mount ID in fdinfo comes from the kernel, and can still prove
    // that the file lies on the file system.
    if let error = descriptor.status.error {
      guard case .known(let info) = descriptor.info else { return descriptor.info.map { _ in false } }
      return info.mount.map(fileSystem.mounts.contains) == true ? .known(true) : .unreadable(error)
    }
    guard case .known(let status) = descriptor.status else { return descriptor.status.map { _ in false } }
    let isOnFileSystem =
      fileSystem.devices.contains(status.identity.device) || fileSystem.mounts.contains(status.mount)
    if isOnFileSystem || descriptor.possibleTypes.isDisjoint(with: TypeSet(.unix)) {
      return .known(isOnFileSystem)
    }
    return descriptor.unixSocket.map { $0?.device.map(fileSystem.devices.contains) ?? false }
  }
}
