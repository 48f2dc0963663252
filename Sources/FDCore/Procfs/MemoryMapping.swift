import CLinux

/// One line of `/proc/PID/maps`; see `proc_pid_maps(5)`.
///
///     7ffff7fc5000-7ffff7fc7000 r-xp 00000000 00:00 0      [vdso]
struct MemoryMapping {
  let start: UInt64
  let end: UInt64
  let isReadable: Bool
  let isWritable: Bool
  let isExecutable: Bool
  let isPrivate: Bool
  /// The file, or a word of the kernel's; empty for anonymous memory.
  let name: ByteString
  /// The file that is mapped; nil for anonymous memory.
  let file: FileStatus.Identity?

  /// Reads the file's text; lines that do not read so are passed over.
  static func all(in text: [UInt8]) -> [MemoryMapping] {
    var mappings: [MemoryMapping] = []
    var scanner = TextScanner(text)
    while !scanner.isAtEnd {
      if let mapping = MemoryMapping(&scanner) { mappings.append(mapping) }
      scanner.skipLine()
    }
    return mappings
  }

  /// Takes over what the kernel answered a question.
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
