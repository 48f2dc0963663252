import CLinux

/// A descriptor that rangeclose owns, and that `deinit` closes.
///
/// The corresponding system call is `close(2)`.
package struct OwnedDescriptor: ~Copyable {
  let number: Int32

  /// Takes ownership of a descriptor that a system call has just returned.
  init(adopting number: Int) {
    self.number = Int32(truncatingIfNeeded: number)
  }

  deinit {
    clinux_close(number)
  }

  /// The kind of file that a path must lead to.
  enum OpenMode {
    case file, directory
    /// A place in the tree, which is not opened for reading or writing: O_PATH.
    case place
    /// A directory that is only a starting point for paths; the kernel does not ask its file server.
    case location

    var flags: Int32 {
      switch self {
      case .file: clinux_open_read_only
      case .directory: clinux_open_directory
      case .place: clinux_open_place
      case .location: clinux_open_location
      }
    }
  }

  /// Opens a path for reading.
  ///
  /// The corresponding system call is `openat(2)` with `AT_FDCWD`.
  static func open(_ path: String, as mode: OpenMode) throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(
      adopting: try checked(
        unsafe path.withCString { unsafe clinux_open(clinux_at_fdcwd, $0, mode.flags) }))
  }

  /// Opens a path relative to this directory.
  ///
  /// The corresponding system call is `openat(2)`.
  func open(_ path: String, as mode: OpenMode) throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(
      adopting: try checked(unsafe path.withCString { unsafe clinux_open(number, $0, mode.flags) }))
  }

  /// How the kernel follows a path; see `openat2(2)`.
  struct Resolution: OptionSet {
    let rawValue: UInt64

    /// The path must not lead to another mount; then it triggers no automount either.
    static let noMounts = Resolution(rawValue: clinux_resolve_no_mounts)
    /// The path must not contain symbolic links, except as its last component.
    static let noSymlinks = Resolution(rawValue: clinux_resolve_no_symlinks)
    /// The directory is the root for absolute paths, symbolic links and `..`.
    static let inRoot = Resolution(rawValue: clinux_resolve_in_root)
    /// The kernel uses only the names that it has cached, and throws `EAGAIN` instead of asking any file
    /// system.
    static let cached = Resolution(rawValue: clinux_resolve_cached)
  }

  /// Opens a path relative to this directory as a place only, not for reading.
  ///
  /// The corresponding system call is `openat2(2)` with `O_PATH`. Throws `ENOSYS` before Linux 5.6.
  ///
  /// - Parameter follows: whether a symbolic link as the last component is followed.
  func openPlace(
    _ path: ByteString, _ resolution: Resolution, following follows: Bool = false
  ) throws(Errno) -> OwnedDescriptor {
    if path.bytes.contains(0) { throw .invalid }
    return OwnedDescriptor(
      adopting: try checked(
        unsafe (path.bytes + [0]).withUnsafeBytes { bytes in
          let text = unsafe bytes.assumingMemoryBound(to: CChar.self).baseAddress
          return follows
            ? unsafe clinux_open_followed(number, text, resolution.rawValue)
            : unsafe clinux_open_path(number, text, resolution.rawValue)
        }))
  }

  /// Reads to the end of the file.
  ///
  /// The corresponding system call is `read(2)`, which is repeated until it returns no bytes.
  func readToEnd() throws(Errno) -> [UInt8] {
    // Most files in /proc are small, so the first buffer is small.
    let least = 1 << 12
    let most = 1 << 16
    var content = try read(atMost: least)
    while !content.isEmpty {
      let more = try read(atMost: min(max(least, content.count), most))
      if more.isEmpty { break }
      content += more
    }
    return content
  }

  /// Reads a file that the kernel makes as one record, such as `/proc/PID/stat`.
  ///
  /// A read that does not fill the buffer has reached the end of the record, so one call is enough. See
  /// `seq_read_iter` in `fs/seq_file.c`.
  func readRecord() throws(Errno) -> [UInt8] {
    let most = 1 << 12
    let record = try read(atMost: most)
    return record.count < most ? record : record + (try readToEnd())
  }

  /// Reads once; the result is empty at the end of the file.
  ///
  /// The corresponding system call is `read(2)`.
  private func read(atMost length: Int) throws(Errno) -> [UInt8] {
    unsafe try [UInt8](atMost: length) { unsafe clinux_read(number, $0, $1) }
  }

  /// Calls `body` with each line of a text, without its newline.
  ///
  /// The text may be larger than memory: the function keeps one chunk and one line of it. The corresponding
  /// system call is `read(2)`.
  func forEachLine(_ body: (inout TextScanner) -> Void) throws(Errno) {
    var rest: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try read(into: &chunk)
      if count == 0 { break }
      rest.append(contentsOf: chunk[..<count])
      guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
      var start = 0
      while start <= end {
        let stop = rest[start...].firstIndex(of: UInt8(ascii: "\n")) ?? end
        var line = TextScanner(rest, in: start..<stop)
        body(&line)
        start = stop + 1
      }
      rest.removeFirst(end + 1)
    }
    var line = TextScanner(rest)
    if !line.isAtEnd { body(&line) }
  }

  /// Reads once and returns the number of bytes read, 0 at the end of the file.
  ///
  /// The corresponding system call is `read(2)`.
  func read(into buffer: inout [UInt8]) throws(Errno) -> Int {
    try checked(
      unsafe buffer.withUnsafeMutableBytes { unsafe clinux_read(number, $0.baseAddress, $0.count) })
  }

  /// The names of this directory's entries that are decimal numbers, ascending.
  ///
  /// They are descriptors in `/proc/PID/fd` and threads in `/proc/PID/task`. Each call reads the directory
  /// from its beginning. The corresponding system call is `getdents64(2)`.
  func numericEntries() throws(Errno) -> [UInt32] {
    var numbers: [UInt32] = []
    try seek(to: 0)
    while let more = try nextNumericEntries() { numbers += more }
    numbers.sort()
    return numbers
  }

  /// The position at which the next read begins; see `lseek(2)`.
  var position: Int {
    get throws(Errno) { try checked(clinux_seek(number, 0, SEEK_CUR)) }
  }

  /// Moves the position at which the next read begins; see `lseek(2)`.
  func seek(to position: Int) throws(Errno) {
    _ = try checked(clinux_seek(number, position, SEEK_SET))
  }

  /// The decimal numbers among the next entries of this directory; nil at its end.
  ///
  /// The corresponding system call is `getdents64(2)`.
  ///
  /// - Parameter size: the size of the buffer for the kernel's entries, in bytes. An entry takes 24 or more.
  func nextNumericEntries(atMost size: Int = 1 << 15) throws(Errno) -> [UInt32]? {
    let lengthOffset = 16, nameOffset = 19  // struct linux_dirent64: ino, off, u16 reclen, u8 type, name
    let entries = unsafe try [UInt8](atMost: size) { unsafe clinux_getdents(self.number, $0, $1) }
    if entries.isEmpty { return nil }
    var numbers: [UInt32] = []
    var start = 0
    while start < entries.count {
      let length = Int(entries.integer(UInt16.self, at: start + lengthOffset))
      var name = TextScanner(entries, in: start + nameOffset..<start + length)
      if let number = name.decimal(UInt32.self), name.next == 0 { numbers.append(number) }
      start += length
    }
    return numbers
  }
}
