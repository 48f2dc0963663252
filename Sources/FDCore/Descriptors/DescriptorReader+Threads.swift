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

  /// Reads the facts that descriptors lack, and leaves out descriptors that are not open any more.
  ///
  /// Half of the work is done in another thread. The descriptors stay where they are, because a copy of a
  /// million would take too much memory.
  ///
  /// - Parameter other: another reader of the same process, for the other thread.
  package func complete(
    _ descriptors: inout [Descriptor], facts: FactSet, helpedBy other: DescriptorReader
  ) {
    if descriptors.count <= Self.few {
      descriptors = complete(descriptors, facts: facts)
      return
    }
    let part = 2048
    var kept = 0
    for start in stride(from: 0, to: descriptors.count, by: part) {
      let some = Array(descriptors[start..<min(start + part, descriptors.count)])
      for known in complete(some[...], facts: facts.withoutTables, helpedBy: other, making: { $0 }) {
        descriptors[kept] = known
        kept += 1
      }
    }
    descriptors.removeLast(descriptors.count - kept)
    readTables(facts, &descriptors, .running)
  }
}
