import CLinux

/// A search of a stopped thread's memory for the restartable sequence that the thread is in.
///
/// Before Linux 5.13, the kernel does not report the address of a thread's `struct rseq`. A thread is in a
/// sequence only if such a structure points to a `struct rseq_cs` that describes a range of code with the pc.
/// So rangeclose looks at everything in the writable memory that has the form of a `struct rseq`. If nothing
/// points to a range with the pc, the thread is in no sequence.
///
/// The kernel writes to the structure whenever a thread has been preempted, so its page is present. See
/// `rseq_update_cpu_id` in `kernel/rseq.c`.
struct SequenceSearch {
  private let tracee: Tracee
  private let programCounter: UInt64
  private let memory: TraceeMemory
  /// The addresses that lead to no sequence with the pc.
  private var rejected: Set<UInt64> = []
  /// All mappings that a thread may touch, ascending.
  private var mappings: [MemoryMapping] = []
  private let deadline: Deadline

  /// The number of bytes that rangeclose reads at a time, a multiple of the size of `struct rseq`.
  private static let piece: UInt64 = 1 << 20

  init(of tracee: Tracee, at programCounter: UInt64, _ memory: TraceeMemory, until deadline: Deadline) {
    (self.tracee, self.programCounter, self.memory, self.deadline) =
      (tracee, programCounter, memory, deadline)
  }

  /// The restartable sequence that the thread is in; nil if it is in none.
  ///
  /// Throws if not all of the memory could be searched, with `ETIMEDOUT` at the deadline.
  ///
  /// - Parameter likely: an address in the mapping to search first. C libraries keep a `struct rseq` close to
  ///   the thread's control block.
  mutating func run(beginningAt likely: UInt64?) throws(Errno) -> RestartableSequence? {
    let text = try tracee.content(of: "maps")
    mappings = MemoryMapping.all(in: text).filter { $0.isReadable || $0.isWritable || $0.isExecutable }
    let isLikely = { (mapping: MemoryMapping) in likely.map { mapping.contains($0) } ?? false }
    let writable = mappings.filter { $0.isWritable }
    for mapping in writable.filter(isLikely) + writable.filter({ !isLikely($0) }) {
      if let sequence = try search(mapping) { return sequence }
    }
    return nil
  }

  private mutating func search(_ mapping: MemoryMapping) throws(Errno) -> RestartableSequence? {
    var start = mapping.start
    while start < mapping.end {
      if deadline.hasPassed { throw .timedOut }
      let part = try memory.firstUsed(in: start..<mapping.end, most: Self.piece)
      if !part.isEmpty, let sequence = try search(part) { return sequence }
      start = part.upperBound
    }
    return nil
  }

  private mutating func search(_ part: Range<UInt64>) throws(Errno) -> RestartableSequence? {
    let bytes = try read(part.lowerBound, count: Int(part.count))
    var offset = 0
    while true {
      offset = unsafe bytes.withUnsafeBytes {
        unsafe clinux_find_rseq($0.baseAddress, $0.count, offset)
      }
      if offset < 0 { return nil }
      let address = bytes.integer(UInt64.self, at: offset + Int(RestartableSequence.currentOffset))
      if let sequence = try sequence(at: address) { return sequence }
      offset += clinux_rseq_size
    }
  }

  /// The sequence that a `struct rseq_cs` at this address describes; nil if its range does not have the pc.
  private mutating func sequence(at address: UInt64) throws(Errno) -> RestartableSequence? {
    guard !rejected.contains(address), isMapped(address) else { return nil }
    let bytes = try read(address, count: 32)
    let words = (0..<4).map { bytes.integer(UInt64.self, at: $0 * 8) }
    let sequence = RestartableSequence(words, with: programCounter)
    if sequence == nil { rejected.insert(address) }
    return sequence
  }

  /// Reads memory, again and again if nobody provides it in time.
  private func read(_ address: UInt64, count: Int) throws(Errno) -> [UInt8] {
    while true {
      if deadline.hasPassed { throw .timedOut }
      do throws(Errno) {
        let bytes = try memory.bytes(of: tracee.tid, at: address, count: count)
        if bytes.count == count { return bytes }
        throw .badAddress
      } catch {
        if error != .timedOut { throw error }
      }
    }
  }

  private func isMapped(_ address: UInt64) -> Bool {
    let index = mappings.partitioningIndex { address < $0.end }
    return index < mappings.endIndex && mappings[index].start <= address
  }
}

extension MemoryMapping {
  fileprivate func contains(_ address: UInt64) -> Bool { start <= address && address < end }
}
