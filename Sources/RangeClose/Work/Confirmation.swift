import FDCore
import FDSelectors

/// The second reading of the picked descriptors, while every thread of the process is stopped.
///
/// The process waits for this reading. The kernel's lookups in `/proc` take nearly all of the time, and two
/// lookups can run at the same time. So two threads share the descriptors if there are many.
final class Confirmation {
  private let selector: Selector
  private let deadline: Deadline
  private let parts: [Part]

  /// With fewer descriptors than this a second thread costs more than it saves.
  private static let many = 1024

  /// - Parameters:
  ///   - picked: the descriptors that the scan picked, ascending.
  ///   - deadline: the time until which the process may stay stopped for this work.
  ///   - open: opens the descriptor table. Each thread has its own reader.
  ///
  /// Throws the error of `open`.
  init(
    of picked: [Descriptor], by selector: Selector, until deadline: Deadline,
    opening open: () throws(TargetError) -> DescriptorReader
  ) throws(TargetError) {
    let count = picked.count >= Self.many && TwoThreads.areFaster ? 2 : 1
    var parts: [Part] = []
    for part in 0..<count {
      let range = picked.count * part / count..<picked.count * (part + 1) / count
      parts.append(Part(picked[range], selector, try open()))
    }
    (self.selector, self.deadline, self.parts) = (selector, deadline, parts)
  }

  /// The picked descriptors that are the same files as at the scan and still match, as the scan read them.
  ///
  /// The result is ascending. It is nil if the deadline passes.
  func holding() -> [Descriptor]? {
    if parts.count == 2 {
      let (one, other, deadline) = (parts[0], parts[1], deadline)
      TwoThreads.run({ one.read(until: deadline) }, beside: { other.read(until: deadline) })
    }
    // A part is left if there is one thread only.
    for part in parts { part.read(until: deadline) }
    guard parts.allSatisfy({ $0.isDone }) else { return nil }
    let undecided = parts.flatMap { $0.undecided }
    let holding = parts.flatMap { $0.holding }
    if undecided.isEmpty { return holding }
    let (reader, deadline) = (parts[0].reader, deadline)
    reader.hasTime = { !deadline.hasPassed }
    let decided = selector.pickByTables(among: undecided.map { $0.now }, through: reader, at: .stopped)
    if deadline.hasPassed { return nil }
    let numbers = Set(decided.picked.map { $0.number })
    let others = undecided.filter { numbers.contains($0.now.number) }.map { $0.before }
    return (holding + others).sorted { $0.number < $1.number }
  }
}

/// The descriptors that one thread reads.
private final class Part {
  let reader: DescriptorReader
  private let selector: Selector
  /// The descriptors that are not read yet.
  private var rest: ArraySlice<Descriptor>
  /// The descriptors that still match, as the scan read them.
  private(set) var holding: [Descriptor] = []
  /// The descriptors that need facts from tables, as they are now and as the scan read them.
  private(set) var undecided: [(now: Descriptor, before: Descriptor)] = []

  init(_ picked: ArraySlice<Descriptor>, _ selector: Selector, _ reader: DescriptorReader) {
    (rest, self.selector, self.reader) = (picked, selector, reader)
  }

  var isDone: Bool { rest.isEmpty }

  /// Reads the rest, a few descriptors at a time, so that the deadline ends the stop.
  func read(until deadline: Deadline) {
    let few = 512
    let stages = selector.stages
    while !rest.isEmpty, !deadline.hasPassed {
      for before in rest.prefix(few) { read(before, stages) }
      rest = rest.dropFirst(few)
    }
  }

  private func read(_ before: Descriptor, _ stages: [FactSet]) {
    guard let (now, verdict) = selector.decideAgain(before, reading: stages, through: reader) else { return }
    if verdict == true { holding.append(before) }
    if verdict == nil { undecided.append((now, before)) }
  }
}

extension Selector {
  /// Decides again about a descriptor that the scan picked; nil if it is another file now.
  ///
  /// The verdict is nil if facts from tables are needed, or if a fact cannot be read.
  func decideAgain(
    _ before: Descriptor, reading stages: [FactSet], through reader: DescriptorReader
  ) -> (now: Descriptor, verdict: Bool?)? {
    var now = Descriptor(number: before.number)
    guard reader.read(.identity, of: &now, at: .stopped), let identity = now.identity.value,
      identity == before.identity.value
    else { return nil }
    let verdict = decide(&now, reading: stages, through: reader, at: .stopped) { $0.recalling(before) }
    return (now, verdict)
  }
}

extension Descriptor {
  /// The same descriptor with the facts of the scan that may not be read during the stop.
  ///
  /// These facts are still valid if the text of the link and the link count have not changed.
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
