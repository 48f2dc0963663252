/// Reads facts in two threads.
extension DescriptorReader {
  /// For at most this many descriptors, a second thread costs more than it saves.
  package static let few = 64

  /// Reads the facts that descriptors lack, half of them in another thread if there is a processor for it.
  ///
  /// The result omits descriptors that are not open any more.
  ///
  /// - Parameter other: another reader of the same process, for the other thread.
  package func complete(
    _ descriptors: ArraySlice<Descriptor>, facts: FactSet, helpedBy other: DescriptorReader
  ) -> [Descriptor] {
    guard descriptors.count > Self.few, TwoThreads.areFaster else {
      return complete(Array(descriptors), facts: facts)
    }
    let middle = descriptors.startIndex + descriptors.count / 2
    var first: [Descriptor] = []
    var second: [Descriptor]?
    TwoThreads.run {
      first = self.complete(Array(descriptors[..<middle]), facts: facts)
    } beside: {
      second = other.complete(Array(descriptors[middle...]), facts: facts)
    }
    // The user may not have another thread; see RLIMIT_NPROC in getrlimit(2).
    return first + (second ?? complete(Array(descriptors[middle...]), facts: facts))
  }
}
