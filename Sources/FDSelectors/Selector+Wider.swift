package import FDCore

extension Selector {
  /// The same selector with wider terms in place of some terms; nil if it has none of these.
  ///
  /// A term under a negation stays as it is, so the result picks at least what this selector picks.
  ///
  /// - Parameter name: the name of the terms to replace; nil for every term that has a wider one.
  package func widened(_ name: String? = nil) -> Selector? {
    switch self {
    case .leaf(let leaf):
      guard name == nil || name == leaf.term.name else { return nil }
      return leaf.term.wider.map { .leaf(Leaf($0, at: leaf.snippet)) }
    case .not: return nil
    case .all(let parts): return Self.widened(parts, name).map { .all($0) }
    case .any(let parts): return Self.widened(parts, name).map { .any($0) }
    }
  }

  private static func widened(_ parts: [Selector], _ name: String?) -> [Selector]? {
    let wider = parts.map { $0.widened(name) }
    guard wider.contains(where: { $0 != nil }) else { return nil }
    return zip(wider, parts).map { $0 ?? $1 }
  }

  /// Picks as `pick(among:through:at:)` does, and finds what only the wider selector picks.
  ///
  /// The facts that both need are read once.
  ///
  /// - Parameter reject: called with each descriptor that a fact from a table decides against for both.
  package func pickAndMiss(
    among descriptors: some Sequence<Descriptor>, through reader: DescriptorReader,
    rejecting reject: (Descriptor) -> Void
  ) -> (picked: [Descriptor], undecided: [Descriptor], missed: [Descriptor]) {
    guard let wider = widened() else {
      let (picked, undecided) = pick(among: descriptors, through: reader, rejecting: reject)
      return (picked, undecided, [])
    }
    let near = wider.pick(among: descriptors, through: reader, rejecting: reject)
    let candidates = (near.picked + near.undecided).sorted { $0.number < $1.number }
    let (picked, undecided) = pick(among: candidates, through: reader)
    let taken = Set((picked + undecided).map { $0.number })
    return (picked, undecided, near.picked.filter { !taken.contains($0.number) })
  }

  /// The number of missed descriptors that would be picked if only the terms with this name were wider.
  package func count(
    of missed: [Descriptor], widening name: String, through reader: DescriptorReader
  ) -> Int {
    guard !missed.isEmpty, let wider = widened(name) else { return 0 }
    return wider.pick(among: missed, through: reader).picked.count
  }
}
