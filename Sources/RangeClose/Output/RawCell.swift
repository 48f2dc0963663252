/// A cell of a line in which one space separates the columns.
enum RawCell {
  /// The cell without spaces: each is escaped in octal, as other bytes are.
  static func text(_ text: String) -> String {
    if text.isEmpty { return "-" }
    var cell = ""
    var isEscaped = false
    for scalar in text.unicodeScalars {
      // The cell of a name escapes some spaces with a backslash already.
      if scalar == " " {
        if isEscaped { cell.unicodeScalars.removeLast() }
        cell += "\\040"
      } else {
        cell.unicodeScalars.append(scalar)
      }
      isEscaped = scalar == "\\" && !isEscaped
    }
    return cell
  }
}
