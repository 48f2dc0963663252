package import FDCore

/// A selector at work on one process: a look while it runs, and another while it stands still.
package struct Selection {
  private let selector: Selector
  private let display: FactSet
  private let seen: [UInt32: Descriptor]

  /// What was picked at the look, ascending.
  package let picked: [Descriptor]
  /// What could not be decided, because of a fact that could not be read.
  ///
  /// It is not picked.
  package let undecided: [Descriptor]

  /// Looks at a process, and reads of each descriptor no more than the selector needs.
  ///
  /// - Parameter display: facts to read besides of those that are picked.
  ///
  /// Throws where the table itself cannot be read.
  package init(
    _ selector: Selector, of target: TargetProcess, display: FactSet
  ) throws(TargetError) {
    self.selector = selector
    self.display = display
    let reader = try target.descriptors()
    let candidates = try reader.openNumbers(of: target).filter(selector.admits)
    let descriptors = reader.read(candidates, facts: selector.facts)
    undecided = descriptors.filter { selector.evaluate($0) == nil }
    picked = reader.complete(descriptors.filter { selector.evaluate($0) == true }, facts: display)
    seen = Dictionary(uniqueKeysWithValues: picked.map { ($0.number, $0) })
  }

  /// Picks again while every thread is stopped, and plans to close what still holds.
  ///
  /// A selector of numbers alone speaks of numbers: it means what is open now, as `close_range(2)` would.
  /// Any other means the files it found: a number that stands for another file now is left alone, even
  /// where that file matches too. `thread` has the table. Throws where that cannot be read.
  package func confirmed(
    in target: TargetProcess, through thread: Int32
  ) throws(TargetError) -> (plan: ClosePlan, descriptors: [Descriptor]) {
    let reader = try target.descriptors(of: thread)
    let open = try reader.openNumbers(of: target)
    let confirmed = selector.facts.isEmpty ? meant(among: open, reader) : stillHolding(reader)
    return (ClosePlan(picked: confirmed.map(\.number), open: open), confirmed)
  }

  private func meant(among open: [UInt32], _ reader: DescriptorReader) -> [Descriptor] {
    open.filter(selector.admits).map { number in
      seen[number] ?? reader.read([number], facts: display).first ?? Descriptor(number: number)
    }
  }

  private func stillHolding(_ reader: DescriptorReader) -> [Descriptor] {
    let now = reader.read(picked.map(\.number), facts: selector.facts, at: .stopped)
    return now.compactMap { descriptor in
      guard let before = seen[descriptor.number], let identity = descriptor.identity.value,
        identity == before.identity.value, selector.evaluate(descriptor.withPath(of: before)) == true
      else { return nil }
      return before
    }
  }
}

extension Descriptor {
  /// The same descriptor with the path of an earlier look, where the text and the links are as they were.
  fileprivate func withPath(of before: Descriptor) -> Descriptor {
    guard let text = target.value, text == before.target.value,
      status.value?.links == before.status.value?.links
    else { return self }
    var descriptor = self
    descriptor.path = before.path
    return descriptor
  }
}
