/// Reads paths without a lookup that the process could send anywhere.
extension DescriptorReader {
  static let mark = " (deleted)"

  /// The link's text as a path, without " (deleted)" if the kernel appended that.
  ///
  /// If the file still has a link, there are two cases. The name itself may end in " (deleted)", or this name
  /// was removed and the file has another name. Only a lookup of the name distinguishes them. The process
  /// chose the name, so the lookup must not reach an automounter or a file server; see `NameLookup`.
  func path(_ descriptor: Descriptor, _ moment: Moment) -> Fact<ByteString> {
    guard let target = descriptor.target.value, let name = target.removingSuffix(Self.mark) else {
      return descriptor.target
    }
    guard let status = descriptor.status.value else { return descriptor.status.map { _ in target } }
    if status.links == 0 { return .known(name) }
    if moment == .stopped { return .unreadable(.again) }
    switch names {
    case .known(let names):
      let isItsName = Fact { () throws(Errno) in try names.name(target, leadsTo: status, mounts) }
      return isItsName.map { $0 ? target : name }
    case .unreadable(let error): return .unreadable(error)
    case .notRead: return .notRead
    }
  }
}

/// Looks up a name that a process made up, by the names that the kernel has cached.
///
/// The name of an open file is in that cache, and so are the directories above it, unless a file server
/// must confirm them. So the lookup finds the name if it is the name of the file. It starts at our root
/// directory if the process has our mount namespace, and otherwise at the root directory of the process: the
/// kernel shows the link's text relative to these. See `prepend_path` in `fs/d_path.c`.
final class NameLookup: Sendable {
  private let root: OwnedDescriptor

  /// Throws `EAGAIN` if the names of the process cannot be looked up: its root directory is not the root
  /// of its mount namespace.
  init(for process: ProcessDirectory) throws(Errno) {
    let own = try OwnedDescriptor.open("/proc/self/ns", as: .directory).status(of: "mnt").identity
    if try process.status(of: "ns/mnt").identity == own {
      root = try .open("/", as: .location)
      return
    }
    root = try process.open("root", as: .location)
    guard try root.status().isMountRoot == true else { throw .again }
  }

  /// Whether a name leads to a file.
  ///
  /// Another mount may cover the name. A lookup then finds what that mount has there, which proves nothing.
  /// So another file, or no file, counts only on the mount of the file.
  ///
  /// Throws `EAGAIN` if the kernel would have to ask a file system other than a local one, or if another
  /// mount may cover the name. Throws `ENOSYS` or `EINVAL` before Linux 5.12.
  func name(
    _ name: ByteString, leadsTo file: FileStatus, _ table: Fact<MountTable>
  ) throws(Errno) -> Bool {
    var found = try status(of: name, on: file.mount, table)
    if found?.identity == file.identity { return true }
    var directory = name
    while found == nil, let parent = directory.parent {
      directory = parent
      found = try status(of: directory, on: file.mount, table)
    }
    guard found?.mount == file.mount else { throw .again }
    return false
  }

  /// The status of the file that a name leads to; nil if there is no such file.
  ///
  /// - Parameter mount: the ID of the mount on which rangeclose may look up a name that is not in the cache.
  private func status(
    of name: ByteString, on mount: UInt64, _ table: Fact<MountTable>
  ) throws(Errno) -> FileStatus? {
    do {
      let place = try Self.open(name, in: root, [.inRoot, .noSymlinks, .cached])
      return try place?.status()
    } catch {
      guard error == .again else { throw error }
    }
    return try localStatus(of: name, on: mount, table)
  }

  /// The status of the file that a name leads to, if the name is not in the cache and its file system has no
  /// server; nil if there is no such file.
  ///
  /// The directory must be in the cache and on the given mount. The lookup stays on that mount, so it reaches
  /// no automounter.
  private func localStatus(
    of name: ByteString, on mount: UInt64, _ table: Fact<MountTable>
  ) throws(Errno) -> FileStatus? {
    guard let mounts = table.value?.mounts, mounts.first(where: { $0.id == mount })?.isLocal == true,
      let parent = name.parent
    else { throw .again }
    guard let directory = try Self.open(parent, in: root, [.inRoot, .noSymlinks, .cached]) else { return nil }
    guard try directory.status().mount == mount else { throw .again }
    let last = ByteString(Array(name.lastComponent))
    return try Self.open(last, in: directory, [.noSymlinks, .noMounts])?.status()
  }

  /// Opens a name as a place; nil if the name leads to no file.
  private static func open(
    _ name: ByteString, in directory: borrowing OwnedDescriptor, _ resolution: OwnedDescriptor.Resolution
  ) throws(Errno) -> OwnedDescriptor? {
    do {
      return try directory.openPlace(name, resolution)
    } catch {
      if meansNone(error) { return nil }
      throw error
    }
  }

  /// Whether an error proves that the name leads to no file, or to a file through a symbolic link.
  ///
  /// The kernel's text never leads through a symbolic link.
  private static func meansNone(_ error: Errno) -> Bool {
    [Errno.noSuchFile, .notDirectory, .tooManyLinks, .nameTooLong].contains(error)
  }
}

extension ByteString {
  /// The directory of an absolute path; nil for the root directory.
  fileprivate var parent: ByteString? {
    guard bytes.count > 1, let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    return ByteString(Array(bytes[..<max(slash, 1)]))
  }
}

extension MountTable.Mount {
  /// Whether the file system has neither a server nor layers that may have one.
  ///
  /// A file system on a loop device or on a network block device may depend on a server.
  fileprivate var isLocal: Bool {
    let (loop, network) = (7 as UInt64, 43 as UInt64)  // Documentation/admin-guide/devices.txt
    let local: [ByteString] = [
      "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "bcachefs", "zfs", "tmpfs", "ramfs",
    ]
    return local.contains(fileSystem) && ![loop, network].contains(device >> 32)
  }
}
