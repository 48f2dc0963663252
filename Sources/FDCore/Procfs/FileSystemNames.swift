import CLinux

/// The mount points of rangeclose's own mount namespace, by device.
package struct FileSystemNames {
  private var paths: [UInt64: ByteString] = [:]

  /// Reads the table of mounts of rangeclose; see `proc_pid_mountinfo(5)`.
  ///
  /// If the table cannot be read, no name is known.
  package init() {
    guard let table = try? MountTable(of: ProcessDirectory(clinux_own_process())) else { return }
    for mount in table.mounts {
      if let known = paths[mount.device], known.bytes.count <= mount.path.bytes.count { continue }
      paths[mount.device] = mount.path
    }
  }

  /// The shortest path at which a file system is mounted; nil if it is not mounted here.
  ///
  /// - Parameter device: the device number of the files on it, `(major << 32) | minor`.
  package func path(ofDevice device: UInt64) -> ByteString? { paths[device] }
}
