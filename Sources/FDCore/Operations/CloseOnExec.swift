import CLinux

/// The operation that marks descriptors close-on-exec.
extension Operation {
  /// Marks the descriptor, so that the next `execve(2)` closes it.
  ///
  /// The corresponding system calls are `close_range(2)` with CLOSE_RANGE_CLOEXEC, and `fcntl(2)` with
  /// FD_CLOEXEC.
  package static let closeOnExec = Operation(
    types: .all,
    // CLOSE_RANGE_CLOEXEC, include/uapi/linux/close_range.h
    mechanisms: [RangeCall(flags: 1 << 2), SingleCall(.marking)],
    freesNumbers: false, marksNumbers: true,
    words: Words(
      does: "marks", doing: "marking", done: "marked", doneAs: " close-on-exec", failed: "not marked",
      doneWithError: "marked"))
}

extension SingleCall.Kind {
  fileprivate static let marking = SingleCall.Kind(
    call: "fcntl(2)",
    systemCall: { numbers, descriptor in
      SystemCall(numbers.fcntl, UInt64(descriptor), UInt64(F_SETFD), UInt64(FD_CLOEXEC))
    },
    outcome: { error, _ in error.map { .failed($0) } ?? .done })
}
