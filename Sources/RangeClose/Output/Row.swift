import FDCore

/// A row of the output: a descriptor of a process, and the outcome of the operation.
///
/// A listing can also have rows for other uses of a file.
struct Row {
  /// The process; nil if the kernel itself uses the file.
  let process: ProcessName?
  let descriptor: Descriptor
  /// The outcome; nil before an operation.
  var outcome: Outcome?
  /// How the file is used without a descriptor; nil for a descriptor.
  var use: FileUse?
  /// The words of the operation, for the outcome.
  let words: Operation.Words
}

/// A row and its text.
struct PreparedRow {
  let row: Row
  /// The text in UTF-8; nil if the row is counted.
  let text: [UInt8]?
  /// The cells without the number, if rows with consecutive numbers and equal cells are shown as one.
  let key: [String]?
}

extension Row {
  /// A value that only a descriptor has.
  func cell(_ value: (Descriptor) -> Cell) -> Cell {
    use == nil ? value(descriptor) : .none
  }
}
