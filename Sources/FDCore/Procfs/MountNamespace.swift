import CLinux

/// The mount namespace of a process, in which the paths of `mount:` and `fs:` are looked up.
package final class MountNamespace {
  private let process: ProcessDirectory
  private lazy var table = Result { () throws(Errno) in try MountTable(of: process) }

  /// The reason why a path identifies no mounted file system.
  package enum Failure: Error, Equatable {
    /// The path could not be looked up.
    case unreadable(Errno)
    /// The path is no mount point; it lies on the file system that is mounted at the associated path.
    case notMountPoint(on: ByteString?)
    /// The path is a mount point for us, but not for the process.
    case mountedHere
    /// The path is not the device file of one terminal.
    case notTerminal
  }

  /// Creates the namespace of a process; the initializer reads nothing yet.
  package init(of process: ProcessDirectory) {
    self.process = process
  }

  /// Our own namespace.
  package static func own() throws(Errno) -> MountNamespace {
    MountNamespace(of: try ProcessDirectory(Int32(clinux_own_process())))
  }

  /// The error that kept us from reading the mount table; nil if it was read.
  package var obstacle: Errno? {
    guard case .failure(let error) = table else { return nil }
    return error
  }

  /// Finds the mount at a path, or the file system on a block device.
  ///
  /// If the path is spelled as in `/proc/PID/mountinfo`, the function makes no system call for the path
  /// itself, because its file server may hang. It rejects a path that merely lies on some file system:
  /// otherwise an unmounted `/mnt` would select the whole root file system. See `mountpoint(1)`.
  ///
  /// After chroot(2), the process may not see the mount point from which its root directory keeps the mount
  /// busy. The path is then looked up as we see it: IDs of mounts hold in the whole namespace.
  package func mount(at path: ByteString) throws(Failure) -> MountPoint {
    do {
      return try find(path)
    } catch {
      guard !sharesOurView, let own = try? Self.own(), let here = try? own.find(path) else { throw error }
      if sharesOurMounts { return here }
      throw .mountedHere
    }
  }

  /// Finds the file system that is mounted at a path in this namespace, or else in ours.
  package func fileSystem(at path: ByteString) throws(Failure) -> MountedFileSystem {
    do {
      return try find(path).fileSystem
    } catch {
      guard !sharesOurView, let own = try? Self.own(), let here = try? own.find(path) else { throw error }
      return MountedFileSystem(devices: here.fileSystem.devices, among: try readTable())
    }
  }

  /// Finds the terminal whose device file a path leads to.
  ///
  /// The kernel shows the path of a slave as the target sees it.
  package func terminal(at path: ByteString) throws(Failure) -> Terminal {
    let table = try readTable()
    let status = try status(of: path, Result { () throws(Errno) in try FileStatus.ofFile(at: path) })
    guard status.type == .characterDevice else { throw .notTerminal }
    if status.isMaster || status.isStandIn { throw .notTerminal }
    return Terminal(status, table)
  }

  private func readTable() throws(Failure) -> MountTable {
    try mapError(Failure.unreadable) { () throws(Errno) in try table.get() }
  }

  private func find(_ path: ByteString) throws(Failure) -> MountPoint {
    let table = try readTable()
    if let mount = table.mounts.last(where: { $0.path == path.withoutTrailingSlash }) {
      // This call cannot hang: Btrfs has no file server.
      let isOurs = mount.fileSystem == "btrfs" && sharesOurView
      let root = isOurs ? try? FileStatus.ofFile(at: mount.path).identity.device : nil
      return MountPoint(
        id: mount.id,
        fileSystem: MountedFileSystem(
          devices: [mount.device], among: table, moreDevices: root.map { [$0] } ?? []))
    }
    let here = Result { () throws(Errno) in try FileStatus.ofFile(at: path) }
    if case .success(let status) = here, status.type == .blockDevice {
      return MountPoint(id: nil, fileSystem: fileSystem(onBlockDevice: status.specialDevice, table))
    }
    let status = try status(of: path, here)
    guard status.isMountRoot == true, let mount = table.mounts.last(where: { $0.id == status.mount }) else {
      throw .notMountPoint(on: table.mounts.last { $0.id == status.mount }?.path)
    }
    return MountPoint(
      id: mount.id,
      fileSystem: MountedFileSystem(
        devices: [mount.device], among: table, moreDevices: [status.identity.device]))
  }

  /// The file system on a block device, wherever it is mounted.
  ///
  /// The files of most file systems show the number of the block device. Only Btrfs shows a number of its
  /// own. For Btrfs, the mount's source names the device. The kernel writes this source.
  private func fileSystem(onBlockDevice number: UInt64, _ table: MountTable) -> MountedFileSystem {
    let own = sharesOurView ? nil : try? MountTable(of: ProcessDirectory(Int32(clinux_own_process())))
    let mounts = (table.mounts + (own?.mounts ?? [])).filter { $0.fileSystem == "btrfs" }
    let devices = mounts.filter { mount in
      mount.source.hasPrefix("/dev/")
        && (try? FileStatus.ofFile(at: mount.source))?.specialDevice == number
    }.map { $0.device }
    return MountedFileSystem(devices: Set(devices + [number]), among: table)
  }

  // MARK: - Lookups

  /// Whether a path means the same file for the process and for us.
  private lazy var sharesOurView: Bool = {
    guard sharesOurMounts, let own = try? ProcessDirectory(Int32(clinux_own_process())),
      let ourRoot = try? own.status(of: "root"), let itsRoot = try? process.status(of: "root")
    else { return false }
    return ourRoot.identity == itsRoot.identity && ourRoot.mount == itsRoot.mount
  }()

  /// Whether the process has our mount namespace.
  private lazy var sharesOurMounts: Bool = {
    guard let own = try? ProcessDirectory(Int32(clinux_own_process())),
      let ours = try? own.status(of: "ns/mnt").identity, let its = try? process.status(of: "ns/mnt").identity
    else { return false }
    return ours == its
  }()

  /// The status of a path for the process.
  ///
  /// In another namespace, a symbolic link as the last component is not followed.
  ///
  /// - Parameter here: the status of the path for us.
  private func status(of path: ByteString, _ here: Result<FileStatus, Errno>) throws(Failure) -> FileStatus {
    if sharesOurView {
      return try mapError(Failure.unreadable) { () throws(Errno) in try here.get() }
    }
    guard path.hasPrefix("/") else { throw .notMountPoint(on: nil) }
    do {
      return try process.open("root", as: .location).openPlace(path, .inRoot).status()
    } catch {
      throw .unreadable(error)
    }
  }
}

extension ByteString {
  fileprivate var withoutTrailingSlash: ByteString {
    var bytes = bytes
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    return ByteString(bytes)
  }
}
