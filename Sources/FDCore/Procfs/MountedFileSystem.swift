import CLinux

/// A file system that is mounted somewhere, in the mount namespace that we are in.
package struct MountedFileSystem: Hashable, Sendable {
  /// By which its files are known, `(major << 32) | minor`: Btrfs has others for them than for itself.
  package let devices: Set<UInt64>
  /// The IDs of its mounts.
  package let mounts: Set<UInt64>

  /// Why a path stands for no mounted file system.
  package enum Failure: Error, Equatable {
    case unreadable(Errno)
    /// It lies on the file system that is mounted at this path.
    case notMountPoint(on: ByteString?)
    /// A block device that is not mounted here.
    case notMounted
  }

  /// Finds the file system that is mounted at a path, or from a block device.
  ///
  /// A mount point that is written as in `/proc/self/mountinfo` is not looked at itself, for its file server
  /// may hang. A path that merely lies on some file system is refused: an unmounted `/mnt` would stand for
  /// the whole system. See `mountpoint(1)`.
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
      try self.init(lookingAt: path, mounts)
    }
  }

  private init(_ mount: MountTable.Mount, _ mounts: [MountTable.Mount]) {
    self.mounts = Self.mounts(of: [mount.device], among: mounts)
    // Asking it is safe: it has no server.
    let own = mount.fileSystem == "btrfs" ? try? FileStatus.ofFile(at: mount.path).identity.device : nil
    devices = [mount.device, own ?? mount.device]
  }

  /// By way of a symbolic link, or a block device.
  private init(lookingAt path: ByteString, _ mounts: [MountTable.Mount]) throws(Failure) {
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
