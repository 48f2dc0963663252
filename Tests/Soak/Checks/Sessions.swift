import Glibc
import TestSupport

/// Sessions of every kind in turn with one target.
///
/// Each session stops and detaches the threads. Fixtures open descriptors from 900 up for this. All kinds but
/// the first make calls for these descriptors, too, and leave them open.
struct Sessions {
  private static let kinds = [
    ["800-899"], ["900-", "--cloexec"], ["900-", "--cloexec", "--method=close"],
    ["900-", "--replace"], ["900-", "--replace=/dev/zero", "--method=close"],
    // So many ranges that rangeclose makes the calls with a ROP chain.
    [stride(from: 900, to: 1000, by: 2).map(String.init).joined(separator: ","), "--cloexec"],
  ]
  private(set) var held = 0

  /// Runs the next session, and returns what went wrong.
  mutating func hold(with target: Target) throws -> String? {
    held += 1
    return try session(with: target, Self.kinds[held % Self.kinds.count])
  }
}

/// Runs a session, and returns what went wrong or nil.
func session(with target: Target, _ arguments: [String]) throws -> String? {
  let run = try Target(Programs.rangeclose, ["-q", "\(target.pid)"] + arguments)
  let complaint = try run.rest()
  let status = run.wait()
  return status == 0 && complaint.isEmpty ? nil : "\(arguments): exit status \(status), '\(complaint)'"
}
