import FDCore

/// `deleted`: the last name of the file is gone.
final class Deleted: Term {
  var name: String { "deleted" }
  var subject: String { "its link count" }
  var facts: FactSet { [.status, .target] }
  var domain: TypeSet { .named }
  var description: String { name }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> { descriptor.isDeleted }
}

/// `path:GLOB`: the whole path matches.
final class PathTerm: ValueTerm {
  private let glob: Glob

  init(_ value: Value) throws(SelectorError) {
    glob = try Glob(value)
  }

  var name: String { "path" }
  var subject: String { "its path" }
  var facts: FactSet { .path }
  var domain: TypeSet { .all }
  var description: String { "path:\(glob)" }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> { descriptor.path.map(glob.matches) }
}

/// `dev:MAJOR:MINOR,...`: the device of the file system that a file lies on.
final class DeviceTerm: ValueTerm {
  private let devices: [UInt64]

  /// Throws for anything but two numbers, of 12 and 20 bits; see `makedev(3)`.
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
  var subject: String { "its device" }
  var facts: FactSet { .status }
  var domain: TypeSet { .all }
  var description: String {
    "dev:" + devices.map { "\($0 >> 32):\($0 & 0xFFFF_FFFF)" }.joined(separator: ",")
  }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    descriptor.status.map { devices.contains($0.identity.device) }
  }
}

/// `inode:NUMBER,...`: the inode number is one of these.
final class InodeTerm: ValueTerm {
  private let inodes: [UInt64]

  init(_ value: Value) throws(SelectorError) {
    inodes = try value.numbers(UInt64.self, "an inode number")
  }

  var name: String { "inode" }
  var subject: String { "its inode number" }
  var facts: FactSet { .status }
  var domain: TypeSet { .all }
  var description: String { "inode:" + inodes.map(String.init).joined(separator: ",") }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    descriptor.status.map { inodes.contains($0.identity.inode) }
  }
}

/// `mount:PATH`: what keeps the file system that is mounted there busy.
final class MountTerm: ValueTerm {
  private let path: ByteString
  private let fileSystem: MountedFileSystem?

  init(_ value: Value) {
    (path, fileSystem) = (ByteString(value.bytes), nil)
  }

  private init(_ path: ByteString, _ fileSystem: MountedFileSystem) {
    (self.path, self.fileSystem) = (path, fileSystem)
  }

  var name: String { "mount" }
  var subject: String { "the file system it lies on" }
  var facts: FactSet { [.status, .info, .unixSockets] }
  /// Of sockets, those of the Unix domain that are bound to a name on it, and such names themselves.
  var domain: TypeSet { TypeSet.all.subtracting(.sockets).union([TypeSet(.unix), TypeSet(.otherSocket)]) }
  var description: String { "mount:" + quoted(path.bytes) }

  func resolved(at snippet: Snippet) throws(SelectorError) -> any Term {
    do {
      return MountTerm(path, try MountedFileSystem(at: path))
    } catch {
      throw SelectorError(snippet, .noMount(path, error))
    }
  }

  /// Before `resolved(at:)`, nothing lies on it.
  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    guard let fileSystem else { return .known(false) }
    // A file server that refuses us need not be asked: a mount that we know is told by the descriptor.
    if let error = descriptor.status.error {
      guard case .known(let info) = descriptor.info else { return descriptor.info.map { _ in false } }
      return info.mount.map(fileSystem.mounts.contains) == true ? .known(true) : .unreadable(error)
    }
    guard case .known(let status) = descriptor.status else { return descriptor.status.map { _ in false } }
    let isOnIt =
      fileSystem.devices.contains(status.identity.device) || fileSystem.mounts.contains(status.mount)
    if isOnIt || descriptor.possibleTypes.isDisjoint(with: TypeSet(.unix)) { return .known(isOnIt) }
    return descriptor.unixSocket.map { $0?.device.map(fileSystem.devices.contains) ?? false }
  }
}
