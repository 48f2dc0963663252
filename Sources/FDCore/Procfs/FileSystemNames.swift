import CLinux

/// The mount points of rangeclose's own mount namespace, by device.
package struct FileSystemNames {
  private var paths: [UInt64: ByteString] = [:]
  /// The devices of file systems that no server provides.
  private var local: Set<UInt64> = []

  /// Reads the table of mounts of rangeclose; see `proc_pid_mountinfo(5)`.
  ///
  /// If the table cannot be read, no name is known.
  package init() {
    guard let table = try? MountTable(of: ProcessDirectory(clinux_own_process())) else { return }
    for mount in table.mounts {
      if mount.device >> 32 != 0 || Self.withoutServers.contains(mount.fileSystem) {
        local.insert(mount.device)
      }
      if let known = paths[mount.device], known.bytes.count <= mount.path.bytes.count { continue }
      paths[mount.device] = mount.path
    }
  }

  /// The file systems without a block device that ask no server.
  private static let withoutServers: [ByteString] = ["tmpfs", "ramfs", "overlay", "btrfs", "bcachefs", "zfs"]

  /// The shortest paths of those of the devices that no server provides.
  func localPaths(of devices: Set<UInt64>) -> [UInt64: ByteString] {
    paths.filter { devices.contains($0.key) && local.contains($0.key) }
  }

  /// The shortest path at which a file system is mounted; nil if it is not mounted here.
  ///
  /// - Parameter device: the device number of the files on it, `(major << 32) | minor`.
  package func path(ofDevice device: UInt64) -> ByteString? { paths[device] }
}
