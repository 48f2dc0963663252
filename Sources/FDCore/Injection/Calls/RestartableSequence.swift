import CLinux

/// Restartable sequences, `rseq(2)`: a stretch of code that is to be abandoned when its thread is preempted.
///
/// The kernel looks for one on a thread's way back to user mode, by the pc it finds then: by ours, where we
/// have the thread run a call. It would forget the sequence, and the thread go on in the midst of it though
/// others have run. So what the kernel would have done is done to the registers that are put back.
extension RegisterSet {
  /// Moves the pc to the abort handler of the sequence that it is in, if it is in one.
  ///
  /// A thread in a system call is in none. See `rseq_ip_fixup` in `kernel/rseq.c`, and `struct rseq_cs`.
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
    let bytes = TargetMemory.read(of: tracee.tid, at: address, count: count * 8)
    guard bytes.count == count * 8 else { return nil }
    return (0..<count).map { bytes.integer(UInt64.self, at: $0 * 8) }
  }
}
