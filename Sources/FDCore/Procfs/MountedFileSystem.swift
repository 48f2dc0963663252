/// A mounted file system, as the mount namespace of a target shows it.
package struct MountedFileSystem: Hashable, Sendable {
  /// The device numbers of its files, `(major << 32) | minor`.
  ///
  /// On Btrfs they differ from the device number in the mount table, so both are included.
  package let devices: Set<UInt64>
  /// The IDs of its mounts, as in `/proc/PID/mountinfo`.
  package let mounts: Set<UInt64>
  /// Whether a file on it may show a device number that is not among `devices`.
  ///
  /// Files in Btrfs subvolumes and lower files of overlayfs show such a number. The mount through which such
  /// a file was opened shows where the file lies.
  package let hidesDevices: Bool
  /// The IDs of all mounts in the namespace.
  private let known: Set<UInt64>

  /// Finds the mounts of a file system by its device numbers.
  init(devices: Set<UInt64>, among table: MountTable, moreDevices: Set<UInt64> = []) {
    let own = table.mounts.filter { devices.contains($0.device) }
    self.devices = devices.union(moreDevices)
    mounts = Set(own.map { $0.id })
    hidesDevices = own.contains { $0.hidesDevices }
    known = Set(table.mounts.map { $0.id })
  }

  /// Whether a file with this status lies on the file system, as far as device and mount prove it.
  ///
  /// The result is nil if the file may lie in a part of the file system with another device number, and was
  /// opened through a mount that the namespace does not show.
  package func contains(_ status: FileStatus, mount: UInt64?) -> Bool? {
    if devices.contains(status.identity.device) { return true }
    if let mount, known.contains(mount) { return mounts.contains(mount) }
    let isAnonymous = status.identity.device >> 32 == 0
    return hidesDevices && isAnonymous ? nil : false
  }
}

/// A mount, and the file system on it.
package struct MountPoint: Hashable, Sendable {
  /// The ID of the mount; nil for a block device, which means the whole file system.
  package let id: UInt64?
  /// The file system.
  package let fileSystem: MountedFileSystem
}

extension MountTable.Mount {
  var hidesDevices: Bool { fileSystem == "btrfs" || fileSystem == "overlay" }
}
