import FDCore

/// The output of a run: rows, sentences about processes, and totals.
final class RunOutput {
  private let invocation: Invocation
  private let rows: RowWriter
  /// Sentences that come after all rows.
  private var sentences = ""
  private var processes: [[JSONMember]] = []
  private var totals = Totals()
  private var (doneCount, doneProcesses, freed) = (0, 0, 0 as UInt64)
  /// The numbers of descriptors and processes that a dry run listed.
  private var (pickedCount, pickedProcesses) = (0, 0)
  /// The last line of a dry run of one process.
  private var dryRunEnd: String?
  /// The first reason why the operation would be refused in a process of a dry run, and the number of such
  /// processes.
  private var refusal: (reason: String, count: Int)?

  init(_ invocation: Invocation) {
    self.invocation = invocation
    rows = RowWriter(invocation.layout, isPrinted: invocation.printsRows)
  }

  /// Whether a process in which nothing was done gets a sentence.
  var reportsEachProcess: Bool { invocation.processes.isSingle }

  /// A row with its text; this function may be called in any thread.
  func prepared(_ row: Row) -> PreparedRow { rows.prepared(row) }

  /// Rows with their texts, made in two threads if there are many.
  func prepared(_ some: [Row]) -> [PreparedRow] {
    guard some.count > DescriptorReader.few, TwoThreads.areFaster else { return some.map(prepared) }
    let middle = some.count / 2
    var first: [PreparedRow] = []
    var second: [PreparedRow]?
    TwoThreads.run {
      first = some[..<middle].map(self.prepared)
    } beside: {
      second = some[middle...].map(self.prepared)
    }
    return first + (second ?? some[middle...].map(prepared))
  }

  /// Prints a row; see `RowWriter.add(_:)`.
  func add(_ row: Row) throws(CommandError) { try add(prepared(row)) }

  /// Prints a row; see `RowWriter.add(_:)`.
  func add(_ row: PreparedRow) throws(CommandError) {
    totals.add(row.row)
    if row.row.use == nil, invocation.operation.mayServe(row.row.descriptor, invocation.consent) {
      servedCount += 1
    }
    try rows.add(row)
  }

  /// The number of listed descriptors that the operation can serve, as far as their types show it.
  private(set) var servedCount = 0

  /// Prints the rows that wait; this belongs to the end of the work on each process.
  func flush() throws(CommandError) { try rows.flush() }

  /// Prints a sentence; if rows are printed, then after all of them.
  func say(_ sentence: String) throws(CommandError) {
    if invocation.verbosity == .quiet { return }
    if invocation.printsRows { sentences += sentence } else { try Output.print(sentence) }
  }

  /// Adds what JSON reports about a process.
  func add(process members: @autoclosure () -> [JSONMember]) {
    if invocation.layout.format.isJSON { processes.append(members()) }
  }

  /// Adds an error that ended the work on a process, for JSON.
  func add(failed pid: Int32, _ error: CommandError) {
    add(
      process: JSONMember.name(error.process ?? ProcessName(pid, nil)) + [
        JSONMember("result", .word("failed")), JSONMember("error", .word(error.description)),
        JSONMember("status", .number(UInt64(error.status.rawValue))),
      ])
  }

  /// Counts the work on a process for the totals of a run over several processes.
  func add(done report: Report, freed: UInt64) {
    if report.doneCount == 0 { return }
    doneCount += report.doneCount
    doneProcesses += 1
    self.freed &+= freed
  }

  /// Whether nothing was listed and nothing was done.
  var isEmptyHanded: Bool { doneCount == 0 && pickedCount == 0 }

  /// The totals of the work on several processes; empty for one process.
  private var doneTotal: String {
    if invocation.processes.isSingle || doneCount == 0 { return "" }
    let words = invocation.operation.words
    let (descriptors, processes) = (counted(doneCount, "descriptor"), counted(doneProcesses, "process"))
    let size = ByteSize(freed).words(inBytes: invocation.layout.isInBytes)
    let storage = freed > 0 ? ", freed \(size)" : ""
    return "total: \(words.done) \(descriptors)\(words.doneAs) in \(processes)\(storage)\n"
  }

  /// Counts the descriptors of a process that a dry run listed.
  func add(picked count: Int) {
    pickedCount += count
    if count > 0 { pickedProcesses += 1 }
  }

  /// Prepares the last line of a dry run of one process.
  ///
  /// - Parameters:
  ///   - all: the number of open descriptors; nil if it is not known.
  ///   - isRefused: whether the command without `-n` would be refused.
  func endDryRun(of process: ProcessName, picked count: Int, among all: Int?, isRefused: Bool) {
    let descriptors = all.map { "\(count) of \(counted($0, "descriptor"))" } ?? counted(count, "descriptor")
    dryRunEnd =
      isRefused
      ? "\(process): \(descriptors) \(count == 1 ? "matches" : "match")"
      : "\(process): \(wouldBeDone(descriptors))" + withoutDryRun(count, force: "")
  }

  /// Counts a process of a dry run in which the operation would be refused.
  func add(refusal reason: String) { refusal = (refusal?.reason ?? reason, (refusal?.count ?? 0) + 1) }

  /// The last line of a dry run; nil if there is none.
  private var lastLine: String? {
    guard invocation.explainsDryRun, invocation.hasSelector, pickedCount > 0, !invocation.processes.isSingle
    else { return dryRunEnd }
    let descriptors =
      counted(pickedCount, "descriptor") + " in " + counted(pickedProcesses, "process")
    if let refusal {
      let doing = invocation.operation.words.doing
      return "\(descriptors) \(pickedCount == 1 ? "matches" : "match"); \(doing) would be refused in"
        + " \(counted(refusal.count, "process")): \(refusal.reason)"
    }
    let force = invocation.processes.listed == nil ? " and with --force=all" : ""
    return wouldBeDone(descriptors) + withoutDryRun(pickedCount, force: force)
  }

  private func wouldBeDone(_ descriptors: String) -> String {
    let words = invocation.operation.words
    return "\(descriptors) would be \(words.done)\(words.doneAs)"
  }

  private func withoutDryRun(_ count: Int, force: String) -> String {
    if count == 0 { return "" }
    // rangeclose finds out only in the attempt which files such an operation cannot serve.
    let object = invocation.operation.onFile != nil ? "what it can" : count == 1 ? "it" : "them"
    return "; the same line without -n\(force) \(invocation.operation.words.does) \(object)"
  }

  /// Counts a process that rangeclose could not read.
  func addUnreadable(_ pid: Int32) {
    totals.unreadable += 1
    unread.add(pid)
  }

  /// The number of processes that rangeclose could not read.
  var unreadable: Int { totals.unreadable }

  /// The processes that rangeclose could not read.
  private(set) var unread = UnreadProcesses()

  /// Ends the output.
  ///
  /// - Parameter status: the exit status of the run.
  func finish(_ status: ExitStatus) throws(CommandError) {
    guard invocation.printsRows else {
      if invocation.verbosity != .quiet, !doneTotal.isEmpty { try Output.print(doneTotal) }
      return
    }
    let end = [JSONMember("status", .number(UInt64(status.rawValue)))]
    try rows.finish(processes: processes, totals: totals.members + end)
    guard invocation.layout.format == .table, invocation.layout.hasHeadings else { return }
    let isList = invocation.isDryRun && !invocation.processes.isSingle
    let total = isList ? totals.text(inBytes: invocation.layout.isInBytes) : doneTotal
    if !(sentences + total).isEmpty { try Output.print(sentences + total) }
    if let lastLine { Output.complain(lastLine) }
  }
}
