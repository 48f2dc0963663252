/// The run of an operation in a session: its calls, and an outcome for each picked number.
package struct OperationRun: ~Copyable {
  var remote: RemoteSyscall
  private(set) var plan: ClosePlan
  /// An outcome for each picked number of the plan, in order.
  var outcomes: [Outcome]
  var statistics: SessionStatistics
  /// Whether the run may fall back to another mechanism.
  var mayFallBack = false
  /// The number of outcomes that `note` has set, for a mechanism of ranges.
  private var next = 0
  /// The reader of the table; nil unless the operation or the plan needs one.
  let table: DescriptorReader?
  /// Whether no seccomp filter can answer a call in the place of the kernel.
  let isUnfiltered: Bool
  /// The files that took the place of others, in the order of their opens.
  var newFiles: [FileStatus] = []

  /// The number of files that are read for one call.
  ///
  /// rangeclose reads so many files in about the time of a call. With more, the first of them would be read
  /// long before the call.
  private static let mostFiles = 16

  /// - Parameter reader: reads the picked numbers, and reads them again if the plan has their files. It reads
  ///   the table of the thread that makes the calls.
  init(
    _ remote: consuming RemoteSyscall, _ plan: ClosePlan, _ statistics: SessionStatistics,
    _ reader: DescriptorReader?, isUnfiltered: Bool
  ) {
    self.remote = remote
    self.isUnfiltered = isUnfiltered
    self.plan = plan
    self.statistics = statistics
    table = reader
    outcomes = plan.picked.map { _ in .notDone }
  }

  /// Replaces a plan of ranges with a plan of the open numbers, before any of the ranges was done.
  mutating func replan(_ plan: ClosePlan) {
    self.plan = plan
    outcomes = plan.picked.map { _ in .notDone }
  }

  /// Whether the files have to be read again before each call.
  var readsFilesAgain: Bool { plan.files != nil }

  /// Whether the picked number at an index still refers to its file; true if any file is meant.
  ///
  /// If it refers to another file, or its file cannot be read, it is left alone. A worker of io_uring(7) runs
  /// on during the stop, and can close the number or open another file there. So call this directly before
  /// the call that uses the number. A few microseconds remain: at the entry to the call, rangeclose could
  /// still cancel it, but a seccomp filter would then see the call number -1, and may kill the process for
  /// it.
  mutating func isSameFile(_ index: Int) -> Bool {
    guard let table, let files = plan.files else { return true }
    var descriptor = Descriptor(number: plan.picked[index])
    let isOpen = table.read(.identity, of: &descriptor, at: .stopped)
    if isOpen, descriptor.identity.value == files[index] { return true }
    outcomes[index] = .leftAlone
    return false
  }

  /// Takes the first indices whose numbers still refer to their files, for one call; nil if there are none.
  mutating func takeSameFiles(from indices: inout Range<Int>) -> Range<Int>? {
    while let first = indices.first {
      var end = first
      while end < indices.upperBound, end - first < Self.mostFiles, isSameFile(end) { end += 1 }
      // If the number at `end` has another file, it is not read again.
      let isCut = end < indices.upperBound && outcomes[end] == .leftAlone
      indices = (isCut ? end + 1 : end)..<indices.upperBound
      if end > first { return first..<end }
    }
    return nil
  }

  /// Runs a call in the target, and returns its error; nil if it succeeded.
  mutating func call(_ call: SystemCall) throws(TargetError) -> Errno? {
    statistics.calls += 1
    return Errno(answer: try remote.call(call))
  }

  /// Whether the error of a call means that the target cannot run it, and another mechanism takes its place.
  ///
  /// The session does not count a refused call.
  mutating func isRefusal(_ error: Errno) -> Bool {
    guard mayFallBack, error.meansUnavailable else { return false }
    statistics.calls -= 1
    return true
  }

  /// Runs calls in the target without a stop between them, and returns how many it ran.
  ///
  /// See `RemoteSyscall.run`.
  mutating func chain(
    _ number: Int, _ arguments: some Collection<(UInt64, UInt64)>, _ third: UInt64
  ) throws(TargetError) -> Int {
    let count = try remote.run(number, with: arguments, third)
    statistics.calls += count
    return count
  }

  /// Sets the outcome of all picked numbers up to `last` that have no outcome yet.
  mutating func note(_ outcome: Outcome, through last: UInt32) {
    while next < plan.picked.count, plan.picked[next] <= last {
      outcomes[next] = outcome
      next += 1
    }
  }

  /// Sets the outcome of the picked numbers that count as done and are among some numbers, ascending.
  mutating func mark(_ outcome: Outcome, wherePickedAre numbers: [UInt32]) {
    var index = 0
    for number in numbers {
      while index < plan.picked.count, plan.picked[index] < number { index += 1 }
      if index < plan.picked.count, plan.picked[index] == number, outcomes[index] == .done {
        outcomes[index] = outcome
      }
    }
  }

  /// Reconciles the outcomes with the table after an error.
  ///
  /// A number is done if it refers to a new file, or, without new files, if it is not open any more.
  ///
  /// The kernel frees a number before it flushes the file, so the last calls may have closed a number
  /// although they reported an error.
  mutating func reconcile() {
    for index in outcomes.indices where outcomes[index] == .notDone {
      let number = plan.picked[index]
      let isDone = newFiles.isEmpty ? !remote.isOpen(number) : refersToNewFile(number) == true
      if isDone { outcomes[index] = .done }
    }
  }

  /// Whether a number refers to one of the new files; nil if that cannot be read.
  func refersToNewFile(_ number: UInt32) -> Bool? {
    guard let file = (try? table?.links.status(of: String(number)))?.identity else { return nil }
    return newFiles.contains { $0.identity == file }
  }
}
