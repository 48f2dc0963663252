import FDCore

/// The report on one process, with a row for each descriptor.
struct Report {
  let process: ProcessName
  let operation: Operation
  private(set) var statistics: SessionStatistics
  /// The descriptors, in the order of their numbers.
  let rows: ReportRows
  /// The hazards that were found before; nil if rangeclose did not look for them.
  let hazards: Hazards?
  /// The free space before the operation; nil if rangeclose did not measure it.
  var gauge: StorageGauge?
  /// The process, for a look at what is left.
  var target: TargetProcess?
  /// The number of descriptors that ranges passed over, because the operation does not apply to them.
  var passedOver = 0
  /// The copies that were made before the operation.
  var saved: [SaveFolder.Saved] = []
  private let method: Method
  private let verbosity: Invocation.Verbosity
  private let isRangesAlone: Bool
  /// Whether sizes are exact numbers of bytes.
  let isInBytes: Bool

  /// Combines the descriptors that the scan picked with the outcomes of the session.
  ///
  /// A descriptor that was picked but not confirmed was left alone. A number that the session found open may
  /// have been free at the scan. All lists are ascending.
  ///
  /// - Parameters:
  ///   - name: the process.
  ///   - numbers: the numbers that the session worked on.
  ///   - outcomes: an outcome for each of them.
  init(
    _ invocation: Invocation, _ name: ProcessName, picked: [Descriptor], confirmed: [Descriptor],
    _ numbers: [UInt32],
    _ outcomes: [Outcome], _ statistics: SessionStatistics, _ hazards: Hazards?
  ) {
    self.hazards = hazards
    (process, self.statistics) = (name, statistics)
    (operation, method) = (invocation.operation, invocation.method)
    (verbosity, isRangesAlone) = (invocation.verbosity, invocation.isRangesAlone)
    isInBytes = invocation.layout.isInBytes
    // Ranges pass over what the operation does not apply to.
    let picked = operation.onFile != nil && isRangesAlone ? [] : picked
    rows = ReportRows(picked: picked, confirmed: confirmed, numbers: numbers, outcomes: outcomes)
  }

  /// The number of descriptors that were closed or marked, with or without an error.
  ///
  /// If whole ranges were closed, the number comes from the kernel's count, because numbers may have been
  /// opened or closed since the scan.
  var doneCount: Int { statistics.closed ?? rows.count { $0.isDone } }

  /// The deleted regular files whose descriptors were closed, each of them once, with the text of its link.
  ///
  /// Their storage is free as soon as no other descriptor, process or mapping holds them.
  var closedDeletedFiles: [(status: FileStatus, name: ByteString?)] {
    var seen: Set<FileStatus.Identity> = []
    return rows.compactMap { row in
      guard row.outcome.dropsFile, let status = row.descriptor.status.value, status.type == .regular,
        status.links == 0, seen.insert(status.identity).inserted
      else { return nil }
      return (status, row.descriptor.target.value)
    }
  }

  /// The other regular files whose descriptors were closed.
  var closedNamedFiles: Set<FileStatus.Identity> {
    Set(
      rows.compactMap { row in
        guard row.outcome.dropsFile, let status = row.descriptor.status.value, status.type == .regular,
          status.links > 0
        else { return nil }
        return status.identity
      })
  }

  /// The sockets whose descriptors were closed.
  var closedSockets: Set<FileStatus.Identity> { closedFiles { $0.isSocket.value == true } }

  /// The pipes whose descriptors were closed.
  var closedPipes: Set<FileStatus.Identity> { closedFiles { $0.status.value?.type == .fifo } }

  private func closedFiles(_ isWanted: (Descriptor) -> Bool) -> Set<FileStatus.Identity> {
    Set(
      rows.compactMap { row in
        row.outcome.dropsFile && isWanted(row.descriptor) ? row.descriptor.status.value?.identity : nil
      })
  }

  var status: ExitStatus {
    if statistics.end != nil || !statistics.leftOpen.isEmpty
      || rows.contains(where: { $0.outcome.error != nil })
    {
      return doneCount > 0 || rows.contains { $0.outcome.isHalfDone } ? .partly : .couldNot
    }
    if doneCount == 0, rows.contains(where: { $0.outcome.isUnserved }) { return .couldNot }
    return doneCount > 0 || isRangesAlone ? .done : .nothingMatched
  }

  /// Notes that the process was stopped, for an operation that needs no stop itself.
  mutating func noteStop(of threads: Int, _ nanoseconds: UInt64) {
    (statistics.threads, statistics.nanoseconds) = (threads, nanoseconds)
    statistics.usesDuplicates = false
  }

  /// Prints errors first and then results, so that a failed write to standard output loses no error.
  func print(to output: RunOutput) throws(CommandError) {
    for failure in rows.failures {
      Output.complain("\(process): \(failure.text(operation, by: method))")
    }
    if verbosity != .quiet { warnOfUnstopped() }
    if verbosity == .summary {
      for group in rows.remarks { Output.complain("\(process): \(group.remark(operation.words))") }
    }
    for left in statistics.leftOpen {
      Output.complain(
        "\(process): descriptor \(left.number), at which the new file was opened, stays open: close(2) "
          + (left.error.map { "failed: \($0)" } ?? "did nothing; a seccomp filter may answer it"))
    }
    for thread in statistics.inClosed {
      Output.complain(
        "\(process): thread \(thread) did not return from its call on a closed descriptor;"
          + " if another file gets the number, the call uses that file")
    }
    if let end = statistics.end { Output.complain(end.description(naming: process)) }
    if verbosity == .quiet { return }
    for copy in saved { try output.say("\(process): \(copy.text(inBytes: isInBytes))\n") }
    let summary = Summary(self)
    output.add(done: self, freed: summary.freed)
    output.add(process: summary.members)
    if verbosity == .rows {
      try printRows(to: output)
      try output.flush()
      try output.say(summary.statistics + summary.endedCalls)
    }
    if doneCount > 0 || !status.isSuccess || output.reportsEachProcess { try output.say(summary.line) }
  }

  /// Prints the rows, a few at a time, so that memory does not grow with them.
  private func printRows(to output: RunOutput) throws(CommandError) {
    let few = 1024
    var iterator = rows.makeIterator()
    var some: [Row] = []
    repeat {
      some = []
      while some.count < few, let row = iterator.next() {
        some.append(
          Row(process: process, descriptor: row.descriptor, outcome: row.outcome, words: operation.words))
      }
      for row in output.prepared(some) { try output.add(row) }
    } while some.count == few
  }

  /// Warns of the threads that were not stopped.
  private func warnOfUnstopped() {
    for sleeper in statistics.sleepers where !sleeper.isWorker {
      Output.complain(
        "\(process): \(sleeper) and was not stopped; the files that it uses stay open until it wakes")
    }
    let workers = statistics.sleepers.count { $0.isWorker }
    if workers == 0 { return }
    let (subject, pronoun) =
      workers == 1 ? ("worker of io_uring(7) was", "it uses") : ("workers of io_uring(7) were", "they use")
    Output.complain(
      "\(process): \(workers) \(subject) not stopped, because a stop would fail the request; the files that "
        + "\(pronoun) stay open until the request ends")
  }
}
