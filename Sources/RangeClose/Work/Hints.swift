import FDCore
import FDSelectors

/// The hints on standard error for a selector that picks nothing, or picks something else than it seems to.
///
/// A hint changes neither what is closed nor the exit status. It names only what was found in the process.
struct Hints {
  private let invocation: Invocation
  private let selector: Selector
  private let selection: Selection
  private let target: TargetProcess

  init(_ invocation: Invocation, _ selector: Selector, _ selection: Selection, _ target: TargetProcess) {
    (self.invocation, self.selector, self.selection, self.target) = (invocation, selector, selection, target)
  }

  private var isWanted: Bool { invocation.verbosity != .quiet && invocation.processes.isSingle }

  /// Whether the process has no descriptor that was picked, and none that could not be decided.
  private var isEmpty: Bool { selection.picked.isEmpty && selection.undecided.isEmpty }

  private func complain(_ text: String) { Output.complain("\(target.nameAtScan): \(text)") }

  // MARK: - Numbers

  /// Prints that nothing is open at the numbers of the selector, and what else they may mean.
  ///
  /// The open numbers are read only if that can make a hint, because a process may have a million.
  ///
  /// Returns whether a hint says what to write.
  func printOfNumbers() -> Bool {
    guard isWanted else { return false }
    // A script may write thousands of numbers. The user types few.
    let ranges = Array(selector.rangeLists.flatMap { $0.ranges.prefix(64) }.prefix(64))
    let missing = ranges.filter { range in
      range.lowerBound == range.upperBound && !isPicked(range.lowerBound)
    }
    let isNothingOpen = isEmpty && (invocation.isRangesAlone || !isOpen(anyOf: ranges))
    // A range is only meant as a process if it picks nothing.
    for range in (missing + (isNothingOpen ? ranges : [])).prefix(16) {
      let number = range.lowerBound
      if isOpen(anyOf: [number...number]) { continue }
      if let hint = hintAtPort(number) ?? hintAtOwnPort(number) ?? hintAtProcess(number, isNothingOpen) {
        complain("nothing is open at \(number)\(hint)")
        return true
      }
    }
    if isNothingOpen, invocation.isRangesAlone, let numbers = selector.numbers?.description {
      let limit = 60
      complain("nothing is open at \(numbers.prefix(limit))\(numbers.count > limit ? "..." : "")")
    }
    return false
  }

  private func isPicked(_ number: UInt32) -> Bool { selection.picked.index(ofNumber: number) != nil }

  /// Whether the process has a descriptor in one of the ranges; true if that cannot be read.
  private func isOpen(anyOf ranges: [DescriptorRange]) -> Bool {
    if ranges.isEmpty { return true }
    guard let open = try? target.descriptors().openNumbers(of: target) else { return true }
    return open.contains { number in ranges.contains { $0.contains(number) } }
  }

  /// The hint that a number may be meant as a process; nil if there is no such process.
  private func hintAtProcess(_ number: UInt32, _ isNothingOpen: Bool) -> String? {
    guard let other = Int32(exactly: number), other != target.pid, let name = ProcessTree.userProcess(other)
    else { return nil }
    let order = isNothingOpen ? "the process comes first, and " : ""
    return ", but process \(name) exists; \(order)several processes go into one operand:"
      + " \(target.pid),\(number)"
  }

  /// The hint that a number may be meant as the port of a host in another selector; nil if there is no host.
  private func hintAtPort(_ number: UInt32) -> String? {
    guard let port = UInt16(exactly: number), port > 0, let end = selector.endsWithoutPort.first else {
      return nil
    }
    return "; a port belongs to its host: '\(end):\(port)'"
  }

  /// The hint that a number is a port of the process's sockets; nil if no socket has it.
  private func hintAtOwnPort(_ number: UInt32) -> String? {
    guard isEmpty, let port = UInt16(exactly: number), port > 0, let reader = try? target.descriptors(),
      let open = try? reader.openNumbers(of: target), open.count <= Self.mostDescriptors
    else { return nil }
    var known = open.map(Descriptor.init)
    for side in ["local", "peer"] {
      guard let end = try? Selector(parsing: ByteString("\(side)::\(port)")) else { continue }
      known = reader.complete(known, facts: end.facts)
      let picked = end.pick(among: known, through: reader).picked
      if !picked.isEmpty {
        return "; for port \(port) write '\(side)::\(port)', which picks \(Self.described(picked))"
      }
    }
    return nil
  }

  // MARK: - No match

  /// Prints what the user may have meant by a selector that picks nothing.
  ///
  /// The facts that the selection got from tables are used again, because a table may be long.
  func printOfNearMisses() {
    guard isWanted, isEmpty else { return }
    if let found = Self.nearMiss(of: selector, in: target, knowing: selection.rejected) {
      complain(found.text)
    } else if !invocation.isRangesAlone, !printOfComparedNumbers() {
      printOfRequirements()
    }
  }

  /// Prints that a descriptor with which `same-as` compares is not open; returns whether one is not.
  private func printOfComparedNumbers() -> Bool {
    guard let number = selector.comparedNumbers.first(where: { !isOpen(anyOf: [$0...$0]) }) else {
      return false
    }
    complain("nothing is open at \(number), with which same-as:\(number) compares")
    return true
  }

  /// Prints what each of several selectors picks that must all hold.
  private func printOfRequirements() {
    let parts = selector.requirements
    let most = 6
    guard 2...most ~= parts.count,
      let reader = try? target.descriptors(comparedWith: selector.comparedNumbers),
      let open = try? reader.openNumbers(of: target), open.count <= Self.mostDescriptors
    else { return }
    let known = reader.complete(open.map(Descriptor.init), facts: selector.facts)
    let picks = parts.map { $0.pick(among: known, through: reader) }
    let counts = picks.map { $0.picked.count }
    if counts.allSatisfy({ $0 == 0 }) || picks.contains(where: { !$0.undecided.isEmpty }) { return }
    let texts = zip(parts, counts).map { part, count in
      let text = part.description
      let limit = 40
      let short = text.count > limit ? text.prefix(limit) + "..." : text[...]
      return "'\(short)' picks \(count == 0 ? "none" : counted(count, "descriptor"))"
    }
    complain("different selectors must all hold: \(texts.joined(separator: ", "))")
  }

  /// Prints what the user may have meant by a selector that picks nothing in any of several processes.
  ///
  /// The first process in which another selector picks something is named. The search ends after a second,
  /// because there may be thousands of processes.
  static func printOfNearMisses(of selector: Selector, in pids: some Sequence<Int32>) {
    let deadline = Deadline(inMilliseconds: 1000)
    var sure: String?
    for pid in pids where !deadline.hasPassed {
      guard let target = try? TargetProcess(pid, isOnlyRead: true),
        let found = nearMiss(of: selector, in: target, knowing: [])
      else { continue }
      if found.picks { return Output.complain("\(target.nameAtScan): \(found.text)") }
      sure = sure ?? found.text
    }
    if let sure { Output.complain(sure) }
  }

  /// The hint for a selector that picks nothing in a process; nil if no similar selector picks anything.
  ///
  /// The facts that the other selectors need are read only now. So a run without a hint costs nothing.
  ///
  /// - Parameter rejected: descriptors with facts that are known, ascending.
  private static func nearMiss(
    of selector: Selector, in target: TargetProcess, knowing rejected: [Descriptor]
  ) -> (text: String, picks: Bool)? {
    let misses = selector.nearMisses { target.cachedFile(at: $0) }
      .filter { $0.miss.process == nil || $0.miss.process == target.pid }
    guard !misses.isEmpty, let reader = try? target.descriptors(comparedWith: selector.comparedNumbers),
      let open = try? reader.openNumbers(of: target), open.count <= mostDescriptors
    else { return nil }
    var known = open.map(Descriptor.init)
    for descriptor in rejected {
      if let index = known.index(ofNumber: descriptor.number) { known[index] = descriptor }
    }
    for (other, miss) in misses.prefix(mostTries) {
      // The facts are kept, so that a table of the kernel is read once.
      known = reader.complete(known, facts: other.facts)
      let picked = other.pick(among: known, through: reader).picked
      if picked.isEmpty {
        if miss.isSure { return (miss.reason, false) }
        continue
      }
      if miss.showsPath {
        guard let path = picked[0].path.value else { continue }
        let same = picked.filter { $0.path.value == path }
        return ("\(miss.reason); '\(Selector.text(ofPath: path))' picks \(described(same))", true)
      }
      return ("\(reason(for: miss, picked)); '\(miss.term.description)' picks \(described(picked))", true)
    }
    return nil
  }

  private static let mostDescriptors = 1 << 16
  private static let mostTries = 24

  private static func reason(for miss: NearMiss, _ picked: [Descriptor]) -> String {
    let listening = picked.filter { $0.socket.value??.state == .listen }
    guard let first = listening.first, miss.isOwnEnd else { return miss.reason }
    return "\(first.number) listens there and has no peer"
  }

  /// The count of descriptors, or the number of the only one.
  private static func described(_ picked: [Descriptor]) -> String {
    picked.count == 1 ? "descriptor \(picked[0].number)" : counted(picked.count, "descriptor")
  }
}

extension [Descriptor] {
  /// The index of a number in descriptors that are ascending, in time logarithmic in their count.
  fileprivate func index(ofNumber number: UInt32) -> Int? {
    let index = partitioningIndex { number <= $0.number }
    return index < endIndex && self[index].number == number ? index : nil
  }
}
