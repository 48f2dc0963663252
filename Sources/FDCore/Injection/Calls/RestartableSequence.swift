import CLinux

/// Restartable sequences, `rseq(2)`: if the kernel preempts a thread in such code, it aborts the code.
extension RegisterSet {
  /// Moves the pc to the abort handler, if the pc is in a restartable sequence.
  ///
  /// When a thread returns to user mode, the kernel compares the thread's pc with its sequence. During an
  /// injected call, the pc is outside of the sequence, so the kernel clears the sequence and does not abort
  /// it. The thread would later continue in the middle of the sequence, although other threads have run. So
  /// rangeclose restores the registers with the pc that the kernel would have set. A thread in a system call
  /// is in no sequence. See `rseq_ip_fixup` in `kernel/rseq.c`, and `struct rseq_cs`.
  mutating func abortRestartableSequence(of tracee: Tracee, _ memory: TraceeMemory) {
    guard currentCall == nil, let area = try? tracee.restartableSequences(), area != 0,
      let current = Self.words(1, at: area + 8, tracee, memory)?.first, current != 0,
      let sequence = Self.words(4, at: current, tracee, memory)
    else { return }
    // u32 version, u32 flags, u64 start_ip, u64 post_commit_offset, u64 abort_ip
    let (start, length, abort) = (sequence[1], sequence[2], sequence[3])
    if programCounter &- start < length { programCounter = abort }
  }

  private static func words(
    _ count: Int, at address: UInt64, _ tracee: Tracee, _ memory: TraceeMemory
  ) -> [UInt64]? {
    let bytes = memory.read(of: tracee.tid, at: address, count: count * 8)
    guard bytes.count == count * 8 else { return nil }
    return (0..<count).map { bytes.integer(UInt64.self, at: $0 * 8) }
  }
}
