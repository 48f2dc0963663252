import CLinux

/// Closes or marks the descriptors of a plan through calls of the target's own.
struct RemoteClose {
  let numbers: SystemCallNumbers
  let action: CloseSession.Action

  /// Applies a plan by the account's method, and notes there what was done, and what ended it before its
  /// time.
  ///
  /// Where `close_range(2)` is refused and `mayFallBack` allows it, the rest is done one by one.
  /// They are of what is open, and a plan that is not is made anew for that.
  func apply(
    _ plan: inout ClosePlan, through remote: inout RemoteSyscall, mayFallBack: Bool,
    _ account: inout CloseSession.Account, planOfOpenNumbers: () throws(TargetError) -> ClosePlan
  ) -> [CloseReport.Outcome] {
    var outcomes: [CloseReport.Outcome] = plan.picked.map { _ in .notDone }
    do {
      if account.method == .closeRange {
        let error = try closeRanges(plan, &remote, &account, &outcomes, mayFallBack: mayFallBack)
        if let error {
          account.method = .close
          account.reason = .refused(error)
          if account.calls == 0, !plan.isOfOpenNumbers {
            plan = try planOfOpenNumbers()
            outcomes = plan.picked.map { _ in .notDone }
          }
        }
      }
      if account.method == .close {
        for index in outcomes.indices where outcomes[index] == .notDone {
          outcomes[index] = try one(plan.picked[index], &remote, &account)
        }
      }
    } catch {
      account.end = error
      if case .exited = error { return outcomes }
      settle(plan, remote, &outcomes)
    }
    return outcomes
  }

  /// Finds out what the last calls have closed: a number is free before its file is flushed.
  private func settle(
    _ plan: ClosePlan, _ remote: borrowing RemoteSyscall, _ outcomes: inout [CloseReport.Outcome]
  ) {
    guard action == .close else { return }
    for index in outcomes.indices where outcomes[index] == .notDone {
      if !remote.isOpen(plan.picked[index]) { outcomes[index] = .closed }
    }
  }

  /// Does range after range; answers the error of the first that was refused, if something else is to be
  /// tried.
  private func closeRanges(
    _ plan: ClosePlan, _ remote: inout RemoteSyscall, _ account: inout CloseSession.Account,
    _ outcomes: inout [CloseReport.Outcome], mayFallBack: Bool
  ) throws(TargetError) -> Errno? {
    var next = 0
    var rest = plan.ranges[...]
    while let range = rest.popFirst() {
      let error = try closeRange(range, &remote, &account)
      if let error, mayFallBack, Self.meansUnavailable(error) {
        account.calls -= 1
        return error
      }
      // Where one was done there is nothing that the others could be refused for.
      if error == nil {
        let chained = try remote.run(numbers.closeRange, with: rest.lazy.map(Self.arguments), flags)
        account.calls += chained
        rest = rest.dropFirst(chained)
      }
      let last = plan.ranges[rest.startIndex - 1].upperBound
      while next < plan.picked.count, plan.picked[next] <= last {
        outcomes[next] = error.map { .failed($0) } ?? success
        next += 1
      }
    }
    return nil
  }

  /// Gives the process a copy of its table, which other processes keep; the error where that cannot be.
  ///
  /// Record locks taken with F_SETLK stay with the table that is left; see `fcntl(2)`.
  func separateTable(
    through remote: inout RemoteSyscall, _ method: CloseSession.Method
  ) throws(TargetError) -> Errno? {
    let unshare: UInt64 = 1 << 1  // CLOSE_RANGE_UNSHARE, include/uapi/linux/close_range.h
    let nowhere = UInt64(UInt32.max)
    if method != .close {
      let error = try remote.call(numbers.closeRange, nowhere, nowhere, unshare)
      guard let error, Self.meansUnavailable(error) else { return error }
    }
    let files: UInt64 = 0x400  // CLONE_FILES, include/uapi/linux/sched.h
    return try remote.call(numbers.unshare, files, 0, 0)
  }

  private var success: CloseReport.Outcome {
    action == .close ? .closed : .markedCloseOnExec
  }

  /// `ENOSYS` before Linux 5.9, `EINVAL` for the flag before 5.11, `EPERM` from a filter that is older
  /// than the call.
  private static func meansUnavailable(_ error: Errno) -> Bool {
    error == .notImplemented || error == .notPermitted || error == .invalid
  }

  private func closeRange(
    _ range: DescriptorRange, _ remote: inout RemoteSyscall,
    _ account: inout CloseSession.Account
  ) throws(TargetError) -> Errno? {
    account.calls += 1
    let (first, last) = Self.arguments(range)
    return try remote.call(numbers.closeRange, first, last, flags)
  }

  private static func arguments(_ range: DescriptorRange) -> (UInt64, UInt64) {
    (UInt64(range.lowerBound), UInt64(range.upperBound))
  }

  private var flags: UInt64 {
    let closeOnExec: UInt64 = 1 << 2  // CLOSE_RANGE_CLOEXEC, include/uapi/linux/close_range.h
    return action == .markCloseOnExec ? closeOnExec : 0
  }

  private func one(
    _ number: UInt32, _ remote: inout RemoteSyscall, _ account: inout CloseSession.Account
  ) throws(TargetError) -> CloseReport.Outcome {
    account.calls += 1
    switch action {
    case .markCloseOnExec:
      let error = try remote.call(numbers.fcntl, UInt64(number), UInt64(F_SETFD), UInt64(FD_CLOEXEC))
      return error.map { .failed($0) } ?? .markedCloseOnExec
    case .close:
      guard let error = try remote.call(numbers.close, UInt64(number), 0, 0) else { return .closed }
      // The number is free before the file is flushed: what the flush met is told, and is too late to keep
      // the descriptor open. See close(2), "Dealing with error returns from close()". A filter may have let
      // no call through.
      if remote.isOpen(number) { return .failed(error) }
      return error == .badDescriptor ? .leftAlone : .closedWithError(error)
    }
  }
}
