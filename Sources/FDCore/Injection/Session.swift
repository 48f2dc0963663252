import CLinux

/// One ptrace session: every thread stopped, the plan made, the descriptors closed, everything restored.
package struct CloseSession {
  /// What is to be done to each picked descriptor.
  package enum Action: Sendable {
    case close, markCloseOnExec
  }

  /// By which calls.
  package enum Method: String, CaseIterable, Sendable {
    /// `close_range(2)`; one call for each descriptor where the target cannot run it.
    case auto
    case closeRange = "close_range"
    /// `close(2)`, or `fcntl(2)` to mark, for each descriptor, with each one's own error.
    case close
  }

  /// What the session did.
  package struct Account: Equatable, Sendable {
    /// The method that was used in the end, never `auto`.
    package var method: Method
    /// Why `close_range(2)` was not used though it was wanted.
    package var reason: FallbackReason?
    /// How many calls the target ran, but for one that was refused and gave the reason.
    package var calls = 0
    /// How many descriptors fewer there were then, where the kernel was asked.
    package var closed: Int?
    /// How many threads were stopped.
    package var threads = 0
    /// Whether the table was made the process's own first.
    package var separatedTable = false
    /// Those that sleep in the kernel and were not stopped.
    package var asleep: [TargetError.Sleeper] = []
    /// What ended it before everything was done.
    package var end: TargetError?
    /// From the first stop asked for until the last thread was let go, in nanoseconds.
    package var nanoseconds: UInt64 = 0
  }

  /// Why a target does each descriptor by itself.
  package enum FallbackReason: Equatable, Sendable {
    /// It was tried, and refused.
    case refused(Errno)
    /// A filter that may kill for a call it does not know cannot be suspended by us.
    case filtered
  }

  package typealias PlanMaker = (
    _ tid: Int32, _ ofOpenNumbers: Bool, _ hasSleepers: Bool
  ) throws(TargetError) -> ClosePlan

  /// What to do about the seccomp filters of a target.
  package enum FilterPolicy: Sendable {
    /// Suspend them, or where that is not permitted make the calls that they are likeliest to know.
    case avoid
    /// Nothing: for a filter that stands for a kernel without `close_range(2)`.
    case ignore
  }

  let target: TargetProcess
  let action: Action
  let method: Method
  let separatesTable: Bool
  let timeout: UInt32
  let filters: FilterPolicy
  let stalled: () -> Void

  /// - Parameters:
  ///   - separatesTable: whether other processes that share the descriptor table are to keep theirs.
  ///   - timeout: how long threads may take to stop, and each call to come back, in milliseconds.
  ///   - stalled: called once where a call does not come back at all and is waited for.
  package init(
    with target: TargetProcess, _ action: Action, by method: Method,
    separatingTable separatesTable: Bool = false, timeout: UInt32, filters: FilterPolicy = .avoid,
    stalled: @escaping () -> Void
  ) {
    self.target = target
    self.action = action
    self.method = method
    self.separatesTable = separatesTable
    self.timeout = timeout
    self.filters = filters
    self.stalled = stalled
  }

  /// Holds the session.
  ///
  /// `makePlan` runs while every thread is stopped, and should be quick. It is given a thread that has the
  /// table, and whether the plan has to be of what is open then. It may be asked a second time, for that,
  /// before anything was done.
  ///
  /// The answer has an outcome for each number of the plan that was made, in order, also where an error ended
  /// it between two calls. Throws with the target as it was.
  package func run(
    _ makePlan: PlanMaker
  ) throws(TargetError) -> (outcomes: [CloseReport.Outcome], account: Account) {
    target.prepareForStop()
    let code = TargetCode(preparing: target)
    let signals: HeldSignals
    do {
      signals = try HeldSignals()
    } catch {
      throw .system(target.pid, call: "pthread_sigmask(3)", error)
    }
    return try underClock(signals, code, makePlan)
  }

  private func underClock(
    _ signals: borrowing HeldSignals, _ code: TargetCode, _ makePlan: PlanMaker
  ) throws(TargetError) -> (outcomes: [CloseReport.Outcome], account: Account) {
    let clock: WaitClock
    do {
      clock = try WaitClock()
    } catch {
      throw .system(target.pid, call: "setitimer(2)", error)
    }
    return try stopAndClose(by: clock, code, makePlan)
  }

  // Three steps, three functions: what a step borrows outlives what it makes. So registers are put back
  // before threads go on, and threads go on before a signal can end us.

  private func stopAndClose(
    by clock: borrowing WaitClock, _ code: TargetCode,
    _ makePlan: PlanMaker
  ) throws(TargetError) -> (outcomes: [CloseReport.Outcome], account: Account) {
    let begun = clinux_monotonic_nanoseconds()
    var account = Account(method: method == .close ? .close : .closeRange)
    let deadline = Deadline(inMilliseconds: timeout)
    let outcomes = try close(
      in: try StoppedProcess(target, deadline: deadline), code, makePlan, &account)
    account.nanoseconds = clinux_monotonic_nanoseconds() - begun
    return (outcomes, account)
  }

  private func close(
    in stopped: borrowing StoppedProcess, _ code: TargetCode,
    _ makePlan: PlanMaker, _ account: inout Account
  ) throws(TargetError) -> [CloseReport.Outcome] {
    account.threads = stopped.threads.count
    account.asleep = stopped.asleep
    if separatesTable { try stopped.requireSingleThreadWithTable() }
    let caller = try stopped.threadToCallFrom(code)
    let tid = caller.tracee.tid
    try passSeccomp(caller, &account)
    let before = target.descriptorCount(ofThread: tid).flatMap { $0 > 0 ? $0 : nil }
    // A call that a sleeping thread is in may yet open something at a number that is free now.
    // And where no other method is to be tried, a refusal is told of each.
    let isExact = method != .auto || account.method == .close || !stopped.asleep.isEmpty || before == nil
    let hasSleepers = !stopped.asleep.isEmpty
    var plan = try makePlan(tid, isExact, hasSleepers)
    if plan.ranges.isEmpty { return [] }
    var registers = caller.registers
    registers.abortRestartableSequence(of: caller.tracee)
    var remote = try RemoteSyscall(
      in: target.pid, caller, registers, code, timeout: timeout, stalled: stalled)
    let remoteClose = RemoteClose(numbers: registers.layout.calls, action: action)
    if separatesTable {
      if let error = try remoteClose.separateTable(through: &remote, account.method) {
        throw .system(target.pid, call: "unshare(2)", error)
      }
      account.separatedTable = true
    }
    let outcomes = remoteClose.apply(&plan, through: &remote, mayFallBack: method == .auto, &account) {
      () throws(TargetError) in try makePlan(tid, true, hasSleepers)
    }
    let isOurs = account.end.map { !$0.leavesThread } ?? true
    if let before, action == .close, isOurs, !plan.isOfOpenNumbers,
      let after = target.descriptorCount(ofThread: tid)
    {
      account.closed = max(before - after, 0)
    }
    return outcomes
  }

  /// Makes sure that no seccomp filter kills the target for what we have it do.
  private func passSeccomp(
    _ caller: Caller, _ account: inout Account
  ) throws(TargetError) {
    guard caller.seccomp != .disabled, filters == .avoid else { return }
    do {
      try caller.tracee.suspendSeccomp()
    } catch {
      let mode =
        caller.seccomp ?? (try? target.directory.status(ofThread: caller.tracee.tid))?.seccomp ?? .filter
      if mode == .disabled { return }
      if mode == .strict { throw .strictSeccomp(target.pid) }
      // What a filter says cannot be read without privilege, and it may kill for a call that it does not
      // know. close(2) is older than any filter.
      if method == .auto {
        account.method = .close
        account.reason = .filtered
      }
    }
  }
}
