import CLinux

/// Where text goes.
///
/// What comes from a target is escaped before it gets here.
enum Output {
  static func print(_ text: String) {
    write(text, to: 1)
  }

  /// One line on standard error, after the command's name.
  static func complain(_ text: String) {
    write("rangeclose: \(text)\n", to: 2)
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes { bytes in
        unsafe clinux_write(descriptor, bytes.baseAddress, bytes.count)
      }
      // Nobody is left to be told that nothing can be told.
      guard written > 0 else { return }
      rest = rest.dropFirst(written)
    }
  }
}

extension String {
  /// The text followed by spaces up to a width in characters.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  /// The text after spaces up to a width in characters.
  func rightAligned(in width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
