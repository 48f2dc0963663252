import CLinux

/// Duplicates of the descriptors of a target, taken by `pidfd_getfd(2)` while the target runs.
///
/// A duplicate is the open file itself. The target may give the number to another file at any time, and the
/// duplicate stays what it is. So rangeclose decides by the facts of the duplicate, and then works on it.
/// Neither a tracer of the target nor a parent that waits in vfork(2) prevents that.
package final class Duplicates {
  private let target: TargetProcess
  private let table: DescriptorReader
  /// Reads the facts of the duplicate that `withDuplicate` has taken.
  package let reader: DescriptorReader

  /// Prepares to take duplicates from a descriptor table.
  ///
  /// - Parameter comparedNumbers: the numbers that `Descriptor.sameAs` compares with.
  ///
  /// Throws `TargetError` if the table cannot be opened, or if rangeclose cannot read its own descriptors.
  package init(
    of target: TargetProcess, comparedWith comparedNumbers: [UInt32]
  ) throws(TargetError) {
    self.target = target
    table = try target.descriptors(comparedWith: comparedNumbers)
    do {
      reader = try DescriptorReader(ofDuplicatesFrom: table)
    } catch {
      throw .system(target.pid, call: "/proc/self/fd", error)
    }
  }

  /// The reason and the remedy for an error of `withDuplicate`.
  package func refusal(_ error: Errno) -> TargetError {
    switch error {
    case .notImplemented, .invalid: .noDuplicates(target.pid)
    default: TargetError(refusedBy: error, call: "pidfd_getfd(2)", target.directory)
    }
  }

  /// Calls `body` with a duplicate of a descriptor, and closes the duplicate.
  ///
  /// Throws `ENOSYS` before Linux 5.6, or before Linux 6.9 for a thread with its own table; `EPERM` without
  /// the right to attach, or under a seccomp filter on rangeclose; and `EBADF` if the number is not open.
  package func withDuplicate<Result>(
    of number: UInt32, _ body: (borrowing OwnedDescriptor) -> Result
  ) throws(Errno) -> Result {
    let duplicate = try table.inquiry.duplicate(of: number)
    reader.duplicate = UInt32(bitPattern: duplicate.number)
    defer { reader.duplicate = nil }
    return body(duplicate)
  }
}
