import CLinux
import FDCore

/// Standard output and standard error.
///
/// The callers escape text that comes from a target.
enum Output {
  /// Opens the standard descriptors that are closed, and keeps writes from causing a signal.
  ///
  /// If a standard descriptor stayed closed, the next file that rangeclose opens would get its number. So
  /// rangeclose opens /dev/null for reading at this number. rangeclose also ignores SIGXFSZ, so a write
  /// beyond the file size limit fails without the signal.
  static func prepare() {
    clinux_ignore_signal(SIGXFSZ)
    while true {
      let number = unsafe clinux_open(clinux_at_fdcwd, "/dev/null", clinux_open_read_only)
      if number > 2 { clinux_close(Int32(truncatingIfNeeded: number)) }
      if number < 0 || number > 2 { return }
    }
  }

  /// Shows a text on the last line of the terminal, in place of the text before it.
  static func showProgress(_ text: String) {
    let (start, toEnd) = ("\r", "\u{1B}[K")
    try? write(Array((start + text + toEnd).utf8), to: 2)
  }

  /// Writes to standard output.
  ///
  /// Throws if the write fails, for instance on a full disk.
  static func print(_ text: String) throws(CommandError) { try print(Array(text.utf8)) }

  /// Writes UTF-8 text to standard output.
  ///
  /// Throws if the write fails, for instance on a full disk.
  static func print(_ text: [UInt8]) throws(CommandError) {
    Progress.clearForRows()
    do {
      try write(text, to: 1)
    } catch {
      throw .output(error)
    }
  }

  /// Prints one line on standard error, after the command's name.
  static func complain(_ text: String) {
    Progress.clear()
    // If the write to standard error fails, rangeclose cannot report it anywhere.
    try? write(Array("rangeclose: \(text)\n".utf8), to: 2)
  }

  /// Prints a line on standard error while a process is stopped, unless that would block.
  ///
  /// If the write blocked, the stopped process would also wait for the reader of standard error.
  static func complainAtOnce(_ text: String) {
    if clinux_wait_until_writable(2, 0) == 1 { complain(text) }
  }

  /// Writes all of a text, also to a full pipe that is non-blocking.
  ///
  /// Another process may have set O_NONBLOCK: the flag belongs to the open file description, see `fcntl(2)`.
  private static func write(_ text: [UInt8], to descriptor: Int32) throws(Errno) {
    var rest = text[...]
    while !rest.isEmpty {
      let answer = unsafe rest.withUnsafeBytes { bytes in
        unsafe clinux_write(descriptor, bytes.baseAddress, bytes.count)
      }
      switch Errno(answer: answer) {
      case nil: rest = rest.dropFirst(answer)
      case .again: try waitUntilWritable(descriptor)
      case .interrupted: continue
      case let error?: throw error
      }
    }
  }

  private static func waitUntilWritable(_ descriptor: Int32) throws(Errno) {
    let error = Errno(answer: clinux_wait_until_writable(descriptor, -1))
    if let error, error != .interrupted { throw error }
  }
}
