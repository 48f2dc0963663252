package import FDCore

extension Selector {
  /// Decides which descriptors are picked, and reads only the facts that are still needed, cheapest first.
  ///
  /// - Parameter amended: adds facts that are known from another source.
  ///
  /// Returns the descriptors that are picked, and the descriptors that cannot be decided, both ascending. A
  /// descriptor that is not open any more is in neither list.
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
