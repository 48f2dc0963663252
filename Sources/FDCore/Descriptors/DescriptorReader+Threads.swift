/// Reads facts in two threads.
extension DescriptorReader {
  /// For at most this many descriptors, a second thread costs more than it saves.
  package static let few = 64

  /// Reads the facts that descriptors lack, and makes something of each descriptor.
  ///
  /// Half of the work is done in another thread if there is a processor for it. The result omits descriptors
  /// that are not open any more.
  ///
  /// - Parameters:
  ///   - other: another reader of the same process, for the other thread.
  ///   - make: called in both threads.
  package func complete<Made>(
    _ descriptors: ArraySlice<Descriptor>, facts: FactSet, helpedBy other: DescriptorReader,
    making make: @escaping (Descriptor) -> Made
  ) -> [Made] {
    guard descriptors.count > Self.few, TwoThreads.areFaster else {
      return complete(Array(descriptors), facts: facts).map(make)
    }
    let middle = descriptors.startIndex + descriptors.count / 2
    var first: [Made] = []
    var second: [Made]?
    TwoThreads.run {
      first = self.complete(Array(descriptors[..<middle]), facts: facts).map(make)
    } beside: {
      second = other.complete(Array(descriptors[middle...]), facts: facts).map(make)
    }
    // The user may not have another thread; see RLIMIT_NPROC in getrlimit(2).
    return first + (second ?? complete(Array(descriptors[middle...]), facts: facts).map(make))
  }
}
