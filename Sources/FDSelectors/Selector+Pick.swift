package import FDCore

extension Selector {
  /// Decides which descriptors are picked, and reads only the facts that are still needed, cheapest first.
  ///
  /// Returns the descriptors that are picked, and the descriptors that cannot be decided, both ascending. A
  /// descriptor that is not open any more is in neither list.
  ///
  /// - Parameter reject: called with each descriptor that a fact from a table decides against.
  package func pick(
    among descriptors: some Sequence<Descriptor>, through reader: DescriptorReader,
    at moment: DescriptorReader.Moment = .running, rejecting reject: (Descriptor) -> Void = { _ in }
  ) -> (picked: [Descriptor], undecided: [Descriptor]) {
    let stages = stages
    var picked: [Descriptor] = []
    var undecided: [Descriptor] = []
    for var descriptor in descriptors {
      let verdict = decide(&descriptor, reading: stages, through: reader, at: moment)
      if verdict == true { picked.append(descriptor) }
      if verdict == nil { undecided.append(descriptor) }
    }
    let (others, rest) = pickByTables(
      among: undecided, through: reader, at: moment, rejecting: reject)
    if !others.isEmpty {
      picked += others
      picked.sort { $0.number < $1.number }
    }
    return (picked, rest)
  }

  /// The facts that an evaluation can need, except facts from tables, one at a time and the cheapest first.
  package var stages: [FactSet] { stages { !$0.isTabular } }

  private func stages(_ isWanted: (FactSet) -> Bool) -> [FactSet] {
    let facts = facts
    if facts.isEmpty { return [] }
    return FactSet.stages.filter { facts.isSuperset(of: $0) && isWanted($0) }
  }

  /// Decides whether the selector holds for a descriptor, and reads facts until that is known.
  ///
  /// The result is nil if facts from tables are needed, or if a fact cannot be read. It is false if the
  /// descriptor is not open any more.
  ///
  /// - Parameters:
  ///   - stages: the selector's `stages`.
  ///   - amended: adds facts that are known from another source.
  package func decide(
    _ descriptor: inout Descriptor, reading stages: [FactSet], through reader: DescriptorReader,
    at moment: DescriptorReader.Moment, amended: (Descriptor) -> Descriptor = { $0 }
  ) -> Bool? {
    var verdict = evaluate(descriptor)
    for stage in stages where verdict == nil {
      guard reader.read(stage, of: &descriptor, at: moment) else { return false }
      descriptor = amended(descriptor)
      verdict = evaluate(descriptor)
    }
    return verdict
  }

  /// Decides which descriptors are picked by facts from tables.
  ///
  /// Each table is read once, and a table may be long. So this function takes all descriptors that `decide`
  /// left undecided. Returns the same lists as `pick(among:through:at:)`, but not in order.
  package func pickByTables(
    among descriptors: [Descriptor], through reader: DescriptorReader, at moment: DescriptorReader.Moment,
    rejecting reject: (Descriptor) -> Void = { _ in }
  ) -> (picked: [Descriptor], undecided: [Descriptor]) {
    var picked: [Descriptor] = []
    var undecided = descriptors
    if undecided.isEmpty { return ([], []) }
    for table in stages({ $0.isTabular }) where !undecided.isEmpty {
      let known = reader.complete(undecided, facts: table, at: moment)
      undecided = []
      for descriptor in known {
        switch evaluate(descriptor) {
        case true: picked.append(descriptor)
        case false: reject(descriptor)
        default: undecided.append(descriptor)
        }
      }
    }
    return (picked, undecided)
  }
}
