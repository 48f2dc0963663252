import CLinux

extension String {
  /// How many columns of a terminal the text takes: letters of some scripts are wide, and marks take none.
  ///
  /// The corresponding library call is `wcwidth(3)`.
  package var columns: Int {
    unicodeScalars.reduce(0) { $0 + ($1.isASCII ? 1 : max(0, Int(clinux_columns($1.value)))) }
  }
}
