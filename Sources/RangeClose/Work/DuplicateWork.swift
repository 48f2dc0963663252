import FDCore
import FDSelectors

/// The work on the files of one process through duplicates, while the process runs.
struct DuplicateWork {
  private let invocation: Invocation
  private let operation: any FileOperation
  private let selection: Selection
  private let target: TargetProcess
  /// The descriptors whose files were not copied, because the operation refused them before.
  private(set) var refusals = Refusals()
  /// The files that were copied, or need no copy; nil if any file may be served.
  var copied: Set<FileStatus.Identity>?

  /// Nil if the target itself has to make the calls of the operation.
  init?(_ invocation: Invocation, _ selection: Selection, on target: TargetProcess) {
    guard let operation = invocation.operation.onFile else { return nil }
    (self.invocation, self.operation, self.selection, self.target) = (
      invocation, operation, selection, target
    )
  }

  /// Finds out which files the operation would leave alone.
  mutating func findRefusals() throws(CommandError) {
    let (candidates, surroundings) = try surroundings()
    let reader = try mapError({ CommandError.target($0, target.nameAtScan) }) { () throws(TargetError) in
      try target.descriptors()
    }
    for file in reader.complete(candidates, facts: operation.facts.union([.status, .mode])) {
      if let remark = operation.refusal(of: file, in: target.tableThread, surroundings) {
        refusals.add(remark, file)
      }
    }
  }

  /// The files of the run as they are now, and what else the operation has to know.
  private func surroundings() throws(CommandError) -> (candidates: [Descriptor], Surroundings) {
    let candidates = try mapError({ CommandError.target($0, target.nameAtScan) }) {
      () throws(TargetError) in try selection.candidates(of: target)
    }
    return (candidates, Surroundings(invocation.consent, candidates: candidates))
  }

  /// What the operation has to know, with the uses of the files by all processes at this moment.
  func searchedSurroundings() throws(CommandError) -> Surroundings {
    let surroundings = try surroundings().1
    surroundings.search()
    return surroundings
  }

  /// Does the operation to each picked file.
  ///
  /// Returns nil if the kernel gives rangeclose no duplicate, and a session can do the operation instead.
  ///
  /// - Parameter searched: the surroundings if all processes were searched before; nil if they are searched
  ///   now.
  func report(_ hazards: Hazards?, in searched: Surroundings? = nil) throws(CommandError) -> Report? {
    let selection = selection
    let duplicates = try mapError({ CommandError.target($0, target.nameAtScan) }) {
      () throws(TargetError) in
      try Duplicates(of: target, comparedWith: selection.selector.comparedNumbers)
    }
    let (candidates, now) = try surroundings()
    let surroundings = searched ?? now
    var results = Results(operation.call)
    for candidate in candidates {
      do throws(Errno) {
        let result = try duplicates.withDuplicate(of: candidate.number) { duplicate in
          apply(to: candidate, duplicate, through: duplicates.reader, in: surroundings)
        }
        if result.isPassedOver {
          results.passedOver.append((result.descriptor, result.outcome))
        } else {
          results.add(result.outcome, result.descriptor, freeing: result.freed)
        }
      } catch {
        if meansSession(error), results.outcomes.isEmpty {
          if !invocation.operation.mechanisms.isEmpty { return nil }
          throw .target(duplicates.refusal(error), target.nameAtScan)
        }
        results.add(error, candidate, target.pid)
        if results.statistics.end != nil { break }
      }
    }
    // With several processes, the run reports that nothing was left in any of them.
    if invocation.processes.isSingle { results.nameThePassedOver() }
    var report = Report(
      invocation, target.nameAtScan, picked: selection.picked, confirmed: results.descriptors,
      results.numbers,
      results.outcomes, results.statistics, hazards)
    report.passedOver = results.passedOver.count
    return report
  }

  /// The outcomes so far.
  private struct Results {
    var descriptors: [Descriptor] = []
    var outcomes: [Outcome] = []
    var statistics = SessionStatistics()
    /// What ranges picked although the operation does not apply to it, with the outcome that says why.
    var passedOver: [(descriptor: Descriptor, outcome: Outcome)] = []

    init(_ call: String) {
      statistics.call = call
      statistics.usesDuplicates = true
    }

    var numbers: [UInt32] { descriptors.map { $0.number } }

    /// Adds a descriptor of which no duplicate could be taken.
    mutating func add(_ error: Errno, _ descriptor: Descriptor, _ pid: Int32) {
      switch error {
      case .badDescriptor: add(.leftAlone, descriptor, freeing: 0)
      case .noSuchProcess: statistics.end = .exited(pid)
      default: add(.failed(error), descriptor, freeing: 0)
      }
    }

    /// Adds what was passed over, if there is nothing else.
    mutating func nameThePassedOver() {
      guard outcomes.isEmpty, statistics.end == nil else { return }
      for (descriptor, outcome) in passedOver { add(outcome, descriptor, freeing: 0) }
    }

    mutating func add(_ outcome: Outcome, _ descriptor: Descriptor, freeing bytes: UInt64) {
      statistics.freed += bytes
      descriptors.append(descriptor)
      outcomes.append(outcome)
      if outcome.isDone { statistics.calls += 1 }
    }
  }

  /// Does the operation to one file.
  ///
  /// If ranges picked the number, and it is of a type that the operation does not have, it is passed over.
  private func apply(
    to candidate: Descriptor, _ duplicate: borrowing OwnedDescriptor, through reader: DescriptorReader,
    in surroundings: Surroundings
  ) -> (outcome: Outcome, freed: UInt64, descriptor: Descriptor, isPassedOver: Bool) {
    // Ranges mean whatever is open when the duplicate is taken, which may be another file than the candidate.
    let meant =
      selection.selector.numbers == nil ? candidate : Descriptor(number: candidate.number)
    guard let descriptor = selection.confirmed(meant, through: reader, facts: operation.facts.union(.status))
    else { return (.leftAlone, 0, candidate, false) }
    if let remark = refusals.remark(on: descriptor) { return (.unserved(remark), 0, descriptor, false) }
    let types = descriptor.possibleTypes
    if invocation.operation.types.isSuperset(of: types) {
      if let copied, descriptor.status.value.map({ copied.contains($0.identity) }) != true {
        return (.leftAlone, 0, descriptor, false)
      }
      let (outcome, freed) = operation.apply(to: duplicate, descriptor, in: surroundings)
      return (outcome, freed, descriptor, false)
    }
    let remark = invocation.operation.remark(on: descriptor)
    return (.unserved(remark), 0, descriptor, invocation.isRangesAlone && remark != .hasUnknownType)
  }

  /// Whether this error of `pidfd_getfd(2)` means that the target itself has to make the call.
  private func meansSession(_ error: Errno) -> Bool {
    error == .notImplemented || error == .notPermitted || error == .invalid
  }
}
