import Glibc
import TestSupport

/// Sessions with one target, of every kind in turn.
///
/// Each has the threads stopped and let go. Where the target has descriptors open from 900 up, as fixtures do
/// for this, all but the first kind make calls of it, too, and leave them open.
struct Sessions {
  private static let kinds = [
    ["800-899"], ["900-", "--cloexec"], ["900-", "--cloexec", "--method=close"],
    // So many ranges that a thread makes the calls by itself.
    [stride(from: 900, to: 1000, by: 2).map(String.init).joined(separator: ","), "--cloexec"],
  ]
  private(set) var held = 0

  /// Holds the next one; answers what went wrong.
  mutating func hold(with target: Target) throws -> String? {
    held += 1
    return try session(with: target, Self.kinds[held % Self.kinds.count])
  }
}

/// Holds a session, and answers what went wrong, or nil.
func session(with target: Target, _ arguments: [String]) throws -> String? {
  let run = try Target(Programs.rangeclose, ["-q", "\(target.pid)"] + arguments)
  let complaint = try run.rest()
  let status = run.wait()
  return status == 0 && complaint.isEmpty ? nil : "\(arguments): exit status \(status), '\(complaint)'"
}
