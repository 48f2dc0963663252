import FDCore
import FDSelectors
import CLinux

/// The command: from the arguments to the exit status, one step after the other.
@main
struct RangeClose {
  static let version = "0.1.0"

  static func main() {
    Output.prepare()
    let ending = run()
    // Whoever takes the output may take it slowly.
    TracerThread.leave { exit(tell(ending).rawValue) }
  }

  /// What is to be told in the end.
  private enum Ending {
    case nothing(ExitStatus)
    case closed(RangeClose, CloseReport)
    case failed(CommandError)
  }

  private static func run() -> Ending {
    do {
      switch try CommandError.rethrow(CommandError.usage, Invocation.parse) {
      case .help: try Output.print(Option.usage)
      case .version: try Output.print("rangeclose \(version)\n")
      case .close(let invocation): return try RangeClose(invocation).run()
      }
      return .nothing(.done)
    } catch {
      return .failed(error)
    }
  }

  private static func tell(_ ending: Ending) -> ExitStatus {
    do throws(CommandError) {
      switch ending {
      case .nothing(let status): return status
      case .closed(let command, let report):
        try command.tell(report)
        return command.status(report)
      case .failed(let error): throw error
      }
    } catch {
      Output.complain(error.description)
      return error.status
    }
  }

  private let invocation: Invocation

  private init(_ invocation: Invocation) {
    self.invocation = invocation
  }

  private func run() throws(CommandError) -> Ending {
    let selector = try CommandError.rethrow(
      { .usage(.selector($0)) }, { () throws(SelectorError) in try invocation.selector.resolved() })
    let (target, selection) = try CommandError.rethrow(CommandError.target) { () throws(TargetError) in
      try look(selector)
    }
    tell(undecided: selection.undecided, by: selector)
    if invocation.isExplained { return .nothing(try explain(selector, selection, target)) }
    warn(of: target)
    if selection.picked.isEmpty && !invocation.isRangesAlone { return .nothing(nothing()) }
    if invocation.separatesTable, let doubt = target.sharing.doubt {
      throw .target(.cannotSeparateTable(target.pid, doubt))
    }
    if invocation.isDryRun {
      let isListed = invocation.verbosity != .quiet && !selection.picked.isEmpty
      if isListed { try Output.print(Listing(selection.picked).text) }
      return .nothing(.done)
    }
    let report = try CommandError.rethrow(CommandError.target) { () throws(TargetError) in
      try close(selection, in: target)
    }
    return .closed(self, report)
  }

  /// A look, and another where the thread that was looked through exited under it, or the process was in the
  /// midst of an execve(2).
  private func look(_ selector: Selector) throws(TargetError) -> (TargetProcess, Selection) {
    let most = 50
    for _ in 1..<most {
      let target = try TargetProcess(invocation.pid)
      do {
        let selection = try Selection(selector, of: target, display: display, isTold: isTold)
        if !target.isHeadless || target.hasTableThread { return (target, selection) }
      } catch {
        guard target.isHeadless || error.mayPass else { throw error }
        usleep(1000)
      }
    }
    let target = try TargetProcess(invocation.pid)
    return (target, try Selection(selector, of: target, display: display, isTold: isTold))
  }

  /// Whether anything says what was picked.
  private var isTold: Bool {
    invocation.verbosity != .quiet || invocation.isDryRun || invocation.isExplained
  }

  /// What the output shows, beyond what the selector needs.
  private var display: FactSet {
    switch invocation.verbosity {
    case .rows: .listing
    case .summary: invocation.isDryRun ? .listing : invocation.action == .close ? .status : []
    case .quiet: []
    }
  }

  private func close(_ selection: Selection, in target: TargetProcess) throws(TargetError) -> CloseReport {
    let session = CloseSession(
      with: target, invocation.action, by: invocation.method,
      separatingTable: invocation.separatesTable, timeout: invocation.timeout
    ) {
      Output.complain("\(target.pid): the call has not come back yet; waiting, so as to restore the process")
    }
    var confirmed: [Descriptor] = []
    let (outcomes, account) = try session.run { (tid, ofOpenNumbers, hasSleepers) throws(TargetError) in
      let (plan, descriptors) = try selection.confirmed(
        in: target, through: tid, ofOpenNumbers: ofOpenNumbers, hasSleepers: hasSleepers)
      confirmed = descriptors
      return plan
    }
    return CloseReport(picked: selection.picked, confirmed: confirmed, outcomes, session: account)
  }

  /// Says which facts could not be read, and why: what they would have decided is not picked.
  private func tell(undecided: [Descriptor], by selector: Selector) {
    guard invocation.verbosity == .rows else { return }
    for descriptor in undecided {
      let reasons = selector.obstacles(for: descriptor).map { "\($0.fact): \($0.reason)" }
      Output.complain(
        "\(invocation.pid): descriptor \(descriptor.number) is not picked, for this could not be read: "
          + reasons.joined(separator: "; "))
    }
  }

  private func explain(
    _ selector: Selector, _ selection: Selection, _ target: TargetProcess
  ) throws(CommandError) -> ExitStatus {
    let known = try CommandError.rethrow(CommandError.target) { () throws(TargetError) in
      let descriptors = try target.descriptors(comparedWith: selector.comparedNumbers)
      return descriptors.read(try descriptors.openNumbers(of: target), facts: selector.facts)
    }
    if invocation.verbosity != .quiet { try Output.print(Explanation(selector, known).text) }
    return selection.picked.isEmpty && !invocation.isRangesAlone ? .nothingMatched : .done
  }

  /// Says what else a session would touch, and what it may not get past, before there is one.
  private func warn(of target: TargetProcess) {
    guard invocation.verbosity != .quiet else { return }
    let sharing = target.sharing
    if !sharing.processes.isEmpty && !invocation.separatesTable {
      let names = sharing.processes.map { $0.name.description }.joined(separator: ", ")
      Output.complain(
        "\(target.pid): has one descriptor table with \(names), for which all of this holds as well;"
          + " --unshare separates it")
    }
    if let doubt = sharing.doubt { Output.complain("\(target.pid): \(doubt)") }
    if let obstacle = target.seccompObstacle {
      Output.complain(
        "\(target.pid): has a seccomp filter that cannot be suspended \(obstacle);"
          + " it decides about \(likeliestCall), and may kill the process for that")
    }
  }

  /// What a target makes whose filter cannot be suspended.
  private var likeliestCall: String {
    switch (invocation.method, invocation.action) {
    case (.closeRange, _): "close_range(2)"
    case (_, .close): "close(2)"
    case (_, .markCloseOnExec): "fcntl(2)"
    }
  }

  private func nothing() -> ExitStatus {
    if invocation.verbosity != .quiet { Output.complain("\(invocation.pid): no descriptor matches") }
    return .nothingMatched
  }

  /// Errors first: they are not to be lost with an output that takes no more.
  private func tell(_ report: CloseReport) throws(CommandError) {
    for (row, error) in report.failures {
      let consequence = row.outcome.consequence(invocation.action, invocation.method)
      Output.complain("\(invocation.pid): descriptor \(row.descriptor.number): \(error)\(consequence)")
    }
    if invocation.verbosity != .quiet {
      for sleeper in report.session.asleep {
        Output.complain(
          "\(invocation.pid): \(sleeper) and was not stopped; what it is using stays open until it wakes")
      }
    }
    if let end = report.session.end { Output.complain("\(end)") }
    let summary = Summary(invocation.pid, invocation.action, report)
    if invocation.verbosity == .rows { try Output.print(Listing(report).text + summary.account) }
    if invocation.verbosity != .quiet { try Output.print(summary.line) }
  }

  private func status(_ report: CloseReport) -> ExitStatus {
    if report.session.end != nil || !report.failures.isEmpty {
      return report.doneCount > 0 ? .partly : .couldNot
    }
    return report.doneCount > 0 || invocation.isRangesAlone ? .done : .nothingMatched
  }
}
