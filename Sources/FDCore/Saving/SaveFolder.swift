import CLinux

/// The folder into which files are copied before rangeclose lets go of them, and the copies of a run.
///
/// Signals have to be held while copies are made. Otherwise a signal would leave an incomplete copy.
package final class SaveFolder {
  private let folder: OwnedDescriptor
  private let path: ByteString
  private var copies: [FileStatus.Identity: FileCopy] = [:]
  /// Each copy takes two descriptors until the end of the run.
  private let limit = DescriptorLimit(of: clinux_own_process())

  /// An error of the copy of a file.
  package enum Failure: Error {
    /// The user ended the copy with a signal such as SIGINT.
    case interrupted
    /// The time for the rest of the copy, while the process is stopped, has passed.
    case tooSlow(ByteString)
    /// A process has a lease on the file, which the copy would break; see F_SETLEASE in `fcntl(2)`.
    case leased(ByteString)
    /// The process with the lease did not give it up in time.
    case leaseKept(ByteString)
    /// The number refers to a file that was not copied.
    case isNew(UInt32, ByteString)
    /// A system call for this file failed.
    case system(ByteString, Errno)
    /// No copy can be made in this folder.
    case folder(ByteString, Errno)
  }

  /// A finished copy.
  package struct Saved: Sendable {
    /// The text of the descriptor's link.
    package let target: ByteString
    /// The path of the copy.
    package let path: ByteString
    /// The size in bytes.
    package let size: UInt64
    /// Whether the file may have been written in place during the copy.
    package let mayBeTorn: Bool
    /// The file.
    package let file: FileStatus.Identity
  }

  /// Opens the folder; see O_DIRECTORY in `open(2)`.
  package init(_ path: ByteString) throws(Errno) {
    if path.bytes.contains(0) || path.bytes.isEmpty { throw .noSuchFile }
    self.path = path
    folder = OwnedDescriptor(
      adopting: try checked(
        unsafe path.withCString { unsafe clinux_open(clinux_at_fdcwd, $0, clinux_open_directory) }))
    _ = limit.raise()
  }

  /// The copies of some files, in no order.
  private func copies(of files: [Descriptor]) -> [(file: FileStatus.Identity, copy: FileCopy)] {
    files.eachFileOnce().compactMap { file in copies[file.identity].map { (file.identity, $0) } }
  }

  // MARK: - While the process runs

  /// Copies files until little is left of what they grow by, and then looks for their writers.
  ///
  /// A file that a process of the run had before goes on with its copy.
  ///
  /// - Parameters:
  ///   - files: descriptors of regular files, with their status, their link's text and their fdinfo.
  ///   - timeout: the time in milliseconds that a read may take.
  ///   - breaksLeases: whether a lease of another process may be broken.
  ///   - overdue: called in another thread if a read does not return in time. It has to end rangeclose.
  ///   - progress: called with the copied bytes and the bytes of all files.
  package func copy(
    _ files: [Descriptor], of process: TargetProcess, timeout: UInt32, breakingLeases breaksLeases: Bool,
    overdue: @escaping () -> Void, progress: (_ copied: UInt64, _ all: UInt64) -> Void
  ) throws(Failure) {
    let watchdog = Watchdog(until: Deadline(inMilliseconds: timeout, canBeCutShort: false), overdue)
    try copy(files, of: process, timeout, watchdog, breakingLeases: breaksLeases, progress)
    let copies = copies(of: files)
    if copies.isEmpty { return }
    // Thousands of processes take seconds.
    watchdog.extend(until: Deadline(inMilliseconds: timeout &+ 10_000, canBeCutShort: false))
    let uses = FileUses(of: Set(copies.map { $0.file }))
    for (file, copy) in copies { copy.hasWritersInPlace = uses.hasWriterInPlace(of: file) }
  }

  private func copy(
    _ files: [Descriptor], of process: TargetProcess, _ timeout: UInt32, _ watchdog: Watchdog,
    breakingLeases breaksLeases: Bool, _ progress: (_ copied: UInt64, _ all: UInt64) -> Void
  ) throws(Failure) {
    let files = files.eachFileOnce()
    let leased = breaksLeases ? [] : FileLocks.leased(among: Set(files.map { $0.identity }))
    let all = files.reduce(0 as UInt64) { $0 &+ $1.status.allocated }
    var done: UInt64 = 0
    for (descriptor, status, identity) in files {
      let target = descriptor.target.value ?? ""
      if copies[identity] == nil {
        if leased.contains(identity) || descriptor.info.value?.locks.contains(.lease) == true, !breaksLeases {
          throw .leased(target)
        }
        // The holder of a lease has the time of a read, which ends before the watchdog does.
        watchdog.extend(until: Deadline(inMilliseconds: timeout &+ 2000, canBeCutShort: false))
        copies[identity] = try begin(
          descriptor, status, target, process,
          until: Deadline(inMilliseconds: timeout, canBeCutShort: false))
      }
      guard let copy = copies[identity] else { continue }
      try follow(copy) { copied in
        watchdog.extend(until: Deadline(inMilliseconds: timeout, canBeCutShort: false))
        progress(done &+ UInt64(copied), all)
      }
      done &+= status.allocated
    }
  }

  private func begin(
    _ descriptor: Descriptor, _ status: FileStatus, _ target: ByteString, _ process: TargetProcess,
    until deadline: Deadline
  ) throws(Failure) -> FileCopy {
    let source = try mapError({ $0 == .again ? Failure.leaseKept(target) : .system(target, $0) }) {
      () throws(Errno) in
      let source = try process.source(descriptor.number, until: deadline)
      guard try source.status().identity == status.identity else { throw .badDescriptor }
      return source
    }
    let name = CopyName(process.pid, descriptor.number, target, isUnnamed: status.links == 0)
    let (text, number) = try mapError({ Failure.folder(path, $0) }) { () throws(Errno) in try create(name) }
    return FileCopy(text, of: target, from: source, to: OwnedDescriptor(adopting: number))
  }

  /// Creates a file with a name that no file has yet, and returns the name and the new descriptor.
  private func create(_ name: CopyName) throws(Errno) -> (name: String, number: Int) {
    // Some file systems, such as eCryptfs, allow shorter names only.
    var limits = [255, 143][...]
    var attempt = 0
    while let limit = limits.first {
      let text = name.text(attempt, limit: limit)
      do throws(Errno) {
        return (text, try checked(unsafe clinux_create(folder.number, text)))
      } catch {
        switch error {
        case .alreadyExists: attempt += 1
        case .nameTooLong: limits = limits.dropFirst()
        default: throw error
        }
      }
    }
    throw .nameTooLong
  }

  /// Repeats passes until the file has grown little in the last pass, or does not stop growing as fast.
  private func follow(_ copy: FileCopy, _ progress: (Int64) -> Void) throws(Failure) {
    let mostPasses = 20
    for _ in 0..<mostPasses {
      let grown = try pass(copy) { copied throws(Errno) in
        if clinux_is_termination_pending() { throw .interrupted }
        progress(copied)
      }
      if grown <= FileCopy.smallRest { return }
    }
  }

  private func pass(
    _ copy: FileCopy, _ check: (Int64) throws(Errno) -> Void
  ) throws(Failure) -> Int64 {
    do throws(Errno) {
      let grown = try copy.pass(check)
      try check(copy.copied)
      return grown
    } catch {
      switch error {
      case .interrupted: throw .interrupted
      case .timedOut: throw .tooSlow(copy.target)
      default: throw failure(copy, error)
      }
    }
  }

  /// An error of the file, or one that only the disk of the folder can have.
  private func failure(_ copy: FileCopy, _ error: Errno) -> Failure {
    let isOfFolder = [ENOSPC, EDQUOT, EFBIG, EROFS].contains(error.code)
    return isOfFolder ? .folder(path, error) : .system(copy.target, error)
  }

  // MARK: - While the process is stopped

  /// Copies the rest, and writes the copies and the folder to their disk.
  ///
  /// Throws if a descriptor refers to a file that was not copied, or the deadline passes.
  ///
  /// - Parameter files: the descriptors of regular files that the operation is going to serve.
  package func finish(_ files: [Descriptor], until deadline: Deadline) throws(Failure) -> [Saved] {
    for file in files {
      guard let identity = file.status.value?.identity, copies[identity] != nil else {
        throw .isNew(file.number, file.target.value ?? "")
      }
    }
    let copies = copies(of: files)
    for (_, copy) in copies {
      // Another process may still write to the file.
      let mostPasses = 3
      for _ in 0..<mostPasses {
        let grown = try pass(copy) { _ throws(Errno) in
          if clinux_is_termination_pending() { throw .interrupted }
          if deadline.hasPassed { throw .timedOut }
        }
        if grown == 0 { break }
      }
      try mapError({ failure(copy, $0) }, copy.complete)
    }
    if let error = Errno(answer: clinux_sync(folder.number)) { throw .system(path, error) }
    return copies.map { file, copy in
      Saved(
        target: copy.target, path: self.path(of: copy.name), size: UInt64(copy.copied),
        mayBeTorn: copy.mayBeTorn, file: file)
    }
  }

  private func path(of name: String) -> ByteString {
    let slash = path.bytes.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
    return ByteString(path.bytes + slash + Array(name.utf8))
  }

  /// Marks the copies of files as needed or not; `discard()` removes those that are not needed.
  package func mark(_ files: [Descriptor], areNeeded: Bool) {
    for (_, copy) in copies(of: files) { copy.isNeeded = areNeeded }
  }

  /// Ends the copies of files that have other content now; a later process begins new copies.
  package func end(_ files: [Descriptor]) {
    for file in files { if let identity = file.status.value?.identity { copies[identity] = nil } }
  }

  /// Removes the copies of files that no operation has served; returns their number.
  @discardableResult
  package func discard() -> Int {
    let unneeded = copies.filter { !$0.value.isNeeded }
    for (identity, copy) in unneeded {
      unsafe clinux_unlink(folder.number, copy.name)
      copies[identity] = nil
    }
    return unneeded.count
  }
}
