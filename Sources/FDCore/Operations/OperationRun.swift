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

  init(_ remote: consuming RemoteSyscall, _ plan: ClosePlan, _ statistics: SessionStatistics) {
    self.remote = remote
    self.plan = plan
    self.statistics = statistics
    outcomes = plan.picked.map { _ in .notDone }
  }

  /// Replaces a plan of ranges with a plan of the open numbers, before any of the ranges was done.
  mutating func replan(_ plan: ClosePlan) {
    self.plan = plan
    outcomes = plan.picked.map { _ in .notDone }
  }

  /// Runs a call in the target, and returns its error; nil if it succeeded.
  mutating func call(_ call: SystemCall) throws(TargetError) -> Errno? {
    statistics.calls += 1
    return Errno(answer: try remote.call(call))
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

  /// Reconciles the outcomes with the table after an error: a number that is not open any more is done.
  ///
  /// The kernel frees a number before it flushes the file, so the last calls may have closed a number
  /// although they reported an error.
  mutating func reconcile() {
    for index in outcomes.indices where outcomes[index] == .notDone {
      if !remote.isOpen(plan.picked[index]) { outcomes[index] = .done }
    }
  }
}
