/// A file system that is mounted somewhere, in the mount namespace that we are in.
package struct MountedFileSystem: Hashable, Sendable {
  /// `(major << 32) | minor`.
  package let device: UInt64
  /// The mount's ID; nil where only the device was given, or the kernel does not tell.
  package let mount: UInt64?

  /// Why a path stands for no mounted file system.
  package enum Failure: Error, Equatable {
    case unreadable(Errno)
    /// It lies on the file system that is mounted at this path.
    case notMountPoint(on: ByteString?)
    /// A block device that is not mounted here.
    case notMounted
  }

  package init(device: UInt64, mount: UInt64?) {
    self.device = device
    self.mount = mount
  }

  /// Finds the file system that is mounted at a path, or from a block device.
  ///
  /// A path that merely lies on some file system is refused: an unmounted `/mnt` would stand for the whole
  /// system. See `mountpoint(1)`, and `statx(2)`, STATX_ATTR_MOUNT_ROOT.
  package init(at path: ByteString) throws(Failure) {
    let status: FileStatus
    do {
      status = try .ofFile(at: path)
    } catch {
      throw .unreadable(error)
    }
    let mounts = Self.mounts()
    if status.type == .blockDevice {
      guard mounts.contains(where: { $0.device == status.specialDevice }) else { throw .notMounted }
      self.init(device: status.specialDevice, mount: nil)
      return
    }
    guard status.isMountRoot ?? mounts.contains(where: { $0.path == path }) else {
      throw .notMountPoint(on: mounts.last { $0.id == status.mount }?.path)
    }
    self.init(device: status.identity.device, mount: status.mount == 0 ? nil : status.mount)
  }

  private struct Mount {
    let id: UInt64
    let device: UInt64
    let path: ByteString
  }

  /// `/proc/self/mountinfo`; see `proc_pid_mountinfo(5)`.
  ///
  ///     36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
  private static func mounts() -> [Mount] {
    var mounts: [Mount] = []
    guard let table = try? OwnedDescriptor.open("/proc/self/mountinfo", as: .file) else { return [] }
    try? table.forEachLine { line in
      guard let id = line.decimal(UInt64.self) else { return }
      line.skipFields(1)
      guard let major = line.decimal(UInt64.self), line.skip(":"), let minor = line.decimal(UInt64.self)
      else {
        return
      }
      line.skipFields(1)
      let path = unescaped(line.peekField())
      mounts.append(Mount(id: id, device: major << 32 | minor, path: path))
    }
    return mounts
  }

  /// Blanks, newlines and backslashes are octal escapes; see `mangle_path` in `fs/seq_file.c`.
  private static func unescaped(_ field: ArraySlice<UInt8>) -> ByteString {
    var plain: [UInt8] = []
    var rest = field
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      guard byte == UInt8(ascii: "\\"), digits.count == 3,
        let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      else {
        plain.append(byte)
        continue
      }
      plain.append(code)
      rest = rest.dropFirst(3)
    }
    return ByteString(plain)
  }
}
