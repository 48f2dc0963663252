import FDCore
import FDSelectors

/// The warnings and the explanation after a scan, before rangeclose attaches to anything.
struct Preview {
  private let target: TargetProcess
  private let selection: Selection
  private let run: Run

  private var invocation: Invocation { run.invocation }
  private var selector: Selector { selection.selector }

  init(_ target: TargetProcess, _ selection: Selection, in run: Run) {
    (self.target, self.selection, self.run) = (target, selection, run)
  }

  /// The files that keep a file system busy without a descriptor, if the selector asks for a file system.
  ///
  /// rangeclose cannot close them, so only a listing shows them.
  private(set) lazy var uses: [FileUse.Found] = {
    guard invocation.isDryRun, selector.asksForFileSystem else { return [] }
    return FileUse.all(in: target.directory, pickedBy: selector)
  }()

  /// Prints the picked descriptors, and what the command would do with them.
  ///
  /// Returns the result that the command would have, as far as it is known.
  ///
  /// - Parameters:
  ///   - isUnreadable: whether the user knows already that the kernel refuses all facts.
  ///   - hazards: the hazards of the operation; nil if rangeclose did not look for them.
  mutating func list(isUnreadable: Bool, _ hazards: Hazards?) throws(CommandError) -> WorkResult {
    let name = target.nameAtScan
    let before = run.output.servedCount
    if invocation.printsRows {
      let (output, words) = (run.output, invocation.operation.words)
      try selection.forEachPicked { descriptor in
        output.prepared(Row(process: name, descriptor: descriptor, words: words))
      } _: { row throws(CommandError) in
        try output.add(row)
      }
    }
    for (use, file) in uses {
      try run.output.add(
        Row(process: name, descriptor: file, use: use, words: invocation.operation.words))
    }
    run.output.add(
      process: JSONMember.name(name) + [
        JSONMember("result", .word("listed")), JSONMember("listed", .number(UInt64(selection.picked.count))),
        JSONMember("undecided", .number(UInt64(selection.undecided.count))),
      ] + (hazards.map { [$0.member] } ?? []))
    try run.output.flush()
    var served = invocation.operation.onFile == nil ? selection.picked.count : run.output.servedCount - before
    if invocation.processes.isSingle, let operation = invocation.operation.onFile {
      served = forecastRefusals(operation)
    }
    run.output.add(picked: served)
    if invocation.savePath != nil, run.saveRefusal == nil, invocation.explainsDryRun {
      for line in SaveWork.list(selection, of: target, inBytes: invocation.layout.isInBytes) {
        try run.output.say("\(name): \(line)\n")
      }
    }
    let strictRefusal =
      invocation.isStrict && hazards?.isEmpty == false ? "--strict allows no hazard" : nil
    let refusal = strictRefusal ?? obstacleToReplacement ?? run.saveRefusal
    if let refusal { run.output.add(refusal: refusal) }
    if invocation.processes.isSingle, !isUnreadable { sayWhatWouldBeDone(served, refusal) }
    return isUnreadable ? .unread : result(served, isRefused: refusal != nil)
  }

  /// The result of a dry run.
  ///
  /// - Parameter served: how many descriptors the operation would serve; it is known for one process, or if
  ///   rows are printed.
  private func result(_ served: Int, isRefused: Bool) -> WorkResult {
    if isRefused { return WorkResult(.couldNot) }
    let isKnown = invocation.printsRows || invocation.processes.isSingle
    guard invocation.operation.onFile != nil, isKnown, served == 0, !selection.picked.isEmpty else {
      return WorkResult(.done)
    }
    // Ranges pass over what the operation does not apply to, if there is something else in any process.
    if invocation.processes.isSingle || !invocation.isRangesAlone { return WorkResult(.couldNot) }
    run.passOver(selection.picked.count)
    return .nothingToDo
  }

  /// Why the process could not open the file of `--replace`, in words; nil if nothing is known against it.
  private var obstacleToReplacement: String? {
    guard let path = invocation.operation.replacement, !selection.picked.isEmpty else { return nil }
    return target.obstacle(toOpening: path, creating: path != "/dev/null").map { "\(path): \($0)" }
  }

  /// Prints which files the operation would leave alone, and returns how many it would serve.
  ///
  /// Ranges pass over the types to which the operation does not apply, unless nothing else is left.
  private func forecastRefusals(_ operation: any FileOperation) -> Int {
    guard let reader = try? target.descriptors() else { return selection.picked.count }
    let types = invocation.operation.types
    let ofSockets: FactSet = types.isSubset(of: .sockets) ? .sockets : []
    let files = reader.complete(
      selection.picked, facts: operation.facts.union(.status).union(ofSockets))
    let suited = files.filter { invocation.operation.mayServe($0, invocation.consent) }
    let surroundings = Surroundings(invocation.consent, candidates: suited)
    var (refused, others, count) = ([] as [OutcomeGroup], [] as [OutcomeGroup], 0)
    for file in files {
      if types.isDisjoint(with: file.possibleTypes) {
        others.add(.unserved(invocation.operation.remark(on: file)), file.number)
      } else if !invocation.operation.mayServe(file, invocation.consent) {
        refused.add(.unserved(.listens), file.number)
      } else if let remark = operation.refusal(of: file, in: target.tableThread, surroundings) {
        refused.add(.unserved(remark), file.number)
      } else {
        count += 1
      }
    }
    guard invocation.explainsDryRun else { return count }
    let passesOver = invocation.isRangesAlone && (count > 0 || !refused.isEmpty)
    for group in refused + (passesOver ? [] : others) {
      Output.complain("\(target.nameAtScan): \(group.forecast(invocation.operation.words))")
    }
    return count
  }

  /// Prints why an operation would be refused, and prepares the line with the number of descriptors.
  private func sayWhatWouldBeDone(_ served: Int, _ ownRefusal: String?) {
    guard invocation.explainsDryRun else { return }
    // An operation on a file works although another process traces the target.
    let stopRefusal = invocation.operation.onFile == nil ? target.expectedRefusal?.reason : nil
    let refusal = stopRefusal ?? ownRefusal ?? run.refusal(of: target).map { "it is \($0)" }
    if let refusal {
      let doing = invocation.operation.words.doing
      Output.complain("\(target.nameAtScan): \(doing) would be refused: \(refusal)")
    }
    // A list of everything needs no count.
    guard invocation.hasSelector else { return }
    run.output.endDryRun(
      of: target.nameAtScan, picked: served, among: selection.openCount,
      isRefused: refusal != nil)
  }

  /// Prints which facts could not be read, and why.
  ///
  /// An unknown fact does not pick a descriptor. If the kernel refuses all facts, that is printed once, and
  /// the result is true.
  func warnOfUnknownFacts() -> Bool {
    if isUnread, let problem = target.factsProblem {
      // With `--all` the run reports how many processes could not be read.
      if invocation.processes.listed != nil {
        Output.complain("\(target.nameAtScan): no fact about its descriptors can be read: \(problem)")
      }
      return true
    }
    guard invocation.verbosity == .rows else { return false }
    for descriptor in selection.undecided {
      let reasons = selector.obstacles(for: descriptor).map { "\($0.fact): \($0.reason)" }
      Output.complain(
        "\(target.nameAtScan): descriptor \(descriptor.number) is not picked, because rangeclose could not"
          + " read " + reasons.joined(separator: "; "))
    }
    return false
  }

  /// Whether the kernel may refuse all facts, and no attach follows that would fail with that refusal.
  private var isUnread: Bool {
    let endsHere = invocation.isPreview || selection.picked.isEmpty
    let isPrinted = invocation.verbosity != .quiet && selection.picked.contains { $0.status.error != nil }
    return endsHere && (isPrinted || !selection.undecided.isEmpty)
  }

  /// The hint that the term `deleted` left files alone.
  static func temporaryFilesHint(_ count: Int) -> String {
    "left \(counted(count, "file")) alone that never had a name (O_TMPFILE); the term tmpfile picks "
      + (count == 1 ? "it" : "them")
  }

  /// Prints what the selector left alone although the user may have meant it.
  func hint() {
    guard invocation.verbosity != .quiet else { return }
    if invocation.processes.isSingle {
      let hints = Hints(invocation, selector, selection, target)
      if !hints.printOfNumbers() { hints.printOfNearMisses() }
    } else if invocation.isRangesAlone {
      run.notePicked(selection.picked)
    }
    let count = selection.temporaryFilesLeft
    if count > 0 && invocation.processes.listed == nil {
      run.temporaryFilesLeft += count
    } else if count > 0 {
      Output.complain("\(target.nameAtScan): " + Self.temporaryFilesHint(count))
    }
    if let (term, wider, count) = selection.otherMounts {
      Output.complain(
        "\(target.nameAtScan): nothing matches by \(term), but \(wider) picks \(counted(count, "descriptor"))"
          + " on the same file system")
    }
  }

  /// Warns of other processes that a session would stop, and of a seccomp filter on the target.
  func warnOfTarget() {
    // An operation on a file needs no stop, and holds for every process that has the file.
    guard invocation.verbosity != .quiet, invocation.operation.onFile == nil else { return }
    let sharing = target.sharing
    if !sharing.processes.isEmpty && !invocation.separatesTable {
      let names = sharing.processes.map { $0.nameAtScan.description }.joined(separator: ", ")
      Output.complain(
        "\(target.nameAtScan): has one descriptor table with \(names), so the same descriptors change there;"
          + " --unshare first gives this process its own table")
    }
    if let doubt = sharing.doubt, run.isFirst(doubt) {
      Output.complain(
        "\(target.nameAtScan): \(doubt); if another process shares its descriptor table, the same descriptors"
          + " change there as well"
          + (invocation.processes.isSingle ? "" : "; this holds for the others, too"))
    }
    if let obstacle = target.seccompObstacle {
      Output.complain(
        "\(target.nameAtScan): has a seccomp filter that cannot be suspended \(obstacle);"
          + " it also applies to \(likeliestCall), and may kill the process for that call")
    }
  }

  /// The call that a session makes if the filter cannot be suspended.
  private var likeliestCall: String { invocation.operation.callUnderFilter(by: invocation.method) ?? "" }

  /// Prints how rangeclose read the selector, and what each part of it picks.
  func explain() throws(CommandError) -> ExitStatus {
    let known = try mapError({ CommandError.target($0, target.nameAtScan) }) { () throws(TargetError) in
      let descriptors = try target.descriptors(comparedWith: selector.comparedNumbers)
      return descriptors.read(try descriptors.openNumbers(of: target), facts: selector.facts)
    }
    if invocation.verbosity != .quiet { try Output.print(Explanation(selector, known).text) }
    return selection.picked.isEmpty && !invocation.isRangesAlone ? .nothingMatched : .done
  }
}
