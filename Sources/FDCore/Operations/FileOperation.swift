/// An operation on an open file, which rangeclose does itself on a duplicate of the descriptor.
///
/// The target is not stopped. The number stays open, and so does every other descriptor of the file.
package protocol FileOperation: AnyObject, Sendable {
  /// The call, such as `shutdown(2)`.
  var call: String { get }

  /// Whether a later write of the target may raise SIGPIPE; see `signal(7)`.
  var breaksPipes: Bool { get }

  /// The facts of a descriptor that the operation uses.
  var facts: FactSet { get }

  /// Does the operation, and returns the storage in bytes that it freed.
  ///
  /// - Parameters:
  ///   - duplicate: the duplicate.
  ///   - descriptor: the facts of the file, read through the duplicate.
  ///   - surroundings: the permissions of the user, and the other users of the files.
  func apply(
    to duplicate: borrowing OwnedDescriptor, _ descriptor: Descriptor, in surroundings: Surroundings
  ) -> (outcome: Outcome, freed: UInt64)

  /// Why the operation would leave a file alone; nil if nothing is known against it.
  ///
  /// The function needs no duplicate.
  ///
  /// - Parameters:
  ///   - descriptor: the facts of the file.
  ///   - thread: a thread that has the descriptor open.
  func refusal(of descriptor: Descriptor, in thread: Int32, _ surroundings: Surroundings) -> Remark?
}

extension FileOperation {
  /// The default: nothing is known before.
  package func refusal(
    of descriptor: Descriptor, in thread: Int32, _ surroundings: Surroundings
  ) -> Remark? { nil }
}

/// The permissions that the user gives explicitly.
package struct Consent: OptionSet, Sendable {
  /// One bit for each permission.
  package let rawValue: UInt8

  /// Creates a set from its bits.
  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Listening sockets are included.
  package static let listeners = Consent(rawValue: 1 << 0)
  /// Files that a process has mapped are included.
  package static let mapped = Consent(rawValue: 1 << 1)
  /// Files that are written without O_APPEND through several descriptions, or read and written, are included.
  package static let shared = Consent(rawValue: 1 << 2)
}

/// The facts that an operation needs beside those of the file.
package final class Surroundings {
  /// The permissions of the user.
  package let consent: Consent
  private let candidates: Set<FileStatus.Identity>
  private lazy var uses = FileUses(of: candidates)

  /// - Parameter candidates: the descriptors of the run, as far as they are known before, with their status.
  package init(_ consent: Consent, candidates: [Descriptor]) {
    self.consent = consent
    self.candidates = Set(candidates.compactMap { $0.status.value?.identity })
  }

  /// Searches all processes now, so that a process that is stopped later does not wait for that.
  ///
  /// With all permissions there is nothing to search for.
  package func search() {
    if !consent.isSuperset(of: [.mapped, .shared]) { _ = uses }
  }

  /// The uses of a file by all processes.
  ///
  /// One search covers all candidates.
  func uses(of file: FileStatus.Identity) -> FileUses {
    candidates.contains(file) ? uses : FileUses(of: Set([file]))
  }
}
