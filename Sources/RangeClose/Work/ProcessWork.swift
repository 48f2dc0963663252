import CLinux
import FDCore
import FDSelectors

/// The work on one process: scan, stop, confirm, operate, restore, report.
struct ProcessWork {
  private let selector: Selector
  private let operand: ProcessOperand
  private let run: Run

  private var invocation: Invocation { run.invocation }
  var pid: Int32 { operand.pid }

  /// - Parameters:
  ///   - selector: the selector of the invocation, after the lookup of its names.
  ///   - run: the run that the work is a part of.
  init(_ selector: Selector, on operand: ProcessOperand, in run: Run) {
    (self.selector, self.operand, self.run) = (selector, operand, run)
  }

  /// A process, and what the scan picked in it.
  typealias Scan = (target: TargetProcess, selection: Selection)

  /// The result of the work, which is printed after the process is resumed.
  enum Conclusion {
    /// rangeclose did not attach, and everything is already printed.
    case scanned(WorkResult)
    /// The session's report.
    case reported(Report)
    /// The error that ended the work.
    case failed(CommandError)

    /// The result for the exit status of the run.
    var result: WorkResult {
      switch self {
      case .scanned(let result): result
      case .reported(let report):
        WorkResult(report.status, hasEffect: report.doneCount > 0 || report.status == .partly)
      case .failed(let error): WorkResult(error.status)
      }
    }

    /// Prints the result.
    func print(to output: RunOutput) throws(CommandError) {
      switch self {
      case .scanned: break
      case .reported(let report):
        do {
          try report.print(to: output)
        } catch {
          if report.status.isSuccess { throw error }
        }
      case .failed(let error):
        Output.complain(error.description)
      }
    }
  }

  /// Does the work, and turns an error into a conclusion.
  func conclusion() -> Conclusion {
    do {
      return try work()
    } catch {
      return .failed(error)
    }
  }

  /// Runs the six steps.
  ///
  /// The process is stopped from the second step until `restore()`.
  private func work() throws(CommandError) -> Conclusion {
    let ahead = run.takeScan(for: self)
    let (target, selection) = if let ahead { try ahead.get() } else { try scan() }
    if let result = try preview(selection, target) { return .scanned(result) }
    let hazards = try warnOfHazards(selection, target)
    var saving = run.folder.map { SaveWork(invocation, selection, on: target, in: $0) }
    var duplicates = DuplicateWork(invocation, selection, on: target)
    if saving != nil {
      // A file that the operation refuses needs no copy.
      try duplicates?.findRefusals()
      if let duplicates { saving?.refusals = duplicates.refusals }
      if try saving?.copy() == 0, duplicates?.refusals.isEmpty == false {
        duplicates?.copied = []
        saving = nil
      }
    }
    run.holdUntilReport()
    do throws(CommandError) {
      return .reported(try operate(selection, target, duplicates, hazards, saving))
    } catch {
      saving?.discard()
      run.endHold()
      throw error
    }
  }

  /// Does the operation, by duplicates or in a session.
  private func operate(
    _ selection: Selection, _ target: TargetProcess, _ work: DuplicateWork?, _ hazards: Hazards?,
    _ saving: SaveWork?
  ) throws(CommandError) -> Report {
    if let work {
      if let saving { return try truncate(by: work, selection, target, hazards, saving) }
      if let report = try work.report(hazards) { return report }
    }
    let gauge = invocation.verbosity == .quiet ? nil : StorageGauge(for: selection.picked)
    let session = try stop(target, keeping: selection)
    let (confirmed, choice) = try confirm(selection, in: session)
    let saved = try saving?.finish(confirmed.plan.picked, in: session)
    let result = try operate(on: confirmed.plan, by: choice, in: session)
    let pause = session.restore()
    var report = report(target.nameAtScan, selection, confirmed, result, pause, hazards)
    (report.gauge, report.target) = (gauge, target)
    if let saved { saving?.conclude(saved, &report) }
    return report
  }

  /// Empties files while the process is stopped, after the rest of them was copied.
  private func truncate(
    by work: DuplicateWork, _ selection: Selection, _ target: TargetProcess, _ hazards: Hazards?,
    _ saving: SaveWork
  ) throws(CommandError) -> Report {
    let surroundings = try work.searchedSurroundings()
    var work = work
    let session = try stop(target, keeping: selection)
    let candidates = try asCommandError(target) { () throws(TargetError) in
      try selection.candidates(of: target)
    }
    let saved = try saving.finish(candidates.map { $0.number }, in: session)
    saving.keep(saved)
    work.copied = saved.seen
    let report: Report?
    do throws(CommandError) {
      report = try work.report(hazards, in: surroundings)
    } catch {
      saving.release(saved)
      throw error
    }
    let threads = session.threadCount
    let pause = session.restore()
    guard var report else { throw .refused("\(target.nameAtScan): its files cannot be duplicated") }
    report.noteStop(of: threads, pause)
    saving.conclude(saved, &report)
    return report
  }

  // MARK: - Scan

  /// Reads the descriptors of the process while it runs.
  ///
  /// The scan is repeated if the thread through which it read has exited, or if the process was in an
  /// execve(2).
  func scan() throws(CommandError) -> Scan {
    let mostTries = 50
    for _ in 1..<mostTries {
      let target = try open()
      let located = try locate(in: target)
      do {
        let selection = try select(located, in: target)
        if !target.hasExitedLeader || target.hasTableThread { return (target, selection) }
      } catch {
        guard target.hasExitedLeader || error.mayPass else { throw .target(error, target.nameAtScan) }
        usleep(1000)
      }
    }
    let target = try open()
    let located = try locate(in: target)
    return try asCommandError(target) { () throws(TargetError) in (target, try select(located, in: target)) }
  }

  /// The process, if it still is the one that the operand means.
  private func open() throws(CommandError) -> TargetProcess {
    do {
      let target = try TargetProcess(pid, isOnlyRead: invocation.isPreview)
      try target.confirm(inode: operand.inode, startTime: operand.startTime)
      return target
    } catch {
      if isAboutInode(error), let number = operand.numberMeantAsDescriptor {
        throw .refused(
          "'\(pid):\(number)': no process has the inode number \(number); for descriptor \(number) write"
            + " \(pid) \(number)")
      }
      throw .target(error, nil)
    }
  }

  private func isAboutInode(_ error: TargetError) -> Bool {
    switch error {
    case .isAnotherProcess, .hasNoInodes: true
    default: false
    }
  }

  /// The selector after a lookup of its mount points in the mount namespace of the target.
  private func locate(in target: TargetProcess) throws(CommandError) -> Selector {
    try mapError({ CommandError.usage(.selector($0)) }) { () throws(SelectorError) in
      try selector.located(in: MountNamespace(of: target.directory))
    }
  }

  private func select(_ selector: Selector, in target: TargetProcess) throws(TargetError) -> Selection {
    let isPrinted =
      invocation.verbosity != .quiet || invocation.isPreview || invocation.isStrict
      || !invocation.processes.isSingle
    return try Selection(
      selector, of: target, display: invocation.display, isPrinted: isPrinted,
      early: earlyFacts(of: selector), socketTables: run.socketTables)
  }

  /// The facts to display that the scan reads.
  ///
  /// A listing reads the others a few descriptors at a time. A scan of a few numbers reads them at once.
  private func earlyFacts(of selector: Selector) -> FactSet {
    let display = invocation.display
    if !invocation.isDryRun { return display }
    let early = run.scansAhead && selector.isOfFewNumbers ? display : display.intersection(.together)
    return run.scansAhead ? early.withoutTables : early
  }

  /// Prints the result of the scan; returns the result of the work if it ends here, and nil otherwise.
  private func preview(
    _ selection: Selection, _ target: TargetProcess
  ) throws(CommandError) -> WorkResult? {
    var preview = Preview(target, selection, in: run)
    let isUnreadable = preview.warnOfUnknownFacts()
    if isUnreadable && !invocation.processes.isSingle {
      run.output.addUnreadable(pid)
      return .unread
    }
    preview.hint()
    if invocation.isExplained { return WorkResult(try preview.explain()) }
    let isAlone = invocation.processes.isSingle
    if isAlone && !isUnreadable { preview.warnOfTarget() }
    if selection.picked.isEmpty && preview.uses.isEmpty && !invocation.isRangesAlone {
      if isUnreadable { return WorkResult(.couldNot) }
      if run.reportsEachProcess { Output.complain("\(target.nameAtScan): no descriptor matches") }
      return WorkResult(.nothingMatched)
    }
    // A number that is not open is passed over. So a process without a match need not be stopped.
    if !isAlone && selection.picked.isEmpty && preview.uses.isEmpty { return .nothingToDo }
    if !run.isFirstOfItsTable(target) { return .nothingToDo }
    // A listing of many processes leaves out the search for shared tables. It would take longer than the
    // rest.
    if !isAlone && !invocation.isDryRun { preview.warnOfTarget() }
    if invocation.separatesTable, let doubt = target.sharing.doubt {
      throw .target(.cannotSeparateTable(pid, doubt), target.nameAtScan)
    }
    if !invocation.isDryRun {
      if let refusal = run.refusal(of: target) {
        throw .refused("\(target.nameAtScan) is \(refusal)")
      }
      return nil
    }
    return try preview.list(isUnreadable: isUnreadable, warnOfHazards(selection, target))
  }

  /// Prints the hazards of the operation; throws with `--strict` if there are any.
  ///
  /// A listing without a selector, of all processes, or of several for a program leaves them out. The search
  /// for them would take longer than the rest.
  private func warnOfHazards(_ selection: Selection, _ target: TargetProcess) throws(CommandError) -> Hazards?
  {
    let isForReader = invocation.processes.listed != nil && invocation.explainsDryRun
    let isList =
      invocation.isDryRun && !(invocation.hasSelector && (invocation.processes.isSingle || isForReader))
    guard invocation.isStrict || invocation.verbosity != .quiet && !isList else { return nil }
    let hazards = Hazards(invocation, on: selection, of: target)
    for line in hazards.lines { Output.complain(line) }
    if !invocation.isDryRun || invocation.processes.isSingle {
      for note in hazards.notes { Output.complain(note) }
    }
    if invocation.isStrict, !invocation.isDryRun, !hazards.isEmpty {
      throw .refused("\(target.nameAtScan): --strict refuses that; nothing was touched")
    }
    return hazards
  }

  // MARK: - Stop, confirm, operate

  private func stop(_ target: TargetProcess, keeping selection: Selection) throws(CommandError) -> Session {
    if invocation.verbosity == .quiet && invocation.isRangesAlone && !invocation.separatesTable {
      target.leaveOutSharing()
    }
    let freesFiles = invocation.operation.dropsFiles
    let references = freesFiles ? LastReferences(to: selection.picked, of: target) : nil
    let (name, folder) = (target.nameAtScan, run.folder)
    return try asCommandError(target) { () throws(TargetError) in
      try Session(
        stopping: target, separatingTable: invocation.separatesTable, timeout: invocation.timeout,
        keeping: references, readsFromServers: selection.mayAskServers || folder != nil,
        overdue: {
          Output.complainAtOnce(TargetError.readBlocked(name.pid).description(naming: name))
          folder?.discard()
          clinux_exit_at_once(ExitStatus.couldNot.rawValue)
        }
      ) {
        Output.complainAtOnce(
          "\(name): the call has not returned yet; rangeclose waits for it, to restore the process")
      }
    }
  }

  private func confirm(
    _ selection: Selection, in session: borrowing Session
  ) throws(CommandError) -> (Selection.Confirmed, Session.Choice) {
    do {
      let choice = try session.choose(invocation.operation, by: invocation.method)
      let confirmed = try selection.confirmed(
        in: session, for: invocation.operation, with: invocation.consent,
        needsOpenNumbers: choice.needsOpenNumbers || run.folder != nil,
        until: Deadline(inMilliseconds: invocation.timeout))
      return (confirmed, choice)
    } catch {
      throw .target(error, session.target.nameAtScan)
    }
  }

  private func operate(
    on plan: ClosePlan, by choice: Session.Choice, in session: borrowing Session
  ) throws(CommandError) -> Session.Result {
    do {
      return try session.operate(
        invocation.operation, on: plan, by: choice, separatingTable: invocation.separatesTable)
    } catch {
      throw .target(error, session.target.nameAtScan)
    }
  }

  // MARK: - Report

  private func report(
    _ name: ProcessName, _ selection: Selection, _ confirmed: Selection.Confirmed,
    _ result: Session.Result, _ pause: UInt64, _ hazards: Hazards?
  ) -> Report {
    var statistics = result.statistics
    statistics.nanoseconds = pause
    var (numbers, outcomes) = confirmed.adding(to: result)
    if invocation.operation.isReplacementForeign(result.newFiles) {
      outcomes = outcomes.map { $0 == .done ? .doneNoting(.isForeignFile) : $0 }
    }
    return Report(
      invocation, name, picked: selection.picked, confirmed: confirmed.all, numbers, outcomes,
      statistics, hazards)
  }

  /// - Parameter target: the process whose name errors have; nil before it is known.
  private func asCommandError<Value: ~Copyable>(
    _ target: TargetProcess?, _ step: () throws(TargetError) -> Value
  ) throws(CommandError) -> Value {
    try mapError({ CommandError.target($0, target?.nameAtScan) }, step)
  }
}
