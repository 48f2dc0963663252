import FDCore

/// The output of a run: rows, sentences about processes, and totals.
final class RunOutput {
  private let invocation: Invocation
  private let rows: RowWriter
  /// Sentences that come after all rows.
  private var sentences = ""
  private var processes: [[JSONMember]] = []
  private var totals = Totals()

  init(_ invocation: Invocation) {
    self.invocation = invocation
    rows = RowWriter(invocation.layout)
  }

  /// Prints a row; see `RowWriter.add(_:)`.
  func add(_ row: Row) throws(CommandError) {
    totals.add(row)
    try rows.add(row)
  }

  /// Writes the rows that wait, so that a reader sees them before more work.
  func flush() throws(CommandError) { try rows.flush() }

  /// Prints a sentence; if rows are printed, then after all of them.
  func say(_ sentence: String) throws(CommandError) {
    if invocation.verbosity == .quiet { return }
    if invocation.printsRows { sentences += sentence } else { try Output.print(sentence) }
  }

  /// Adds what JSON reports about a process.
  func add(process members: [JSONMember]) { processes.append(members) }

  /// Counts a process that rangeclose could not read.
  func addUnreadable() { totals.unreadable += 1 }

  /// The number of processes that rangeclose could not read.
  var unreadable: Int { totals.unreadable }

  /// Ends the output.
  ///
  /// - Parameter status: the exit status of the run.
  func finish(_ status: ExitStatus) throws(CommandError) {
    guard invocation.printsRows else { return }
    let end = [JSONMember("status", .number(UInt64(status.rawValue)))]
    try rows.finish(processes: processes, totals: totals.members + end)
    guard invocation.layout.format == .table, invocation.layout.hasHeadings else { return }
    let total = invocation.isDryRun && !invocation.processes.isSingle ? totals.text : ""
    if !(sentences + total).isEmpty { try Output.print(sentences + total) }
  }
}
