import CLinux
import FDCore
import FDSelectors

/// The work of one command line on all of its processes, one after the other.
final class Run {
  let invocation: Invocation
  private let selector: Selector
  let output: RunOutput
  private var rest: ArraySlice<ProcessOperand> = []
  private var results: [WorkResult] = []
  private var done: Set<Int32> = []
  /// The listed processes whose descendants belong to the run, with the times at which they started.
  private var roots: [Int32: UInt64] = [:]
  private var tables = WorkedTables()
  /// Whether processes are scanned in two threads.
  let scansAhead: Bool
  private var ahead: ScanAhead?
  /// The tables of sockets that the scans of all processes use; nil for one process.
  let socketTables: SocketTableCache?
  /// The first failure to write.
  private var outputError: CommandError?
  /// The first failure to find a mount point in the mount namespace of a process.
  private var usageError: CommandError?
  private lazy var ancestors = ProcessTree.ancestorsOfOurs()
  /// The number of files that `deleted` left alone because they were made without a name.
  var temporaryFilesLeft = 0
  /// The reasons for which rangeclose does not know what shares a table, as far as they were printed.
  private var doubts: [TableSharing.Doubt] = []
  /// The numbers of the command line that were picked in some process of several.
  private var pickedNumbers: Set<UInt32> = []
  /// The number of descriptors that ranges passed over, because the operation does not apply to them.
  private var passedOver = 0
  /// Why `--save` could not open its folder, found by a dry run; nil if it could.
  private(set) var saveRefusal: String?
  private let interruption: Interruption
  /// Holds the signals until the report on a single process is printed; nil if nothing was done yet.
  private var reportInterruption: Interruption?
  /// The folder of `--save`, and the copies so far; nil without the option, and if nothing is done.
  private(set) var folder: SaveFolder?

  /// - Parameter selector: the selector of the invocation, after the lookup of its names.
  init(_ invocation: Invocation, _ selector: Selector) {
    (self.invocation, self.selector) = (invocation, selector)
    output = RunOutput(invocation)
    scansAhead = ScanAhead.isUseful(invocation, selector)
    socketTables = invocation.processes.isSingle ? nil : SocketTableCache()
    interruption = Interruption(
      isHeld: (!invocation.processes.isSingle || invocation.savePath != nil) && !invocation.isPreview)
  }

  /// Works on every process, and ends rangeclose.
  func finish() -> Never {
    if invocation.processes.listed == nil, !invocation.isDryRun, !invocation.force.contains(.all) {
      Output.complain(
        "--all without -n works on every process that rangeclose may stop; --force=all allows it,"
          + " and -n lists what would be done")
      exit(ExitStatus.couldNot.rawValue)
    }
    openFolder()
    rest = processes()
    workOnRest()
  }

  /// Opens the folder of `--save` once; a failure ends rangeclose.
  private func openFolder() {
    guard let path = invocation.savePath, !invocation.isExplained else { return }
    do throws(Errno) {
      let opened = try SaveFolder(path)
      if !invocation.isDryRun { folder = opened }
    } catch {
      let refusal = "--save: \(path): \(error)"
      if invocation.isDryRun {
        saveRefusal = refusal
        return
      }
      Output.complain("\(refusal); nothing was touched")
      exit(ExitStatus.couldNot.rawValue)
    }
  }

  /// Counts descriptors that ranges passed over.
  func passOver(_ count: Int) { passedOver += count }

  /// Notes which numbers of the command line a process has open.
  func notePicked(_ picked: [Descriptor]) {
    let few = 16
    for number in selector.bareNumbers.prefix(few) where picked.contains(where: { $0.number == number }) {
      pickedNumbers.insert(number)
    }
  }

  /// Works on the processes that are left.
  ///
  /// A session may leave tracees that the kernel detaches only when the tracer thread ends. The rest of the
  /// work then goes on in another thread.
  private func workOnRest() -> Never {
    while let operand = next() {
      if interruption.isPending {
        let left = rest.count + 1
        Output.complain(
          "interrupted; " + counted(left, "process") + (left == 1 ? " was" : " were") + " not looked at")
        results.append(WorkResult(.partly))
        break
      }
      let conclusion = work(on: operand).conclusion()
      if !invocation.isPreview {
        TracerThread.leaveIfTracing { [self] in
          conclude(conclusion, operand)
          workOnRest()
        }
      }
      conclude(conclusion, operand)
    }
    let status = end()
    endHold()
    exit(status.rawValue)
  }

  /// Holds the signals that end rangeclose, so that it reports what it has done before it ends.
  func holdUntilReport() {
    if !interruption.isHeld { reportInterruption = Interruption(isHeld: true) }
  }

  /// Lets a held signal end rangeclose.
  func endHold() { reportInterruption = nil }

  private func work(on operand: ProcessOperand) -> ProcessWork {
    ProcessWork(selector, on: operand, in: self)
  }

  /// The scan for the work that begins now; nil if the process was not scanned ahead.
  func takeScan(for work: ProcessWork) -> ScanAhead.Scan? {
    if !scansAhead { return nil }
    if ahead?.isAtEnd ?? true {
      let works = [work] + rest.map { self.work(on: $0) }
      ahead = works.count <= ScanAhead.few ? nil : ScanAhead(works, by: selector)
    }
    return ahead?.take(work.pid)
  }

  /// The next process that was not worked on; nil at the end.
  private func next() -> ProcessOperand? {
    while true {
      if rest.isEmpty, invocation.processes.includesDescendants { rest = newDescendants() }
      guard let operand = rest.popFirst() else { return nil }
      Progress.show(done.count, of: done.count + rest.count + 1)
      guard done.insert(operand.pid).inserted else { continue }
      if invocation.processes.includesDescendants, operand.startTime == nil {
        // If the work finds another process by this ID, the ID and this time fit no process any more.
        roots[operand.pid] = ProcessTree.startTime(of: operand.pid)
      }
      return operand
    }
  }

  // MARK: - Results

  private func conclude(_ conclusion: ProcessWork.Conclusion, _ operand: ProcessOperand) {
    do throws(CommandError) {
      switch conclusion {
      case .failed(.output(let reason)): throw .output(reason)
      case .failed(.target(let error, _)):
        if case .isAnotherProcess = error, operand.startTime == nil { forget(operand) }
        if passesOver(operand, error) { return }
      case .failed(.usage(let error)) where !invocation.processes.isSingle:
        // A path may be a mount point in some mount namespaces only.
        usageError = usageError ?? .usage(error)
        return
      case .failed, .scanned, .reported: break
      }
      // A process that could not be read is counted, and does not fail a run over all processes.
      if case .scanned(let result) = conclusion, result.isUnread, invocation.processes.listed == nil {
        return
      }
      if case .reported(let report) = conclusion { passOver(report.passedOver) }
      if case .failed(let error) = conclusion { output.add(failed: operand.pid, error) }
      try conclusion.print(to: output)
      results.append(conclusion.result)
    } catch {
      // The work on the other processes goes on without output.
      outputError = outputError ?? error
      results.append(WorkResult(.done, hasEffect: conclusion.result.hasEffect))
    }
  }

  /// Removes a process that has the ID of the process that the operand means.
  ///
  /// Another entry may mean it, and its descendants do not belong to the run.
  private func forget(_ operand: ProcessOperand) {
    done.remove(operand.pid)
    roots[operand.pid] = nil
  }

  /// Whether an error is no error of the run, because the user did not name the process.
  private func passesOver(_ operand: ProcessOperand, _ error: TargetError) -> Bool {
    guard invocation.processes.listed == nil || operand.startTime != nil else { return false }
    if error.meansNoTarget { return true }
    guard case .notPermitted = error, invocation.isDryRun || invocation.processes.listed == nil else {
      return false
    }
    output.addUnreadable(operand.pid)
    return true
  }

  /// Prints the end of the output, and returns the exit status.
  private func end() -> ExitStatus {
    Progress.clear()
    if let usageError, results.isEmpty {
      // The user sees the mount points of rangeclose's own namespace.
      let error = ownMountError ?? usageError
      Output.complain(error.description)
      return error.status
    }
    listUsesOfKernel()
    let status = saveRefusal != nil ? .couldNot : results.isEmpty ? emptyStatus : statusOfResults
    if let saveRefusal, invocation.verbosity != .quiet, invocation.processes.isSingle,
      results.allSatisfy({ $0.status == .nothingMatched })
    {
      Output.complain("\(invocation.operation.words.doing) would be refused: \(saveRefusal)")
    }
    if invocation.verbosity != .quiet, !invocation.processes.isSingle {
      if output.unreadable > 0 {
        Output.complain(
          "\(output.unread) could not be read; that takes CAP_SYS_PTRACE in the user namespace of each")
      }
      if temporaryFilesLeft > 0 { Output.complain(Preview.temporaryFilesHint(temporaryFilesLeft)) }
      if status == .nothingMatched {
        Output.complain("no descriptor matches in any process")
        Hints.printOfNearMisses(of: selector, in: done.sorted())
      }
      // Ranges in which nothing is open are no error, as with close_range(2).
      if invocation.isRangesAlone { Hints.printOfProcesses(in: invocation, picked: pickedNumbers) }
      if status == .done, output.isEmptyHanded, outputError == nil, invocation.isRangesAlone {
        Output.complain("nothing is open at these numbers in any process")
      }
      let doing = invocation.operation.words.doing
      if let saveRefusal, invocation.explainsDryRun, output.isEmptyHanded {
        Output.complain("\(doing) would be refused: \(saveRefusal)")
      } else if status == .couldNot, invocation.explainsDryRun, invocation.operation.onFile != nil,
        output.isEmptyHanded, passedOver == 0
      {
        Output.complain("\(doing) would leave all of it alone; with one process, -n says why")
      }
      if invocation.explainsDryRun, !output.isEmptyHanded, !invocation.isStrict,
        invocation.processes.listed == nil, invocation.hasSelector, invocation.operation.dropsFiles
      {
        Output.complain(
          "hazards were not looked for; for that add --strict, or give a list of processes in place of --all")
      }
      if status == .couldNot, passedOver > 0, output.isEmptyHanded {
        Output.complain("nothing at these numbers is a \(invocation.operation.words.subject) in any process")
      }
    }
    if invocation.verbosity != .quiet, !invocation.isPreview, invocation.operation.dropsFiles,
      selector.asksForFileSystem, status.isSuccess, let message = BusyFileSystem(selector).message
    {
      Output.complain(message)
    }
    do throws(CommandError) {
      if let outputError { throw outputError }
      try output.finish(status)
      return status
    } catch {
      Output.complain(error.description)
      return status.isSuccess ? error.status : status
    }
  }

  /// The failure to find a mount point in our own mount namespace; nil if there is none.
  private var ownMountError: CommandError? {
    guard let namespace = try? MountNamespace.own() else { return nil }
    do throws(SelectorError) {
      _ = try selector.located(in: namespace)
      return nil
    } catch {
      return .usage(.selector(error))
    }
  }

  /// Prints the swap files and the files of loop devices that keep a file system busy.
  private func listUsesOfKernel() {
    guard invocation.processes.listed == nil, invocation.isDryRun, selector.asksForFileSystem,
      let namespace = try? MountNamespace.own(), let located = try? selector.located(in: namespace)
    else { return }
    for (use, file) in FileUse.ofKernel() where located.evaluate(file) == true {
      do throws(CommandError) {
        try output.add(Row(process: nil, descriptor: file, use: use, words: invocation.operation.words))
        results.append(WorkResult(.done))
      } catch {
        outputError = outputError ?? error
      }
    }
  }

  /// The status for what was done in the processes.
  ///
  /// Ranges pass over what the operation does not apply to. If nothing else was open, nothing could be done.
  private var statusOfResults: ExitStatus {
    let status = ExitStatus(combining: results)
    let isNothing = status == .done && passedOver > 0 && !results.contains { $0.hasEffect }
    return isNothing ? .couldNot : status
  }

  private var emptyStatus: ExitStatus {
    output.unreadable > 0 ? .couldNot : .nothingMatched
  }

  // MARK: - Processes

  private func processes() -> ArraySlice<ProcessOperand> {
    guard let listed = invocation.processes.listed else {
      return ProcessTree.all().map { ProcessOperand(pid: $0, startTime: nil) }[...]
    }
    return listed[...]
  }

  /// Descendants that did not exist at the last look, or whose ancestors were not known then.
  ///
  /// A child that a process makes after the work on it has none of the descriptors that were closed.
  private func newDescendants() -> ArraySlice<ProcessOperand> {
    ProcessTree.descendants(of: roots).filter { !done.contains($0.pid) }
      .map { ProcessOperand(pid: $0.pid, startTime: $0.startTime) }[...]
  }

  /// Whether a process without a match is reported.
  ///
  /// With `--all` and `--descendants` most processes have none.
  var reportsEachProcess: Bool {
    invocation.verbosity != .quiet && invocation.processes.isSingle
  }

  /// Whether no other process with the same descriptor table was worked on before.
  func isFirstOfItsTable(_ target: TargetProcess) -> Bool {
    invocation.processes.isSingle || invocation.separatesTable || tables.insert(target)
  }

  /// Whether a doubt was not printed before; it is the same for most processes of a run.
  func isFirst(_ doubt: TableSharing.Doubt) -> Bool {
    if doubts.contains(doubt) { return false }
    doubts.append(doubt)
    return true
  }

  /// The reason why an operation on a process is refused, in words for "it is"; nil if it is allowed.
  func refusal(of target: TargetProcess) -> String? {
    if invocation.force.contains(.initial) { return nil }
    guard target.pid == 1 || isAncestor(target) else { return nil }
    let reason =
      target.pid == 1 ? "the first process, on which all others depend" : "an ancestor of rangeclose"
    return "\(reason); --force=init allows it"
  }

  /// Whether a process is an ancestor of rangeclose.
  ///
  /// For one process, a look at its children costs less than a look at each ancestor.
  private func isAncestor(_ target: TargetProcess) -> Bool {
    if invocation.processes.isSingle, target.isChildless { return false }
    return ancestors.contains(target.pid)
  }
}
