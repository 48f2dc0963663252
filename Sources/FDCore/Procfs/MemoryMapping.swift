import CLinux

/// One line of `/proc/PID/maps`; see `proc_pid_maps(5)`.
///
///     7ffff7fc5000-7ffff7fc7000 r-xp 00000000 00:00 0      [vdso]
struct MemoryMapping {
  /// The first address.
  let start: UInt64
  /// The address after the last one.
  let end: UInt64
  let isReadable: Bool
  let isWritable: Bool
  let isExecutable: Bool
  let isPrivate: Bool
  /// The path of the file or the kernel's name for the memory, such as `[vdso]`; empty for anonymous memory.
  let name: ByteString
  /// The mapped file; nil for anonymous memory.
  let file: FileStatus.Identity?

  /// Parses the text of the file and skips lines that have another form.
  static func all(in text: [UInt8]) -> [MemoryMapping] {
    var mappings: [MemoryMapping] = []
    var scanner = TextScanner(text)
    while !scanner.isAtEnd {
      if let mapping = MemoryMapping(&scanner) { mappings.append(mapping) }
      scanner.skipLine()
    }
    return mappings
  }

  /// Creates a mapping from the result of PROCMAP_QUERY.
  init(_ mapping: clinux_mapping, name: [UInt8]) {
    start = mapping.start
    end = mapping.end
    isReadable = mapping.is_readable
    isWritable = mapping.is_writable
    isExecutable = mapping.is_executable
    isPrivate = !mapping.is_shared
    self.name = ByteString(name)
    file = mapping.inode == 0 ? nil : .init(device: mapping.device, inode: mapping.inode)
  }

  private init?(_ line: inout TextScanner) {
    guard let start = line.hexadecimal(UInt64.self), line.skip("-"),
      let end = line.hexadecimal(UInt64.self), line.skip(" ")
    else { return nil }
    let permissions = line.peekField()
    line.skipFields(2)
    guard let major = line.hexadecimal(UInt64.self), line.skip(":"),
      let minor = line.hexadecimal(UInt64.self), line.skip(" "),
      let inode = line.decimal(UInt64.self)
    else { return nil }
    line.skipBlanks()
    self.start = start
    self.end = end
    isReadable = permissions.contains(UInt8(ascii: "r"))
    isWritable = permissions.contains(UInt8(ascii: "w"))
    isExecutable = permissions.contains(UInt8(ascii: "x"))
    isPrivate = permissions.contains(UInt8(ascii: "p"))
    name = ByteString(line.peekLine())
    file = inode == 0 ? nil : FileStatus.Identity(device: major << 32 | minor, inode: inode)
  }
}
