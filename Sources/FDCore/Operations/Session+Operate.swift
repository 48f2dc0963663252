/// Operations in a session.
extension Session {
  /// What to do about the seccomp filters of a target.
  package enum FilterPolicy: Sendable {
    /// Suspend them. If that is not permitted, make the calls that they are likeliest to know.
    case avoid
    /// Leave them in force, for tests: such a filter stands for a kernel without `close_range(2)`.
    case ignore
  }

  /// What an operation did to the numbers of a plan.
  package struct Result {
    /// The numbers that were picked in the end, ascending.
    package let picked: [UInt32]
    /// An outcome for each of them.
    package let outcomes: [Outcome]
    package let statistics: SessionStatistics
  }

  /// The mechanisms to try, in order, and why an earlier one of the operation is left out.
  package struct Choice {
    let mechanisms: [any Mechanism]
    let reason: SessionStatistics.FallbackReason?

    /// Whether the mechanism needs to know which numbers are open.
    ///
    /// A call for each descriptor does, and so does a fallback that reports each one's error.
    package let needsOpenNumbers: Bool
  }

  /// Chooses the mechanisms for an operation, and keeps the target's filters from killing it.
  ///
  /// Throws in seccomp's strict mode, which allows no call.
  package func choose(
    _ operation: Operation, by method: Method, filters: FilterPolicy = .avoid
  ) throws(TargetError) -> Choice {
    let allowed = operation.mechanisms.filter { method == .auto || $0.method == method }
    let areSuspended = filters == .ignore ? true : try suspendFilters()
    // close(2) is older than any filter.
    let known = areSuspended || method != .auto ? allowed : allowed.filter { !$0.isNewerThanFilters }
    let isExact =
      method != .auto || known.first?.method == .close || !sleepers.isEmpty || descriptorCount == nil
    return Choice(
      mechanisms: known, reason: known.count < allowed.count ? .filtered : nil, needsOpenNumbers: isExact)
  }

  /// Does an operation to the numbers of a plan.
  ///
  /// The result has an outcome for each number, also if an error ended the session between two calls. Throws,
  /// with nothing done, if the calls cannot be made.
  package func operate(
    _ operation: Operation, on plan: ClosePlan, by choice: Choice,
    separatingTable separatesTable: Bool = false
  ) throws(TargetError) -> Result {
    var statistics = SessionStatistics()
    (statistics.threads, statistics.sleepers) = (threadCount, sleepers)
    (statistics.fallback, statistics.call) = (choice.reason, choice.mechanisms.first?.call ?? "")
    if plan.ranges.isEmpty { return Result(picked: [], outcomes: [], statistics: statistics) }
    let before = descriptorCount
    var run = OperationRun(try remoteSyscall(), plan, statistics)
    if separatesTable {
      if let error = try run.remote.separateTable(usingCloseRange: choice.mechanisms.first?.method != .close)
      {
        throw .system(target.pid, call: "unshare(2)", error)
      }
      run.statistics.separatedTable = true
    }
    do {
      try apply(choice.mechanisms, &run)
    } catch {
      run.statistics.end = error
      if case .exited = error {} else if operation.freesNumbers { run.reconcile() }
    }
    let hasThread = run.statistics.end.map { !$0.leavesThread } ?? true
    if let before, operation.freesNumbers, hasThread, !run.plan.isOfOpenNumbers,
      let after = target.descriptorCount(ofThread: caller.tid)
    {
      run.statistics.closed = max(before - after, 0)
    }
    return Result(picked: run.plan.picked, outcomes: run.outcomes, statistics: run.statistics)
  }

  /// Goes on with the next mechanism if the target refuses one.
  private func apply(_ mechanisms: [any Mechanism], _ run: inout OperationRun) throws(TargetError) {
    for (index, mechanism) in mechanisms.enumerated() {
      run.mayFallBack = index + 1 < mechanisms.count
      run.statistics.call = mechanism.call
      guard let error = try mechanism.apply(&run) else { return }
      run.statistics.fallback = .refused(error)
      if run.statistics.calls == 0, !run.plan.isOfOpenNumbers { run.replan(try openPlan(of: run.plan)) }
    }
  }

  /// The plan for the numbers that are open now in the ranges of another.
  private func openPlan(of plan: ClosePlan) throws(TargetError) -> ClosePlan {
    let open = try target.descriptors(of: caller.tid).openNumbers(of: target)
    let picked = open.filter { number in
      let index = plan.ranges.partitioningIndex { $0.upperBound >= number }
      return index < plan.ranges.endIndex && plan.ranges[index].contains(number)
    }
    return ClosePlan(picked: picked, within: plan.ranges)
  }
}

extension RemoteSyscall {
  /// Gives the process a copy of its table, and leaves the old one to other processes; the error if that
  /// cannot be done.
  ///
  /// Record locks taken with F_SETLK stay with the old table; see `fcntl(2)`.
  fileprivate mutating func separateTable(usingCloseRange usesCloseRange: Bool) throws(TargetError) -> Errno?
  {
    let unshare: UInt64 = 1 << 1  // CLOSE_RANGE_UNSHARE, include/uapi/linux/close_range.h
    let nowhere = UInt64(UInt32.max)
    if usesCloseRange {
      let error = Errno(answer: try call(numbers.closeRange, nowhere, nowhere, unshare))
      guard let error, error.meansUnavailable else { return error }
    }
    let files: UInt64 = 0x400  // CLONE_FILES, include/uapi/linux/sched.h
    return Errno(answer: try call(numbers.unshare, files))
  }
}
