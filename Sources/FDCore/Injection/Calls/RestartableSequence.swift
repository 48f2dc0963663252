import CLinux

/// A restartable sequence, `rseq(2)`: if the kernel preempts a thread in such code, it aborts the code.
///
/// When a thread returns to user mode, the kernel compares the thread's pc with its sequence. During an
/// injected call, the pc is outside of the sequence, so the kernel clears the sequence and does not abort it.
/// The thread would later continue in the middle of the sequence, although other threads have run. So
/// rangeclose moves the pc of the calling thread to the abort handler before it makes a call. The kernel
/// itself aborts the sequences of the other stopped threads. See `rseq_ip_fixup` in `kernel/rseq.c`.
struct RestartableSequence {
  /// The address of the abort handler.
  let abort: UInt64

  /// Takes the words of a `struct rseq_cs`; nil if it does not describe a sequence with this pc.
  ///
  /// The kernel refuses an abort handler that lies within its sequence.
  ///
  /// - Parameter words: u32 version, u32 flags, u64 start_ip, u64 post_commit_offset, u64 abort_ip.
  init?(_ words: [UInt64], with programCounter: UInt64) {
    let (start, length) = (words[1], words[2])
    guard UInt32(truncatingIfNeeded: words[0]) == 0, programCounter &- start < length,
      words[3] &- start >= length
    else { return nil }
    abort = words[3]
  }

  /// The offset in `struct rseq` of the address of a `struct rseq_cs`, or of 0.
  static let currentOffset: UInt64 = 8
}

extension Tracee {
  /// Whether the thread may be in a restartable sequence, and the kernel does not report the address of its
  /// `struct rseq`.
  ///
  /// A thread in a system call is in no sequence.
  var mayBeInUnknownSequence: Bool {
    guard let registers, registers.currentCall == nil else { return false }
    return (try? restartableSequences()) == nil
  }

  /// Moves the thread to the abort handler, if it is in a restartable sequence.
  ///
  /// The thread then continues as if the kernel had aborted the sequence. Throws if the memory cannot be
  /// read, and `ETIMEDOUT` if a search does not end in time.
  ///
  /// - Parameter deadline: the end of a search for the sequence.
  func abortSequence(_ memory: TraceeMemory, until deadline: Deadline) throws(Errno) {
    guard var registers, let sequence = try currentSequence(registers, memory, deadline) else { return }
    registers.programCounter = sequence.abort
    try setRegisters(registers)
    try noteMove()
  }

  /// The restartable sequence that the thread is in; nil if it is in none.
  private func currentSequence(
    _ registers: RegisterSet, _ memory: TraceeMemory, _ deadline: Deadline
  ) throws(Errno) -> RestartableSequence? {
    if registers.currentCall != nil { return nil }
    guard let area = try? restartableSequences() else {
      var search = SequenceSearch(of: self, at: registers.programCounter, memory, until: deadline)
      return try search.run(beginningAt: registers.threadPointer)
    }
    if area == 0 { return nil }
    let current = try memory.words(of: tid, at: area + RestartableSequence.currentOffset, count: 1)
    if current[0] == 0 { return nil }
    let words = try memory.words(of: tid, at: current[0], count: 4)
    return RestartableSequence(words, with: registers.programCounter)
  }
}
