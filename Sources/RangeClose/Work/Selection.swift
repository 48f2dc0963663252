import FDCore
import FDSelectors

/// The selection of descriptors in one process: a scan while it runs, and a confirmation while it is stopped.
struct Selection {
  /// The selector, after the lookup of its names and mount points.
  let selector: Selector
  private let pid: Int32
  private let display: FactSet
  /// The picked numbers if the selector depends on numbers only; nil if it depends on other facts.
  private let numbers: RangeList?
  private let wasListed: Bool
  /// Whether all facts to display were read at the scan.
  private let isComplete: Bool
  /// Whether facts to display come from tables that the scan did not read.
  private let lacksTables: Bool
  private let reader: DescriptorReader
  /// A second reader for a second thread; the same as `reader` if there are few descriptors.
  private let helper: DescriptorReader

  /// The descriptors that the scan picked, ascending.
  let picked: [Descriptor]
  /// The descriptors that could not be decided, because a fact could not be read.
  ///
  /// They are not picked.
  let undecided: [Descriptor]
  /// The open numbers at the scan, ascending; nil if they were not listed.
  let openAtScan: [UInt32]?
  /// The number of files that `deleted` left alone because they were made without a name.
  let temporaryFilesLeft: Int
  /// If nothing was picked: the descriptors that a table of the kernel decided against, with its facts.
  let rejected: [Descriptor]
  /// If nothing was picked: a `mount:` term, the wider term, and how many descriptors the wider term adds.
  let otherMounts: (term: String, wider: String, count: Int)?

  /// Scans a process, and reads only the facts that the selector needs.
  ///
  /// - Parameters:
  ///   - display: more facts to read about the picked descriptors.
  ///   - isPrinted: whether the picked descriptors are printed. If not, a selector of numbers needs no scan.
  ///   - early: the facts to display that are read now. `forEachPicked(making:_:)` reads the others.
  ///   - socketTables: the tables of sockets that the scans of several processes use; nil for one process.
  ///
  /// Throws if the table itself cannot be read.
  init(
    _ selector: Selector, of target: TargetProcess, display: FactSet, isPrinted: Bool, early: FactSet,
    socketTables: SocketTableCache?
  ) throws(TargetError) {
    self.selector = selector
    pid = target.pid
    self.display = display
    let reader = try target.descriptors(comparedWith: selector.comparedNumbers)
    reader.socketTables = socketTables
    self.reader = reader
    let numbers = selector.numbers
    self.numbers = numbers
    // If there are many ranges, few of them may contain an open descriptor. So the numbers are listed.
    wasListed = isPrinted || numbers.map { $0.ranges.count > 32 } ?? true
    guard wasListed else {
      (picked, undecided, rejected, temporaryFilesLeft, otherMounts, helper) = ([], [], [], 0, nil, reader)
      (openAtScan, isComplete, lacksTables) = (nil, false, false)
      return
    }
    var rejected: [Descriptor] = []
    var (picked, undecided, missed, open) = try Self.pick(
      by: selector, through: reader, of: target, isAlone: socketTables == nil
    ) { rejected.append($0) }
    self.rejected = picked.isEmpty ? rejected : []
    openAtScan = open
    temporaryFilesLeft = selector.count(of: missed, widening: "deleted", through: reader)
    otherMounts =
      picked.isEmpty ? Self.otherMounts(selector, missed, reader) : nil
    self.undecided = undecided
    // Unless numbers alone decide, the confirmation recognizes a descriptor by its identity.
    let needed = numbers != nil ? early : early.union(.identity)
    let needsHelper = !display.isEmpty && picked.count > DescriptorReader.few
    helper = needsHelper ? try target.descriptors(comparedWith: selector.comparedNumbers) : reader
    if !needed.isEmpty { reader.complete(&picked, facts: needed, helpedBy: helper) }
    // Without sockets no table is read.
    isComplete =
      early.isSuperset(of: display.withoutTables) && picked.allSatisfy { $0.isSocket.value == false }
    if isComplete, !needed.isSuperset(of: display) {
      reader.complete(&picked, facts: display, helpedBy: helper)
    }
    lacksTables = !isComplete && display.isTabular && !early.isTabular
    self.picked = picked
  }

  /// Whether the status of a picked file may be asked of a file server during the stop.
  ///
  /// Files on block devices have no server. Other files may have one, as far as the device number shows it.
  var mayAskServers: Bool {
    guard numbers == nil else { return false }
    return picked.contains { descriptor in
      guard let status = descriptor.status.value else { return true }
      return [.regular, .directory].contains(status.type) && status.identity.device >> 32 == 0
    }
  }

  /// Picks among the open descriptors.
  ///
  /// If the selector can hold for a few numbers only, each of them is looked up.
  ///
  /// - Parameter isAlone: whether it is the only process. Of several processes, their number is shown as the
  ///   progress, and another thread may print rows meanwhile.
  private static func pick(
    by selector: Selector, through reader: DescriptorReader, of target: TargetProcess, isAlone: Bool,
    rejecting reject: (Descriptor) -> Void
  ) throws(TargetError) -> (
    picked: [Descriptor], undecided: [Descriptor], missed: [Descriptor], open: [UInt32]?
  ) {
    if let numbers = selector.bound?.numbers(atMost: DescriptorReader.fewNumbers) {
      // The access mode is one call, and a listing shows it.
      let open = try reader.open(among: numbers, by: selector.stages.first ?? .mode, of: target)
      let (picked, undecided, missed) = selector.pickAndMiss(among: open, through: reader, rejecting: reject)
      return (picked, undecided, missed, nil)
    }
    let open = try reader.openNumbers(of: target)
    let descriptors = open.indices.lazy.map { index in
      if isAlone, index % Self.few == 0 { Progress.show(read: index, of: open.count) }
      return Descriptor(number: open[index])
    }
    let (picked, undecided, missed) = selector.pickAndMiss(
      among: descriptors, through: reader, rejecting: reject)
    return (picked, undecided, missed, open)
  }

  private static func otherMounts(
    _ selector: Selector, _ missed: [Descriptor], _ reader: DescriptorReader
  ) -> (term: String, wider: String, count: Int)? {
    let count = selector.count(of: missed, widening: "mount", through: reader)
    guard count > 0, let term = selector.leaves.first(where: { $0.term.name == "mount" })?.term,
      let wider = term.wider
    else { return nil }
    return (term.description, wider.description, count)
  }

  /// The number of open descriptors; nil if they cannot be listed.
  var openCount: Int? { openAtScan?.count ?? (try? reader.openNumbers().count) }

  /// The number of descriptors after which facts are handed on, and the progress is shown.
  private static let few = 1024

  /// Calls `body` for each picked descriptor that is still open.
  ///
  /// The facts are read a few descriptors at a time, so that memory does not grow with the descriptors.
  ///
  /// - Parameters:
  ///   - make: makes something of a descriptor with all facts to display. It is called in two threads.
  ///   - body: called with the results, in the order of the descriptors.
  func forEachPicked<Made>(
    making make: @escaping (Descriptor) -> Made, _ body: (Made) throws(CommandError) -> Void
  ) throws(CommandError) {
    if isComplete {
      for descriptor in picked { try body(make(descriptor)) }
      return
    }
    var picked = picked
    // A table is read once for all sockets of the process.
    if lacksTables, picked.contains(where: { $0.isSocket.value != false }) {
      reader.readTables(display, of: &picked)
    }
    var rest = picked[...]
    while !rest.isEmpty {
      Progress.show(read: picked.count - rest.count, of: picked.count)
      for made in reader.complete(
        rest.prefix(Self.few), facts: display, helpedBy: helper, making: make)
      {
        try body(made)
      }
      rest = rest.dropFirst(Self.few)
    }
  }

  /// The descriptors whose files are worked on through duplicates: the picked descriptors, or the numbers of
  /// ranges that are open now.
  ///
  /// Throws if the table cannot be read.
  func candidates(of target: TargetProcess) throws(TargetError) -> [Descriptor] {
    guard let numbers else { return picked }
    return reader.read(try reader.openNumbers(of: target).filter(numbers.contains), facts: .status)
  }

  /// A candidate with the facts that are needed, read through a duplicate; nil if it has to be left alone.
  ///
  /// Unless numbers alone decide, the duplicate has to be the file that the scan picked, and has to match.
  func confirmed(
    _ candidate: Descriptor, through duplicates: DescriptorReader, facts: FactSet
  ) -> Descriptor? {
    let needed = display.union(facts)
    if numbers != nil { return duplicates.complete([candidate], facts: needed, at: .stopped).first }
    guard
      let (now, verdict) = selector.decideAgain(candidate, reading: selector.stages, through: duplicates)
    else { return nil }
    let holds =
      verdict ?? !selector.pickByTables(among: [now], through: duplicates, at: .stopped).picked.isEmpty
    return holds ? duplicates.complete([candidate], facts: facts, at: .stopped).first : nil
  }

  /// Picks again while every thread is stopped, and plans for the descriptors that still match.
  ///
  /// A selector of numbers only picks the descriptors that are open now, as `close_range(2)` does. Any other
  /// selector picks the files that the scan found. If a number now refers to another file, it is left alone,
  /// even if that file matches, too.
  ///
  /// - Parameters:
  ///   - operation: the operation for these descriptors. A descriptor is left alone if the operation does not
  ///     apply to its type.
  ///   - needsOpenNumbers: whether the plan must consist of the open numbers.
  ///   - deadline: the time until which the process may stay stopped for this work.
  ///
  /// Throws if the table cannot be read, or the deadline passes.
  func confirmed(
    in session: borrowing Session, for operation: Operation, with consent: Consent,
    needsOpenNumbers: Bool, until deadline: Deadline
  ) throws(TargetError) -> Confirmed {
    if !needsOpenNumbers, let ranges = numbers?.ranges,
      !wasListed || ranges.count <= max(picked.count, 8)
    {
      return Confirmed(plan: ClosePlan(ranges: ranges, seen: picked.map { $0.number }), descriptors: picked)
    }
    let target = session.target
    let thread = session.tableThread
    guard let numbers else {
      let selector = selector
      let confirmation = try Confirmation(of: picked, by: selector, until: deadline) {
        () throws(TargetError) in
        try target.descriptors(of: thread, comparedWith: selector.comparedNumbers)
      }
      guard let holding = confirmation.holding() else { throw .confirmationTooSlow(pid) }
      let (confirmed, unserved) = try operation.serves(holding, consent, namingOthers: true) {
        () throws(TargetError) in
        try target.descriptors(of: thread)
      }
      // Threads that are not stopped may still change the descriptors.
      let files = session.sleepers.isEmpty ? nil : confirmed.compactMap { $0.identity.value }
      let plan = ClosePlan(picked: confirmed.map { $0.number }, files: files)
      return Confirmed(plan: plan, descriptors: confirmed, unserved: unserved)
    }
    let reader = try target.descriptors(of: thread)
    let meant = meant(numbers, among: try openNumbers(of: target, reader), reader)
    var (confirmed, unserved) = try operation.serves(meant, consent, namingOthers: false) { reader }
    // Ranges pass over what the operation does not apply to, unless nothing else is there.
    if confirmed.isEmpty, unserved.isEmpty, operation.onFile != nil {
      unserved = meant.map { ($0, operation.remark(on: $0)) }
    }
    let picked = confirmed.map { $0.number }
    // A thread in uninterruptible sleep may be in a call that opens a descriptor at a number that is free
    // now.
    let plan =
      session.sleepers.isEmpty ? ClosePlan(picked: picked, within: numbers.ranges) : ClosePlan(picked: picked)
    return Confirmed(plan: plan, descriptors: confirmed, unserved: unserved)
  }

  /// The open numbers, at least those among the numbers of the selector.
  ///
  /// The process may be stopped, and a listing takes longer than a look at a few numbers.
  private func openNumbers(
    of target: TargetProcess, _ reader: DescriptorReader
  ) throws(TargetError) -> [UInt32] {
    guard let few = selector.bound?.numbers(atMost: DescriptorReader.fewNumbers) else {
      return try reader.openNumbers(of: target)
    }
    return try reader.open(among: few, by: .mode, of: target).map { $0.number }
  }

  /// The result of a confirmation.
  struct Confirmed {
    let plan: ClosePlan
    /// The descriptors of the plan.
    let descriptors: [Descriptor]
    /// The descriptors that the operation cannot serve, ascending, and why.
    var unserved: [(descriptor: Descriptor, remark: Remark)] = []

    /// All of these descriptors, ascending.
    var all: [Descriptor] {
      unserved.isEmpty
        ? descriptors : (descriptors + unserved.map { $0.descriptor }).sorted { $0.number < $1.number }
    }

    /// The numbers and outcomes of a session together with those that the operation cannot serve.
    func adding(to result: Session.Result) -> (numbers: [UInt32], outcomes: [Outcome]) {
      if unserved.isEmpty { return (result.picked, result.outcomes) }
      let others = unserved.map { ($0.descriptor.number, Outcome.unserved($0.remark)) }
      let all = (zip(result.picked, result.outcomes) + others).sorted { $0.0 < $1.0 }
      return (all.map { $0.0 }, all.map { $0.1 })
    }
  }

  /// The open descriptors that the numbers mean: as the scan read them, or read now if they are new.
  private func meant(
    _ numbers: RangeList, among open: [UInt32], _ reader: DescriptorReader
  ) -> [Descriptor] {
    let meant = open.filter(numbers.contains)
    var seen = AscendingDescriptors(picked)
    let unseen = meant.filter { seen.advance(to: $0) == nil }
    seen = AscendingDescriptors(picked)
    var new = AscendingDescriptors(reader.read(unseen, facts: display, at: .stopped))
    return meant.map { seen.advance(to: $0) ?? new.advance(to: $0) ?? Descriptor(number: $0) }
  }
}

/// Finds descriptors by ascending numbers, in one pass.
///
/// A binary search for each of a million numbers would take longer than the calls.
private struct AscendingDescriptors {
  private let descriptors: [Descriptor]
  private var index = 0

  /// - Parameter descriptors: the descriptors, ascending.
  init(_ descriptors: [Descriptor]) {
    self.descriptors = descriptors
  }

  /// The descriptor with this number; nil if there is none.
  ///
  /// The number is not less than that of the call before.
  mutating func advance(to number: UInt32) -> Descriptor? {
    while index < descriptors.count, descriptors[index].number < number { index += 1 }
    return index < descriptors.count && descriptors[index].number == number ? descriptors[index] : nil
  }
}
