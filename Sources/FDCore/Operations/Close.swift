/// `close(2)`: frees the number, and drops the reference to the file.
extension Operation {
  package static let close = Operation(
    types: .all,
    mechanisms: [RangeCall(flags: 0), SingleCall(.closing)],
    freesNumbers: true,
    words: Words(
      done: "closed", doneAs: "", failed: "it is still open",
      doneWithError: "it is closed, and what was written last may be lost"))
}

extension SingleCall.Kind {
  fileprivate static let closing = SingleCall.Kind(
    call: "close(2)",
    systemCall: { numbers, descriptor in SystemCall(numbers.close, UInt64(descriptor)) },
    outcome: { error, isOpen in
      guard let error else { return .done }
      // The number is free before the file is flushed. The error of the flush comes too late to keep the
      // descriptor open. See close(2), "Dealing with error returns from close()". A filter may have refused
      // the call.
      if isOpen() { return .failed(error) }
      return error == .badDescriptor ? .leftAlone : .doneWithError(error)
    })
}
