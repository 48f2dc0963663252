import CLinux
import FDCore

/// The copies of the regular files of one process, which come before the operation: `--save`.
struct SaveWork {
  private let invocation: Invocation
  private let selection: Selection
  private let target: TargetProcess
  private let folder: SaveFolder
  /// The descriptors whose files are not copied, because the operation leaves them alone.
  var refusals = Refusals()

  /// The facts of a file that is copied.
  private static let facts: FactSet = [.status, .target, .info]

  init(
    _ invocation: Invocation, _ selection: Selection, on target: TargetProcess, in folder: SaveFolder
  ) {
    (self.invocation, self.selection, self.target, self.folder) = (invocation, selection, target, folder)
  }

  /// Copies the picked files while the process runs; returns their number.
  @discardableResult
  func copy() throws(CommandError) -> Int {
    let (name, folder, refusals) = (target.nameAtScan, folder, refusals)
    let files = Self.files(selection, of: target).filter { refusals.remark(on: $0) == nil }
    try asCommandError { () throws(SaveFolder.Failure) in
      try folder.copy(
        files, of: target, timeout: invocation.timeout,
        breakingLeases: invocation.force.contains(.lease),
        overdue: {
          Output.complainAtOnce(
            "\(name): a read of a file did not return; a file server may not answer (see --timeout);"
              + " nothing was changed, and the partial copies are removed")
          folder.discard()
          clinux_exit_at_once(ExitStatus.couldNot.rawValue)
        },
        progress: { Progress.show(copied: $0, of: $1) })
    }
    Progress.clear()
    return files.count
  }

  /// Copies the rest of the files that the operation is going to serve, while the process is stopped.
  ///
  /// - Parameter numbers: the numbers of the operation.
  func finish(_ numbers: [UInt32], in session: borrowing Session) throws(CommandError) -> Finished {
    let thread = session.tableThread
    let reader = try mapError({ CommandError.target($0, target.nameAtScan) }) { () throws(TargetError) in
      try target.descriptors(of: thread)
    }
    let refusals = refusals
    let all = reader.read(numbers, facts: Self.facts, at: .stopped).filter {
      refusals.remark(on: $0) == nil
    }
    session.extendWatch(byMilliseconds: invocation.timeout + 2000)
    // A file whose status cannot be read may be regular, so it counts as not copied.
    let meant = all.filter { $0.isSaved(by: reader) || $0.status.value == nil }
    let (files, deadline) = (meant, Deadline(inMilliseconds: invocation.timeout))
    let copies = try asCommandError { () throws(SaveFolder.Failure) in
      try folder.finish(files, until: deadline)
    }
    return Finished(
      files: files, copies: copies, seen: Set(all.compactMap { $0.status.value?.identity }))
  }

  /// The files and their complete copies.
  struct Finished {
    let files: [Descriptor]
    let copies: [SaveFolder.Saved]
    /// These files, and files that need no copy.
    let seen: Set<FileStatus.Identity>
  }

  /// Marks complete copies as needed, before the first file may lose its content.
  ///
  /// From then on the watchdog does not remove them.
  func keep(_ finished: Finished) { folder.mark(finished.files, areNeeded: true) }

  /// Marks copies as not needed, because nothing was done to their files.
  func release(_ finished: Finished) { folder.mark(finished.files, areNeeded: false) }

  /// Adds the copies to the report, and removes the copies of files that the operation did not serve.
  func conclude(_ finished: Finished, _ report: inout Report) {
    keep(finished)
    report.saved = finished.copies
    if invocation.operation.onFile != nil {
      // A later process begins new copies, so no other process needs a copy that this one does not need.
      let untouched = Self.untouched(report)
      let kept = finished.files.filter { !untouched.contains($0.status.value?.identity) }
      release(finished)
      folder.mark(kept, areNeeded: true)
      folder.end(kept)
      report.saved.removeAll { untouched.contains($0.file) }
    }
    folder.discard()
  }

  /// The files that all of their descriptors' rows leave alone.
  private static func untouched(_ report: Report) -> Set<FileStatus.Identity?> {
    var (untouched, others): (Set<FileStatus.Identity?>, Set<FileStatus.Identity?>) = ([], [])
    for (descriptor, outcome) in report.rows {
      guard let file = descriptor.status.value?.identity else { continue }
      if outcome == .leftAlone || outcome.isUnserved { untouched.insert(file) } else { others.insert(file) }
    }
    return untouched.subtracting(others)
  }

  /// Removes the copies after an error.
  func discard() {
    let count = folder.discard()
    if count > 0 {
      Output.complain(
        "\(target.nameAtScan): " + (count == 1 ? "the copy was" : "the copies were") + " removed")
    }
  }

  private func asCommandError<Value>(
    _ step: () throws(SaveFolder.Failure) -> Value
  ) throws(CommandError) -> Value {
    do {
      return try step()
    } catch {
      Progress.clear()
      folder.discard()
      throw .refused("\(target.nameAtScan): \(error.text); nothing was changed, and the copies were removed")
    }
  }

  /// The picked files.
  private static func files(_ selection: Selection, of target: TargetProcess) -> [Descriptor] {
    guard let candidates = try? selection.candidates(of: target), let reader = try? target.descriptors()
    else { return [] }
    return reader.read(candidates.map { $0.number }, facts: facts).filter { $0.isSaved(by: reader) }
  }

  /// The sentences of a dry run: what would be copied.
  static func list(_ selection: Selection, of target: TargetProcess, inBytes: Bool) -> [String] {
    files(selection, of: target).eachFileOnce().map { file, status, _ in
      "would save \(ByteSize(status.size).words(inBytes: inBytes)) of \(file.target.value ?? "?")"
    }
  }
}

extension Descriptor {
  /// Whether `--save` copies the file: it is regular, or memory that a program made like a file.
  fileprivate func isSaved(by reader: DescriptorReader) -> Bool {
    guard let status = status.value, status.type == .regular else { return false }
    return !possibleTypes.isDisjoint(with: [TypeSet(.regular), TypeSet(.memory)])
      && reader.isWorthSaving(status)
  }
}

extension SaveFolder.Saved {
  /// The copy, in words for the report.
  func text(inBytes: Bool) -> String {
    let torn = mayBeTorn ? ", which may be torn: the file was rewritten in place meanwhile" : ""
    return "saved \(ByteSize(size).words(inBytes: inBytes)) of \(target) as \(path)\(torn)"
  }
}

extension SaveFolder.Failure {
  /// The reason and the remedy.
  fileprivate var text: String {
    switch self {
    case .interrupted: "the copy was interrupted"
    case .tooSlow(let file): "the rest of \(file) could not be copied in time (see --timeout)"
    case .leased(let file): "a process has a lease on \(file), which a copy breaks; --force=lease allows it"
    case .leaseKept(let file):
      "a process has a lease on \(file), and did not give up its lease in time (see --timeout)"
    case .isNew(let number, let file):
      "descriptor \(number) refers to \(file) by now, which was not saved; try again"
    case .system(let file, let error): "cannot save \(file): \(error)"
    case .folder(let path, let error): "cannot write a copy in \(path): \(error)"
    }
  }
}
