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

  /// The open descriptors of a target among a few numbers; see `open(among:by:)`.
  ///
  /// Throws as `openNumbers(of:)` does.
  package func open(
    among numbers: [UInt32], by fact: FactSet, of target: TargetProcess
  ) throws(TargetError) -> [Descriptor] {
    do {
      return try open(among: numbers, by: fact)
    } catch {
      throw TargetError(refusedBy: error, call: "/proc/\(target.pid)/fd", target.directory)
    }
  }
}
