/// What became of the descriptors that were picked.
package struct CloseReport: Sendable {
  /// What became of one descriptor.
  package enum Outcome: Hashable, Sendable {
    case closed
    case markedCloseOnExec
    /// `close(2)` reported an error of an earlier write; the descriptor is closed all the same.
    case closedWithError(Errno)
    case failed(Errno)
    /// Not done, or not known to be: the session ended before.
    case notDone
    /// Closed by the target itself, or its number given to something else, between the look and the stop.
    case leftAlone
  }

  package typealias Row = (descriptor: Descriptor, outcome: Outcome)

  private let descriptors: [Descriptor]
  private let outcomes: [Outcome]
  /// How the session went.
  package let session: CloseSession.Account

  /// In the order of their numbers.
  package var rows: some Sequence<Row> {
    zip(descriptors, outcomes).lazy.map { (descriptor: $0, outcome: $1) }
  }

  /// Puts together what was picked at the look and what the session did with those it confirmed.
  ///
  /// One that was picked and not confirmed was left alone; one that was confirmed need not have been there
  /// at the look. Both lists are ascending.
  package init(
    picked: [Descriptor], confirmed: [Descriptor], _ outcomes: [Outcome], session: CloseSession.Account
  ) {
    self.session = session
    let numbers = Set(confirmed.map { $0.number })
    let left = picked.filter { !numbers.contains($0.number) }
    if left.isEmpty {
      (descriptors, self.outcomes) = (confirmed, outcomes)
      return
    }
    let rows = zip(confirmed, outcomes) + left.map { ($0, .leftAlone) }
    let sorted = rows.sorted { $0.0.number < $1.0.number }
    (descriptors, self.outcomes) = (sorted.map { $0.0 }, sorted.map { $0.1 })
  }

  /// How many descriptors are closed, or marked, whatever was reported of their files.
  ///
  /// Where ranges were closed unseen, the kernel's count: something may have been opened or closed since the
  /// look.
  package var doneCount: Int { session.closed ?? outcomes.count { $0.isDone } }

  /// The rows of which an error was reported.
  package var failures: [(row: Row, error: Errno)] {
    rows.compactMap { row in row.outcome.error.map { (row, $0) } }
  }

  /// Files without a name that were closed here, each once however many descriptors it had.
  ///
  /// Their storage is free once no other descriptor, process or mapping holds them.
  package var closedDeletedFiles: [FileStatus] {
    var seen: Set<FileStatus.Identity> = []
    return rows.compactMap { row in
      guard row.outcome.isClosed, let status = row.descriptor.status.value, status.type == .regular,
        status.links == 0, seen.insert(status.identity).inserted
      else { return nil }
      return status
    }
  }
}

extension CloseReport.Outcome {
  package var isClosed: Bool {
    switch self {
    case .closed, .closedWithError: true
    case .markedCloseOnExec, .failed, .leftAlone, .notDone: false
    }
  }

  package var isDone: Bool { isClosed || self == .markedCloseOnExec }

  package var error: Errno? {
    switch self {
    case .closedWithError(let error), .failed(let error): error
    case .closed, .markedCloseOnExec, .leftAlone, .notDone: nil
    }
  }
}
