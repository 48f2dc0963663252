/// The operation that closes descriptors.
extension Operation {
  /// Frees the number, and drops the reference to the file.
  ///
  /// The corresponding system calls are `close_range(2)` and `close(2)`.
  package static let close = Operation(
    types: .all,
    mechanisms: [RangeCall(flags: 0), SingleCall(.closing)],
    freesNumbers: true, losesContent: true,
    words: Words(
      does: "closes", doing: "closing", done: "closed", doneAs: "", failed: "still open",
      doneWithError: "closed, and what was written last may be lost"))
}

extension SingleCall.Kind {
  fileprivate static let closing = SingleCall.Kind(
    call: "close(2)",
    systemCall: { numbers, descriptor in SystemCall(numbers.close, UInt64(descriptor)) },
    outcome: { error, isOpen in
      guard let error else { return .done }
      // The kernel frees the number before it flushes the file. So after an error of the flush the descriptor
      // is closed. See close(2), "Dealing with error returns from close()". If the number is still open, a
      // filter has refused the call.
      if isOpen() { return .failed(error) }
      return error == .badDescriptor ? .leftAlone : .doneWithError(error)
    })
}
