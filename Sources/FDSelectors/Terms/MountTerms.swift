import FDCore

/// `mount:PATH`: the descriptor keeps the mount at PATH busy.
final class MountTerm: ValueTerm {
  private let path: ByteString
  /// The mount; not read before `located(in:at:)` has found it.
  private let mount: Fact<MountPoint>

  init(_ value: Value) {
    (path, mount) = (ByteString(value.bytes), .notRead)
  }

  private init(_ path: ByteString, _ mount: Fact<MountPoint>) {
    (self.path, self.mount) = (path, mount)
  }

  var name: String { "mount" }
  var factName: String { "the mount it lies on" }
  var facts: FactSet { FileSystemTerm.facts(mount.value?.fileSystem) }
  var domain: TypeSet { FileSystemTerm.domain }
  var description: String { "mount:" + quoted(path.bytes) }
  var wider: (any Term)? {
    guard case .known(let mount) = mount, mount.id != nil else { return nil }
    return FileSystemTerm(path, .known(mount.fileSystem))
  }

  func located(
    in namespace: MountNamespace, at snippet: Snippet
  ) throws(SelectorError) -> any Term {
    if let error = namespace.obstacle { return MountTerm(path, .unreadable(error)) }
    return MountTerm(
      path,
      .known(
        try mapError({ SelectorError(snippet, .unknownMount($0)) }) {
          () throws(MountNamespace.Failure) in try namespace.mount(at: path)
        }))
  }

  /// Decides whether the file was opened through the mount.
  ///
  /// The term is false for every descriptor before `located(in:at:)`. If a Unix-domain socket is bound to a
  /// name, it keeps one mount busy: the mount through which it was bound. The kernel reports only the file
  /// system of the name. So the term is unknown for this socket if the file system has several mounts.
  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    guard let mount = mount.value else { return mount.isUnknown ? mount.map { _ in false } : .known(false) }
    guard let id = mount.id else { return FileSystemTerm.evaluate(descriptor, on: mount.fileSystem) }
    guard case .known(let used) = descriptor.mount else { return descriptor.mount.map { _ in false } }
    if used == id { return .known(true) }
    if descriptor.possibleTypes.isDisjoint(with: TypeSet(.unix)) { return .known(false) }
    guard case .known(let socket) = descriptor.unixSocket else {
      return descriptor.unixSocket.map { _ in false }
    }
    guard let device = socket?.device, mount.fileSystem.devices.contains(device) else { return .known(false) }
    return mount.fileSystem.mounts.count == 1 ? .known(true) : .unreadable(.notSupported)
  }
}

/// `fs:PATH`: the descriptor keeps the file system that is mounted at PATH busy, through any mount.
final class FileSystemTerm: ValueTerm {
  private let path: ByteString
  /// The file system; not read before `located(in:at:)` has found it.
  private let fileSystem: Fact<MountedFileSystem>

  init(_ value: Value) {
    (path, fileSystem) = (ByteString(value.bytes), .notRead)
  }

  init(_ path: ByteString, _ fileSystem: Fact<MountedFileSystem>) {
    (self.path, self.fileSystem) = (path, fileSystem)
  }

  static func facts(_ fileSystem: MountedFileSystem?) -> FactSet {
    let facts: FactSet = [.status, .info, .unixSockets]
    return fileSystem?.hidesDevices == true ? facts.union(.target) : facts
  }
  /// Every type, except the types of sockets that cannot lie on a mounted file system.
  ///
  /// A Unix-domain socket can be bound to a name on the file system. A process can open the name with
  /// O_PATH.
  static let domain = TypeSet.all.subtracting(.sockets).union([TypeSet(.unix), TypeSet(.otherSocket)])

  var name: String { "fs" }
  var factName: String { "the file system it lies on" }
  var facts: FactSet { Self.facts(fileSystem.value) }
  var domain: TypeSet { Self.domain }
  var description: String { "fs:" + quoted(path.bytes) }

  func located(
    in namespace: MountNamespace, at snippet: Snippet
  ) throws(SelectorError) -> any Term {
    if let error = namespace.obstacle { return FileSystemTerm(path, .unreadable(error)) }
    return FileSystemTerm(
      path,
      .known(
        try mapError({ SelectorError(snippet, .unknownMount($0)) }) {
          () throws(MountNamespace.Failure) in try namespace.fileSystem(at: path)
        }))
  }

  /// Decides whether the file, or the name that a Unix-domain socket is bound to, lies on the file system.
  ///
  /// The term is false for every descriptor before `located(in:at:)`.
  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    guard let fileSystem = fileSystem.value else {
      return fileSystem.isUnknown ? fileSystem.map { _ in false } : .known(false)
    }
    return Self.evaluate(descriptor, on: fileSystem)
  }

  static func evaluate(_ descriptor: Descriptor, on fileSystem: MountedFileSystem) -> Fact<Bool> {
    // A file server can refuse the status. The mount ID in fdinfo comes from the kernel, and can still prove
    // that the file lies on the file system.
    if let error = descriptor.status.error {
      guard case .known(let info) = descriptor.info else { return descriptor.info.map { _ in false } }
      return info.mount.map(fileSystem.mounts.contains) == true ? .known(true) : .unreadable(error)
    }
    guard case .known(let status) = descriptor.status else { return descriptor.status.map { _ in false } }
    let isOnFileSystem = fileSystem.contains(status, mount: status.mount > 0 ? status.mount : nil)
    if isOnFileSystem == true { return .known(true) }
    if descriptor.possibleTypes.isDisjoint(with: TypeSet(.unix)) {
      return isOnFileSystem.map { .known($0) } ?? Self.whetherHidden(descriptor)
    }
    return descriptor.unixSocket.map { $0?.device.map(fileSystem.devices.contains) ?? false }
  }

  /// Whether a file may lie in a part of the file system that has a device number of its own.
  ///
  /// The result is known to be false for a file on an internal file system of the kernel, because the file
  /// has no path.
  private static func whetherHidden(_ descriptor: Descriptor) -> Fact<Bool> {
    guard case .known(let type) = descriptor.type, case .known(let text) = descriptor.target else {
      return descriptor.target.map { _ in false }
    }
    let mayLie = TypeSet.named.contains(TypeSet(type)) && text.hasPrefix("/")
    return mayLie ? .unreadable(.notSupported) : .known(false)
  }
}
