/// A way to do an operation: an injected call of some kind.
package protocol Mechanism: AnyObject, Sendable {
  /// The call, such as `close_range(2)`.
  var call: String { get }

  /// The method by which the user can insist on it.
  var method: Method { get }

  /// Whether a seccomp filter may have been written before the call existed, and kill for it.
  var isNewerThanFilters: Bool { get }

  /// Does the operation to what the run has not done yet.
  ///
  /// Returns the error with which the target refused the call altogether, before anything was done by it; nil
  /// if it ran. Throws what ended the run.
  func apply(_ run: inout OperationRun) throws(TargetError) -> Errno?
}

/// `close_range(2)` over the ranges of a plan.
final class RangeCall: Mechanism {
  private let flags: UInt64

  var call: String { "close_range(2)" }
  var method: Method { .closeRange }
  var isNewerThanFilters: Bool { true }

  /// - Parameter flags: those of the call, `include/uapi/linux/close_range.h`.
  init(flags: UInt64) {
    self.flags = flags
  }

  func apply(_ run: inout OperationRun) throws(TargetError) -> Errno? {
    var rest = run.plan.ranges[...]
    while let range = rest.popFirst() {
      let number = run.remote.numbers.closeRange
      let error = try run.call(number, UInt64(range.lowerBound), UInt64(range.upperBound), flags)
      if let error, run.mayFallBack, error.meansUnavailable {
        run.statistics.calls -= 1
        return error
      }
      // After one success there is nothing that the others could be refused for.
      if error == nil {
        let chained = try run.chain(
          number, rest.lazy.map { (UInt64($0.lowerBound), UInt64($0.upperBound)) }, flags)
        rest = rest.dropFirst(chained)
      }
      run.note(error.map { .failed($0) } ?? .done, through: run.plan.ranges[rest.startIndex - 1].upperBound)
    }
    return nil
  }
}

/// A call for each descriptor.
final class SingleCall: Mechanism {
  /// What the call is, and what its result means.
  struct Kind: Sendable {
    let call: String
    let systemCall: @Sendable (SystemCallNumbers, _ descriptor: UInt32) -> SystemCall
    /// The outcome by the call's error; whether the number is open is read only if it matters.
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
    for index in run.outcomes.indices where run.outcomes[index] == .notDone {
      let descriptor = run.plan.picked[index]
      let call = kind.systemCall(run.remote.numbers, descriptor)
      let (first, second, third) = (call.arguments.0, call.arguments.1, call.arguments.2)
      let error = try run.call(call.number, first, second, third)
      run.outcomes[index] = kind.outcome(error) { run.remote.isOpen(descriptor) }
    }
    return nil
  }
}

extension Errno {
  /// Whether the target cannot run `close_range(2)`: `ENOSYS` before Linux 5.9, `EINVAL` for a flag before
  /// 5.11, `EPERM` from a filter that is older than the call.
  var meansUnavailable: Bool { self == .notImplemented || self == .notPermitted || self == .invalid }
}
