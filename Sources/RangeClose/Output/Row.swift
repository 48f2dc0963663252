import FDCore

/// A row of the output: a descriptor of a process, and the outcome of the operation.
struct Row {
  let process: ProcessName
  let descriptor: Descriptor
  /// The outcome; nil before an operation.
  var outcome: Outcome?
  /// The words of the operation, for the outcome.
  let words: Operation.Words
}
