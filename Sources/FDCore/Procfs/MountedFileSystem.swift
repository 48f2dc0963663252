import CLinux

/// A file system that is mounted in the mount namespace of rangeclose.
package struct MountedFileSystem: Hashable, Sendable {
  /// The device numbers of its files, `(major << 32) | minor`.
  ///
  /// On Btrfs they differ from the device number in the mount table, so both are included.
  package let devices: Set<UInt64>
  /// The IDs of its mounts, as in `/proc/self/mountinfo`.
  package let mounts: Set<UInt64>

  /// The reason why a path identifies no mounted file system.
  package enum Failure: Error, Equatable {
    /// The mount table or the path could not be read.
    case unreadable(Errno)
    /// The path is not a mount point; it lies on the file system that is mounted at the associated path.
    case notMountPoint(on: ByteString?)
    /// The path is a block device that is not mounted in the mount namespace of rangeclose.
    case notMounted
  }

  /// Finds the file system that is mounted at a path, or from a block device.
  ///
  /// If the path is spelled as in `/proc/self/mountinfo`, the function makes no system call for the path
  /// itself, because its file server may hang. It rejects a path that merely lies on some file system:
  /// otherwise an unmounted `/mnt` would select the whole root file system. See `mountpoint(1)`.
  package init(at path: ByteString) throws(Failure) {
    let mounts: [MountTable.Mount]
    do {
      mounts = try MountTable(of: ProcessDirectory(getpid())).mounts
    } catch {
      throw .unreadable(error)
    }
    if let mount = mounts.last(where: { $0.path == path.withoutTrailingSlash }) {
      self.init(mount, mounts)
    } else {
      try self.init(byStatusOf: path, mounts)
    }
  }

  private init(_ mount: MountTable.Mount, _ mounts: [MountTable.Mount]) {
    self.mounts = Self.mounts(of: [mount.device], among: mounts)
    // This call cannot hang: Btrfs has no file server.
    let own = mount.fileSystem == "btrfs" ? try? FileStatus.ofFile(at: mount.path).identity.device : nil
    devices = [mount.device, own ?? mount.device]
  }

  /// Finds the file system by the status of a path, which may be a symbolic link or a block device.
  private init(byStatusOf path: ByteString, _ mounts: [MountTable.Mount]) throws(Failure) {
    let status: FileStatus
    do {
      status = try .ofFile(at: path)
    } catch {
      throw .unreadable(error)
    }
    if status.type == .blockDevice {
      guard mounts.contains(where: { $0.device == status.specialDevice }) else { throw .notMounted }
      devices = [status.specialDevice]
      self.mounts = Self.mounts(of: devices, among: mounts)
      return
    }
    guard status.isMountRoot == true, let mounted = mounts.last(where: { $0.id == status.mount }) else {
      throw .notMountPoint(on: mounts.last { $0.id == status.mount }?.path)
    }
    devices = [mounted.device, status.identity.device]
    self.mounts = Self.mounts(of: devices, among: mounts)
  }

  private static func mounts(of devices: Set<UInt64>, among mounts: [MountTable.Mount]) -> Set<UInt64> {
    Set(mounts.filter { devices.contains($0.device) }.map { $0.id })
  }
}

extension ByteString {
  fileprivate var withoutTrailingSlash: ByteString {
    var bytes = bytes
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    return ByteString(bytes)
  }
}
