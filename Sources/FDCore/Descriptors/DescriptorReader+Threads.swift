import CLinux

/// Reads facts in two threads.
extension DescriptorReader {
  /// Reads the facts that descriptors lack, half of them in another thread if there is a processor for it.
  ///
  /// The result omits descriptors that are not open any more.
  ///
  /// - Parameter other: another reader of the same process, for the other thread.
  package func complete(
    _ descriptors: ArraySlice<Descriptor>, facts: FactSet, helpedBy other: DescriptorReader
  ) -> [Descriptor] {
    let few = 64  // for fewer descriptors, a thread costs more than it saves
    guard descriptors.count > few, clinux_usable_processors() > 1 else {
      return complete(Array(descriptors), facts: facts)
    }
    let middle = descriptors.startIndex + descriptors.count / 2
    let own = clinux_own_thread()
    var first: [Descriptor] = []
    var second: [Descriptor]?
    let work = ThreadBody { [self] in
      if clinux_own_thread() == own {
        first = complete(Array(descriptors[..<middle]), facts: facts)
      } else {
        second = other.complete(Array(descriptors[middle...]), facts: facts)
      }
    }
    withExtendedLifetime(work) {
      unsafe clinux_run_twice(ThreadBody.run, Unmanaged.passUnretained(work).toOpaque())
    }
    // The user may not have another thread; see RLIMIT_NPROC in getrlimit(2).
    return first + (second ?? complete(Array(descriptors[middle...]), facts: facts))
  }
}
