/// An operation at work in a session: the calls, and what became of each picked number.
package struct OperationRun: ~Copyable {
  var remote: RemoteSyscall
  private(set) var plan: ClosePlan
  /// An outcome for each picked number of the plan, in order.
  var outcomes: [Outcome]
  var statistics: SessionStatistics
  /// Whether another mechanism may follow.
  var mayFallBack = false
  /// How many outcomes are known, of a mechanism that does ranges.
  private var next = 0

  init(_ remote: consuming RemoteSyscall, _ plan: ClosePlan, _ statistics: SessionStatistics) {
    self.remote = remote
    self.plan = plan
    self.statistics = statistics
    outcomes = plan.picked.map { _ in .notDone }
  }

  /// Replaces a plan of ranges, of which nothing was done, with one of the numbers that are open.
  mutating func replan(_ plan: ClosePlan) {
    self.plan = plan
    outcomes = plan.picked.map { _ in .notDone }
  }

  /// Has the target run a call, and returns its error; nil if it succeeded.
  mutating func call(
    _ number: Int, _ first: UInt64, _ second: UInt64, _ third: UInt64
  ) throws(TargetError) -> Errno? {
    statistics.calls += 1
    return Errno(answer: try remote.call(number, first, second, third))
  }

  /// Has the target run calls without a stop between them, and returns how many, see `RemoteSyscall.run`.
  mutating func chain(
    _ number: Int, _ arguments: some Collection<(UInt64, UInt64)>, _ third: UInt64
  ) throws(TargetError) -> Int {
    let count = try remote.run(number, with: arguments, third)
    statistics.calls += count
    return count
  }

  /// Notes an outcome for all picked numbers up to one.
  mutating func note(_ outcome: Outcome, through last: UInt32) {
    while next < plan.picked.count, plan.picked[next] <= last {
      outcomes[next] = outcome
      next += 1
    }
  }

  /// Finds out what the last calls have closed, after an error: a number is free before its file is flushed.
  mutating func reconcile() {
    for index in outcomes.indices where outcomes[index] == .notDone {
      if !remote.isOpen(plan.picked[index]) { outcomes[index] = .done }
    }
  }
}
