package import FDCore

/// A selector at work on one process: a look while it runs, and another while it stands still.
package struct Selection {
  private let selector: Selector
  private let display: FactSet
  /// The numbers that are meant, where they alone decide: worked out before anything stands still.
  private let numbers: RangeList?
  private let wasListed: Bool

  /// What was picked at the look, ascending.
  package let picked: [Descriptor]
  /// What could not be decided, because of a fact that could not be read.
  ///
  /// It is not picked.
  package let undecided: [Descriptor]

  /// Looks at a process, and reads of each descriptor no more than the selector needs.
  ///
  /// - Parameters:
  ///   - display: facts to read besides of those that are picked.
  ///   - isTold: whether it matters what is picked; else numbers that are known need no look.
  ///
  /// Throws where the table itself cannot be read.
  package init(
    _ selector: Selector, of target: TargetProcess, display: FactSet, isTold: Bool
  ) throws(TargetError) {
    self.selector = selector
    self.display = display
    let reader = try target.descriptors(comparedWith: selector.comparedNumbers)
    let numbers = selector.numbers
    self.numbers = numbers
    // Many ranges may be few of what is open.
    wasListed = isTold || numbers.map { $0.ranges.count > 32 } ?? true
    guard wasListed else {
      (picked, undecided) = ([], [])
      return
    }
    let open = try reader.openNumbers(of: target)
    let (picked, undecided) = selector.pick(among: open.lazy.map(Descriptor.init), through: reader)
    self.undecided = undecided
    // What is not known by its number alone is known again by its identity.
    let needed = numbers != nil ? display : display.union(.identity)
    self.picked = reader.complete(picked, facts: needed)
  }

  /// What was picked by that number at the look.
  private func seen(_ number: UInt32) -> Descriptor? {
    var low = 0
    var high = picked.count
    while low < high {
      let middle = (low + high) / 2
      if picked[middle].number < number { low = middle + 1 } else { high = middle }
    }
    return low < picked.count && picked[low].number == number ? picked[low] : nil
  }

  /// Picks again while every thread is stopped, and plans to close what still holds.
  ///
  /// A selector of numbers alone speaks of numbers: it means what is open now, as `close_range(2)` would.
  /// Any other means the files it found: a number that stands for another file now is left alone, even
  /// where that file matches too.
  ///
  /// - Parameters:
  ///   - thread: one that has the table.
  ///   - ofOpenNumbers: whether it matters which numbers are open.
  ///
  /// Throws where the table cannot be read.
  package func confirmed(
    in target: TargetProcess, through thread: Int32, ofOpenNumbers: Bool
  ) throws(TargetError) -> (plan: ClosePlan, descriptors: [Descriptor]) {
    if !ofOpenNumbers, let ranges = numbers?.ranges,
      !wasListed || ranges.count <= max(picked.count, 8)
    {
      return (ClosePlan(ranges: ranges, seen: picked.map { $0.number }), picked)
    }
    let reader = try target.descriptors(of: thread, comparedWith: selector.comparedNumbers)
    let open = try reader.openNumbers(of: target)
    let confirmed = numbers.map { meant($0, among: open, reader) } ?? stillHolding(reader)
    return (ClosePlan(picked: confirmed.map { $0.number }, open: open), confirmed)
  }

  private func meant(
    _ numbers: RangeList, among open: [UInt32], _ reader: DescriptorReader
  ) -> [Descriptor] {
    let meant = open.filter(numbers.contains)
    let new = reader.read(meant.filter { seen($0) == nil }, facts: display, at: .stopped)
    let known = Dictionary(uniqueKeysWithValues: new.map { ($0.number, $0) })
    return meant.map { seen($0) ?? known[$0] ?? Descriptor(number: $0) }
  }

  private func stillHolding(_ reader: DescriptorReader) -> [Descriptor] {
    let now = reader.read(picked.map { $0.number }, facts: .identity, at: .stopped).filter { descriptor in
      guard let identity = descriptor.identity.value else { return false }
      return identity == seen(descriptor.number)?.identity.value
    }
    let holding = selector.pick(among: now, through: reader, at: .stopped) { descriptor in
      seen(descriptor.number).map(descriptor.recalling) ?? descriptor
    }
    return holding.picked.compactMap { seen($0.number) }
  }
}

extension Selector {
  /// Decides about descriptors, and reads of each only what is still needed to, in the order of cost.
  ///
  /// - Parameter amended: what else is known of a descriptor.
  ///
  /// Answers those that are meant, and those of which that cannot be known, both ascending. What is not open
  /// any more is neither.
  package func pick(
    among descriptors: some Sequence<Descriptor>, through reader: DescriptorReader,
    at moment: DescriptorReader.Moment = .running, amended: (Descriptor) -> Descriptor = { $0 }
  ) -> (picked: [Descriptor], undecided: [Descriptor]) {
    let stages = FactSet.stages.filter(facts.isSuperset)
    var picked: [Descriptor] = []
    var undecided: [Descriptor] = []
    for var descriptor in descriptors {
      var verdict = evaluate(descriptor)
      for stage in stages where verdict == nil && !stage.isTabular {
        guard reader.read(stage, of: &descriptor, at: moment) else {
          verdict = false
          break
        }
        descriptor = amended(descriptor)
        verdict = evaluate(descriptor)
      }
      if verdict == true { picked.append(descriptor) }
      if verdict == nil { undecided.append(descriptor) }
    }
    for stage in stages where stage.isTabular && !undecided.isEmpty {
      let known = reader.complete(undecided, facts: stage, at: moment)
      picked += known.filter { evaluate($0) == true }
      undecided = known.filter { evaluate($0) == nil }
    }
    picked.sort { $0.number < $1.number }
    return (picked, undecided)
  }
}

extension Descriptor {
  /// The same descriptor with what an earlier look found out and this one must not ask for, where the text
  /// and the links are as they were.
  fileprivate func recalling(_ before: Descriptor) -> Descriptor {
    guard let text = target.value, text == before.target.value,
      status.value?.links == before.status.value?.links
    else { return self }
    var descriptor = self
    if before.path.value != nil { descriptor.path = before.path }
    if before.specialInode.value != nil { descriptor.specialInode = before.specialInode }
    return descriptor
  }
}
