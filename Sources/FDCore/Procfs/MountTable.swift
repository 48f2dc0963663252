/// The mounts of a process's mount namespace, from `/proc/PID/mountinfo`; see `proc_pid_mountinfo(5)`.
struct MountTable {
  /// One mount: a line of the file.
  ///
  ///     36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
  struct Mount {
    /// The mount's ID, unique in the namespace.
    let id: UInt64
    /// The ID of the mount that it is mounted on.
    let parent: UInt64
    /// The device number of the files on it, `(major << 32) | minor`.
    let device: UInt64
    /// The mount point, relative to the process's root directory.
    let path: ByteString
    /// The type of the file system, such as `ext4`.
    let fileSystem: ByteString
    /// The source of the mount, such as `/dev/sda1`; for some file systems any text.
    let source: ByteString
  }

  /// The mounts in the order in which they were mounted; a mount follows the mounts that it covers.
  let mounts: [Mount]

  init(mounts: [Mount]) {
    self.mounts = mounts
  }

  /// Reads the file and skips lines that have another form.
  ///
  /// Throws the error of `openat(2)` or `read(2)`.
  init(of process: ProcessDirectory) throws(Errno) {
    var mounts: [Mount] = []
    try process.open("mountinfo", as: .file).forEachLine { line in
      if let mount = Mount(&line) { mounts.append(mount) }
    }
    self.mounts = mounts
  }

  /// The mount through which a file was reached; nil if the table does not contain it.
  ///
  /// Before Linux 5.8 the status does not have the ID of the mount. Then the result is any mount of the file
  /// system.
  func mount(of file: FileStatus) -> Mount? {
    mounts.first { file.mount > 0 ? $0.id == file.mount : $0.device == file.identity.device }
  }
}

extension MountTable.Mount {
  fileprivate init?(_ line: inout TextScanner) {
    guard let id = line.decimal(UInt64.self) else { return nil }
    line.skipBlanks()
    guard let parent = line.decimal(UInt64.self) else { return nil }
    line.skipBlanks()
    guard let major = line.decimal(UInt64.self), line.skip(":"), let minor = line.decimal(UInt64.self) else {
      return nil
    }
    line.skipFields(1)
    let path = MountTable.unescaped(line.peekField())
    // A hyphen ends the optional fields.
    repeat { line.skipFields(1) } while !line.isAtEnd && !line.peekField().elementsEqual("-".utf8)
    line.skipFields(1)
    (self.id, self.parent) = (id, parent)
    device = major << 32 | minor
    self.path = path
    fileSystem = ByteString(Array(line.peekField()))
    line.skipFields(1)
    source = MountTable.unescaped(line.peekField())
  }
}

extension MountTable {
  /// Decodes the octal escapes that stand for blanks, newlines and backslashes.
  ///
  /// See `mangle_path` in `fs/seq_file.c`.
  static func unescaped(_ field: ArraySlice<UInt8>) -> ByteString {
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
