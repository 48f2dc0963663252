import CLinux

extension String {
  /// The width of the text on a terminal, in columns.
  ///
  /// Characters of some scripts take two columns, combining marks none. Characters that are not printable
  /// count as none. The corresponding library call is `wcwidth(3)`.
  package var columns: Int {
    if utf8.allSatisfy({ $0 < 0x80 }) { return utf8.count }
    return unicodeScalars.reduce(0) { $0 + ($1.isASCII ? 1 : max(0, Int(clinux_columns($1.value)))) }
  }
}
