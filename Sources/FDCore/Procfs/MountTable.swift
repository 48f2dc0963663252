/// `/proc/PID/mountinfo`: what is mounted in a process's mount namespace; see `proc_pid_mountinfo(5)`.
struct MountTable {
  /// A line of it.
  ///
  ///     36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
  struct Mount {
    let id: UInt64
    /// `(major << 32) | minor`.
    let device: UInt64
    let path: ByteString
    let fileSystem: ByteString
  }

  /// In the order they were mounted in, those on top of others last.
  let mounts: [Mount]

  /// Reads the table; lines that do not read so are passed over.
  init(of process: ProcessDirectory) throws(Errno) {
    var mounts: [Mount] = []
    try process.open("mountinfo", as: .file).forEachLine { line in
      if let mount = Mount(&line) { mounts.append(mount) }
    }
    self.mounts = mounts
  }
}

extension MountTable.Mount {
  fileprivate init?(_ line: inout TextScanner) {
    guard let id = line.decimal(UInt64.self) else { return nil }
    line.skipFields(1)
    guard let major = line.decimal(UInt64.self), line.skip(":"), let minor = line.decimal(UInt64.self) else {
      return nil
    }
    line.skipFields(1)
    let path = Self.unescaped(line.peekField())
    // Optional fields end at a hyphen.
    repeat { line.skipFields(1) } while !line.isAtEnd && !line.peekField().elementsEqual("-".utf8)
    line.skipFields(1)
    self.id = id
    device = major << 32 | minor
    self.path = path
    fileSystem = ByteString(Array(line.peekField()))
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
