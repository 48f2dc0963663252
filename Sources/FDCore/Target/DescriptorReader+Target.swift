extension DescriptorReader {
  /// The open numbers of a target, ascending.
  ///
  /// Throws a `TargetError` if the target is gone, or if rangeclose may not read its table any more. See
  /// `openNumbers()` for the system call.
  package func openNumbers(of target: TargetProcess) throws(TargetError) -> [UInt32] {
    do {
      return try openNumbers()
    } catch {
      throw TargetError(refusedBy: error, call: "/proc/\(target.pid)/fd", target.directory)
    }
  }
}
