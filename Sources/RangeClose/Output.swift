import CLinux
import FDCore

/// Where text goes.
///
/// What comes from a target is escaped before it gets here.
enum Output {
  /// Sees to it that what is written goes where it should, and that its failure is only that.
  ///
  /// A standard descriptor that is closed would be the number of the next file that we open; /dev/null, which
  /// takes no writing here, keeps it from that. And a file at its size limit is an error, no signal.
  static func prepare() {
    clinux_ignore_signal(SIGXFSZ)
    while true {
      let number = unsafe clinux_open(clinux_at_fdcwd, "/dev/null", clinux_open_read_only)
      if number > 2 { clinux_close(Int32(truncatingIfNeeded: number)) }
      if number < 0 || number > 2 { return }
    }
  }

  /// Writes to standard output.
  ///
  /// Throws where that does not take it, as a full disk does not.
  static func print(_ text: String) throws(CommandError) {
    do {
      try write(text, to: 1)
    } catch {
      throw .output(error)
    }
  }

  /// One line on standard error, after the command's name.
  static func complain(_ text: String) {
    // Nobody is left to be told that nothing can be told.
    try? write("rangeclose: \(text)\n", to: 2)
  }

  private static func write(_ text: String, to descriptor: Int32) throws(Errno) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = try checked(
        unsafe rest.withUnsafeBytes { bytes in
          unsafe clinux_write(descriptor, bytes.baseAddress, bytes.count)
        })
      rest = rest.dropFirst(written)
    }
  }
}

extension String {
  /// The text followed by spaces up to a width in columns.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - columns))
  }

  /// The text after spaces up to a width in columns.
  func rightAligned(in width: Int) -> String {
    String(repeating: " ", count: max(0, width - columns)) + self
  }
}
