/// A way to do an operation: one kind of injected call.
package protocol Mechanism: AnyObject, Sendable {
  /// The call, such as `close_range(2)`.
  var call: String { get }

  /// The value of `--method` that demands this mechanism; `auto` if none does.
  var method: Method { get }

  /// Whether a seccomp filter may be older than the call, and kill the process for it.
  var isNewerThanFilters: Bool { get }

  /// Does the operation to the descriptors that the run has not done yet.
  ///
  /// Returns the error with which the target refused the first call, before the call did anything; nil if the
  /// call ran. Throws the error that ended the run.
  func apply(_ run: inout OperationRun) throws(TargetError) -> Errno?
}

/// `close_range(2)` over the ranges of a plan.
///
/// A plan has ranges for exactly the picked numbers. So rangeclose sends neither CLOSE_RANGE_EXCEPT (1 << 3)
/// nor CLOSE_RANGE_CLOEXEC_ONLY (1 << 4), which Linux 7.4 is going to have. Bit 3 is CLOSE_RANGE_CLOFORK on
/// FreeBSD 15.
final class RangeCall: Mechanism {
  private let flags: UInt64

  var call: String { "close_range(2)" }
  var method: Method { .closeRange }
  var isNewerThanFilters: Bool { true }

  /// - Parameter flags: the flags of the call, `include/uapi/linux/close_range.h`.
  init(flags: UInt64) {
    self.flags = flags
  }

  func apply(_ run: inout OperationRun) throws(TargetError) -> Errno? {
    if run.readsFilesAgain { return try applyToSameFiles(&run) }
    var rest = run.plan.ranges[...]
    while let range = rest.popFirst() {
      let number = run.remote.numbers.closeRange
      let error = try call(range, &run)
      if let error, run.isRefusal(error) { return error }
      // After one success, the kernel has no reason to refuse the other calls.
      if error == nil {
        let chained = try run.chain(
          number, rest.lazy.map { (UInt64($0.lowerBound), UInt64($0.upperBound)) }, flags)
        rest = rest.dropFirst(chained)
      }
      run.note(error.map { .failed($0) } ?? .done, through: run.plan.ranges[rest.startIndex - 1].upperBound)
    }
    return nil
  }

  /// Makes calls only for numbers that still refer to their files, and one call at a time: during a chain of
  /// calls the files could not be read.
  private func applyToSameFiles(_ run: inout OperationRun) throws(TargetError) -> Errno? {
    for range in run.plan.ranges {
      var rest = run.plan.indices(of: range)
      while let indices = run.takeSameFiles(from: &rest), let last = indices.last {
        let error = try call(run.plan.picked[indices.lowerBound]...run.plan.picked[last], &run)
        if let error, run.isRefusal(error) { return error }
        for index in indices { run.outcomes[index] = error.map { .failed($0) } ?? .done }
      }
    }
    return nil
  }

  private func call(_ range: DescriptorRange, _ run: inout OperationRun) throws(TargetError) -> Errno? {
    let number = run.remote.numbers.closeRange
    return try run.call(SystemCall(number, UInt64(range.lowerBound), UInt64(range.upperBound), flags))
  }
}

/// One call for each descriptor.
final class SingleCall: Mechanism {
  /// The call, and the meaning of its result.
  struct Kind: Sendable {
    let call: String
    let systemCall: @Sendable (SystemCallNumbers, _ descriptor: UInt32) -> SystemCall
    /// The outcome for the call's error; nil for success.
    ///
    /// `isOpen` reads whether the number is still open. It is called only if the answer matters.
    let outcome: @Sendable (Errno?, _ isOpen: () -> Bool) -> Outcome
  }

  private let kind: Kind

  var call: String { kind.call }
  var method: Method { .close }
  var isNewerThanFilters: Bool { false }

  init(_ kind: Kind) {
    self.kind = kind
  }

  func apply(_ run: inout OperationRun) throws(TargetError) -> Errno? {
    for index in run.outcomes.indices where run.outcomes[index] == .notDone && run.isSameFile(index) {
      let descriptor = run.plan.picked[index]
      let error = try run.call(kind.systemCall(run.remote.numbers, descriptor))
      run.outcomes[index] = kind.outcome(error) { run.remote.isOpen(descriptor) }
    }
    return nil
  }
}

extension Errno {
  /// Whether this error of `close_range(2)` means that the target cannot run it.
  ///
  /// It is `ENOSYS` before Linux 5.9, `EINVAL` for a flag before 5.11, and `EPERM` from a filter that is
  /// older than the call.
  var meansUnavailable: Bool { self == .notImplemented || self == .notPermitted || self == .invalid }
}
