import CLinux

/// Restartable sequences, `rseq(2)`: code that the kernel aborts if its thread is preempted in it.
extension RegisterSet {
  /// Moves the pc to the abort handler of the sequence that it is in, if it is in one.
  ///
  /// On a thread's way back to user mode the kernel looks for a sequence by the pc that it finds then: by the
  /// injected one, if the thread runs an injected call. It would forget the sequence, and the thread would go
  /// on in the midst of it though others have run. So the registers that are put back get the pc that the
  /// kernel would have set. A thread in a system call is in no sequence. See `rseq_ip_fixup` in
  /// `kernel/rseq.c`, and `struct rseq_cs`.
  mutating func abortRestartableSequence(of tracee: Tracee) {
    guard currentCall == nil, let area = try? tracee.restartableSequences(), area != 0,
      let current = Self.words(1, at: area + 8, tracee)?.first, current != 0,
      let sequence = Self.words(4, at: current, tracee)
    else { return }
    // u32 version, u32 flags, u64 start_ip, u64 post_commit_offset, u64 abort_ip
    let (start, length, abort) = (sequence[1], sequence[2], sequence[3])
    if programCounter &- start < length { programCounter = abort }
  }

  private static func words(_ count: Int, at address: UInt64, _ tracee: Tracee) -> [UInt64]? {
    let bytes = TraceeMemory.read(of: tracee.tid, at: address, count: count * 8)
    guard bytes.count == count * 8 else { return nil }
    return (0..<count).map { bytes.integer(UInt64.self, at: $0 * 8) }
  }
}
