import CLinux

/// The operation that empties files.
extension Operation {
  /// Empties regular files, and lets their writers go on at the beginning.
  ///
  /// The corresponding system call is `ftruncate(2)`.
  package static let truncate = Operation(
    types: .regular, mechanisms: [], onFile: Truncation(), freesNumbers: false, losesContent: true,
    words: Words(
      does: "truncates", doing: "truncating", done: "truncated", doneAs: "", failed: "not truncated",
      doneWithError: "truncated", subject: "regular file"))
}

/// `ftruncate(2)` through a duplicate, or through a description of our own if the duplicate cannot write.
private final class Truncation: FileOperation {
  let call = "ftruncate(2)"
  let breaksPipes = false
  // The link's text distinguishes a regular file from memory without a name.
  let facts: FactSet = [.status, .target]

  func apply(
    to duplicate: borrowing OwnedDescriptor, _ descriptor: Descriptor, in surroundings: Surroundings
  ) -> (outcome: Outcome, freed: UInt64) {
    do throws(Errno) {
      let flags = OpenFlags(
        rawValue: UInt32(truncatingIfNeeded: try checked(clinux_open_flags(duplicate.number))))
      if flags.contains(.path) { return (.unserved(.isOnlyAPlace), 0) }
      let file = try duplicate.status().identity
      let own = (clinux_own_process(), UInt32(bitPattern: duplicate.number))
      if let remark = danger(own, file, surroundings) { return (.unserved(remark), 0) }
      // The file may have grown since its facts were read, or another descriptor of it was first.
      let before = try duplicate.status()
      try empty(duplicate, flags)
      let left = try duplicate.status().allocated
      return (.done, before.allocated > left ? before.allocated - left : 0)
    } catch {
      return (.failed(error), 0)
    }
  }

  func refusal(of descriptor: Descriptor, in thread: Int32, _ surroundings: Surroundings) -> Remark? {
    guard let status = descriptor.status.value, status.type == .regular else { return nil }
    if descriptor.accessMode.value == .path { return .isOnlyAPlace }
    return danger((thread, descriptor.number), status.identity, surroundings)
  }

  private func empty(_ duplicate: borrowing OwnedDescriptor, _ flags: OpenFlags) throws(Errno) {
    let mode = DescriptorInfo.AccessMode(openFlags: flags.rawValue)
    let appends = flags.contains(.append)
    if mode == .write || mode == .readWrite {
      try checked(clinux_truncate(duplicate.number, duplicate.number, !appends))
    } else {
      let path = "/proc/self/fd/\(duplicate.number)"
      let own = OwnedDescriptor(
        adopting: try checked(unsafe clinux_open(clinux_at_fdcwd, path, clinux_open_for_writing)))
      try checked(clinux_truncate(duplicate.number, own.number, false))
    }
  }

  /// Why truncating may harm a user of the file; nil if it does not, or if the user of rangeclose allows it.
  ///
  /// A process that has mapped the file gets SIGBUS for the pages that are gone; see `mmap(2)`. A file that
  /// is read and written, or that is written at offsets of several descriptions, is probably a database.
  ///
  /// - Parameter place: a thread, and its number for the open file description.
  private func danger(
    _ place: (thread: Int32, number: UInt32), _ file: FileStatus.Identity, _ surroundings: Surroundings
  ) -> Remark? {
    let consent = surroundings.consent
    if consent.isSuperset(of: [.mapped, .shared]) { return nil }
    let uses = surroundings.uses(of: file)
    if !consent.contains(.mapped), uses.isMapped(file) { return .isMapped }
    if !consent.contains(.shared) {
      var others = 0
      for writer in uses.descriptors where writer.file == file {
        switch writer.info?.accessMode {
        case .read, .path: continue
        case .readWrite, nil: return .isReadAndWritten
        case .write: break
        }
        if writer.info?.flags.contains(.append) == true { continue }
        // Writers with one description share its offset, which rangeclose moves.
        let answer = clinux_compare_descriptors(
          place.thread, place.number, writer.process, writer.number)
        if answer != 0 { others += 1 }
      }
      if others > 0 { return .isWrittenByOthers }
    }
    return uses.unreadable > 0 ? .mayBeUsed(uses.unread) : nil
  }
}
