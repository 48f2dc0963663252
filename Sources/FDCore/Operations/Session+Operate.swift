/// The operations of a session.
extension Session {
  /// How a session treats the seccomp filters of a target.
  package enum FilterPolicy: Sendable {
    /// Suspend the filters. If this is not permitted, make the calls that the filters are most likely to
    /// allow.
    case avoid
    /// Leave the filters in force. Tests use a filter in place of a kernel without `close_range(2)`.
    case ignore
  }

  /// The result of an operation on the numbers of a plan.
  package struct Result {
    /// The numbers that were picked in the end, ascending.
    package let picked: [UInt32]
    /// An outcome for each number of `picked`, in the same order.
    package let outcomes: [Outcome]
    /// The numbers for the report, except `nanoseconds`, which is still 0.
    package let statistics: SessionStatistics
    /// The files that took the place of others.
    package var newFiles: [FileStatus] = []
  }

  /// The mechanisms to try, in this order, and the reason if a preferred mechanism is left out.
  package struct Choice {
    let mechanisms: [any Mechanism]
    let reason: SessionStatistics.FallbackReason?

    /// Whether the plan must consist of the open numbers.
    ///
    /// This is true for one call for each descriptor, and for a method that the user chose. It is also true
    /// if a thread is in uninterruptible sleep, and if the kernel does not count descriptors.
    package let needsOpenNumbers: Bool
    /// The number of open descriptors; nil if the kernel does not report it.
    let descriptorCount: Int?
    /// Whether no seccomp filter can answer a call in the place of the kernel.
    let isUnfiltered: Bool
  }

  /// Chooses the mechanisms for an operation, and suspends the target's filters if that is permitted.
  ///
  /// Throws if the target is in seccomp's strict mode, and rangeclose cannot suspend this mode.
  ///
  /// - Parameter method: a method that the operation allows, see `Operation.allows`.
  package func choose(
    _ operation: Operation, by method: Method, filters: FilterPolicy = .avoid
  ) throws(TargetError) -> Choice {
    let allowed = operation.mechanisms(by: method)
    let areSuspended = filters == .ignore ? true : try suspendFilters()
    let known = areSuspended ? allowed : operation.mechanismsUnderFilter(by: method)
    let count = descriptorCount
    let isExact =
      operation.types != .all || method != .auto || known.first?.method != .closeRange || !sleepers.isEmpty
      || count == nil
    return Choice(
      mechanisms: known, reason: known.count < allowed.count ? .filtered : nil, needsOpenNumbers: isExact,
      descriptorCount: count, isUnfiltered: filters == .avoid && areSuspended)
  }

  /// Does an operation to the numbers of a plan.
  ///
  /// The result has an outcome for each number, even if an error ended the run early. Throws if no call can
  /// be made, or if the table cannot be separated. Then nothing was closed or marked.
  package func operate(
    _ operation: Operation, on plan: ClosePlan, by choice: Choice,
    separatingTable separatesTable: Bool = false
  ) throws(TargetError) -> Result {
    var statistics = SessionStatistics()
    (statistics.threads, statistics.sleepers) = (threadCount, sleepers)
    (statistics.fallback, statistics.call) = (choice.reason, choice.mechanisms.first?.call ?? "")
    if plan.ranges.isEmpty { return Result(picked: [], outcomes: [], statistics: statistics) }
    // The table is opened before the calling thread has other registers.
    let reader =
      plan.files == nil && operation.replacement == nil ? nil : try target.descriptors(of: caller.tid)
    var run = OperationRun(
      try remoteSyscall(with: operation.payload), plan, statistics, reader,
      isUnfiltered: choice.isUnfiltered)
    if separatesTable {
      if let error = try run.remote.separateTable(
        usingCloseRange: choice.mechanisms.first?.method == .closeRange)
      {
        throw .system(target.pid, call: "unshare(2)", error)
      }
      run.statistics.separatedTable = true
    }
    do {
      try apply(choice.mechanisms, &run)
    } catch {
      run.statistics.end = error
      if case .exited = error {} else if operation.dropsFiles { run.reconcile() }
    }
    let hasThread = run.statistics.end.map { !$0.leavesThread } ?? true
    let closed = operation.freesNumbers && hasThread ? countClosed(since: choice.descriptorCount) : nil
    // If the table lost as many numbers as were closed, none of them is still open or open again. The kernel
    // counts faster than it lists.
    let isProved = sleepers.isEmpty && closed == run.outcomes.count { $0 == .done }
    if hasThread, !isProved { verify(&run, operation) }
    if let closed, !run.plan.isOfOpenNumbers { run.statistics.closed = max(closed, 0) }
    let (plan, outcomes, newFiles) = (run.plan, run.outcomes, run.newFiles)
    statistics = run.statistics
    // The calling thread has to have its own registers again.
    _ = consume run
    if operation.dropsFiles, hasThread {
      // The restart of a call finds the new file. Only a number without any file needs the same as a close.
      let calls = endCalls { number in
        operation.freesNumbers
          ? plan.didFinish(number, outcomes)
          : plan.picked.firstIndex(of: number).map { outcomes[$0].isHalfDone } ?? false
      }
      statistics.endedCalls = calls.filter { $0.returned }.map { $0.call }
      statistics.inClosed = calls.filter { !$0.returned }.map { $0.call.thread }
    }
    return Result(picked: plan.picked, outcomes: outcomes, statistics: statistics, newFiles: newFiles)
  }

  /// By how many numbers the table became smaller; nil if the kernel does not count them.
  private func countClosed(since before: Int?) -> Int? {
    guard let before, let after = target.descriptorCount(ofThread: caller.tid) else { return nil }
    return before - after
  }

  /// Looks at the picked numbers again, while the target is still stopped.
  ///
  /// A seccomp filter can answer a call with success in the place of the kernel. If some threads run on, one
  /// of them may have opened the number again.
  private func verify(_ run: inout OperationRun, _ operation: Operation) {
    guard run.outcomes.contains(.done) else { return }
    // The kernel's own answer to dup3(2) is enough.
    if operation.replacement != nil, run.isUnfiltered, sleepers.isEmpty { return }
    guard let reader = try? target.descriptors(of: caller.tid) else { return }
    if operation.freesNumbers {
      guard let open = openNumbers(among: run.plan.picked, through: reader) else { return }
      let remark = sleepers.isEmpty ? Outcome.unserved(.isStillOpen) : .doneNoting(.isOpenAgain)
      run.mark(remark, wherePickedAre: open)
    } else if operation.replacement != nil {
      for (index, number) in run.plan.picked.enumerated()
      where run.outcomes[index] == .done && run.refersToNewFile(number) == false {
        run.outcomes[index] = sleepers.isEmpty ? .unserved(.isNotReplaced) : .doneNoting(.isOpenAgain)
      }
    } else if operation.marksNumbers {
      let mostMarks = 16
      for (index, number) in run.plan.picked.enumerated().prefix(mostMarks)
      where run.outcomes[index] == .done {
        var descriptor = Descriptor(number: number)
        guard reader.read(.info, of: &descriptor, at: .stopped), let info = descriptor.info.value else {
          continue
        }
        if !info.flags.contains(.closeOnExec) { run.outcomes[index] = .unserved(.isNotMarked) }
      }
    }
  }

  /// The open numbers, at least those among some numbers; nil if they cannot be read.
  private func openNumbers(among numbers: [UInt32], through reader: DescriptorReader) -> [UInt32]? {
    if numbers.count > DescriptorReader.fewNumbers { return try? reader.openNumbers() }
    let open = try? reader.open(among: numbers, by: .mode)
    return open?.filter { $0.accessMode.value != nil }.map { $0.number }
  }

  /// Tries the mechanisms in order, until the target runs a mechanism.
  private func apply(_ mechanisms: [any Mechanism], _ run: inout OperationRun) throws(TargetError) {
    for (index, mechanism) in mechanisms.enumerated() {
      run.mayFallBack = index + 1 < mechanisms.count
      run.statistics.call = mechanism.call
      guard let error = try mechanism.apply(&run) else { return }
      run.statistics.fallback = .refused(error)
      if run.statistics.calls == 0, !run.plan.isOfOpenNumbers { run.replan(try openPlan(of: run.plan)) }
    }
  }

  /// A plan of the numbers that are now open in the ranges of `plan`.
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
  /// Gives the process its own copy of the table; returns the error if that fails.
  ///
  /// Other processes keep the old table. The corresponding system calls are `close_range(2)` with
  /// CLOSE_RANGE_UNSHARE, and `unshare(2)` with CLONE_FILES.
  ///
  /// Record locks taken with F_SETLK stay with the old table; see `fcntl(2)`.
  fileprivate mutating func separateTable(usingCloseRange usesCloseRange: Bool) throws(TargetError) -> Errno?
  {
    let unshare: UInt64 = 1 << 1  // CLOSE_RANGE_UNSHARE, include/uapi/linux/close_range.h
    let nowhere = UInt64(UInt32.max)
    if usesCloseRange {
      let error = Errno(answer: try call(SystemCall(numbers.closeRange, nowhere, nowhere, unshare)))
      guard let error, error.meansUnavailable else { return error }
    }
    let files: UInt64 = 0x400  // CLONE_FILES, include/uapi/linux/sched.h
    return Errno(answer: try call(SystemCall(numbers.unshare, files)))
  }
}
