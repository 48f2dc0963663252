import CLinux

/// A copy of an open file that grows with the file.
///
/// rangeclose reads through its own open file description. A duplicate would share the offset of the target,
/// which SEEK_DATA moves. A duplicate of a descriptor for writing could not be read at all.
final class FileCopy {
  /// The name of the copy in its folder.
  let name: String
  /// The text of the descriptor's link.
  let target: ByteString
  private let source: OwnedDescriptor
  private let copy: OwnedDescriptor
  /// The bytes from the beginning that are copied.
  private(set) var copied: Int64 = 0
  /// The status before the last pass that has ended.
  private var before: clinux_copied_status?
  /// Whether the last write came so shortly before that status that a later write may have the same time.
  private var isTimeTooCoarse = false
  /// Whether the file changed without growth, or became shorter, after a part of it was copied.
  private var wasRewritten = false
  /// Whether the file may have been written to after a part of it was copied.
  private var wasWritten = false
  /// Whether a writer can reach the part that is copied already: it has mapped the file, or has it open for
  /// writing without O_APPEND.
  var hasWritersInPlace = false
  /// Whether the copy may have parts of different ages, as far as times and writers show it.
  ///
  /// A file that grows has new times all the time. So they prove nothing if there is a writer in place.
  var mayBeTorn: Bool { wasRewritten || wasWritten && hasWritersInPlace }
  /// Whether a file may have lost its content after this copy was complete.
  var isNeeded = false

  /// The size of a step, after which the deadline and signals are looked at.
  private static let step = 1 << 20
  /// The number of bytes after which the copy is written to its disk, so that no fsync(2) takes long.
  private static let mostUnwritten: Int64 = 64 << 20
  /// A rest of so many bytes is left for the stop.
  static let smallRest: Int64 = 1 << 20

  init(
    _ name: String, of target: ByteString, from source: consuming OwnedDescriptor,
    to copy: consuming OwnedDescriptor
  ) {
    (self.name, self.target) = (name, target)
    self.source = source
    self.copy = copy
  }

  /// Copies what has changed since the last pass; returns the number of bytes by which the file had grown.
  ///
  /// - Parameter check: called between steps of 1 MiB; an error of it ends the copy.
  func pass(_ check: (_ copied: Int64) throws(Errno) -> Void) throws(Errno) -> Int64 {
    let status = try settledStatus()
    if let before {
      let isModified = status.isModified(since: before)
      if status.size < copied || isModified && status.size == before.size { wasRewritten = true }
      if isModified || status.size != before.size || isTimeTooCoarse { wasWritten = true }
      if !isModified && status.size == copied { return 0 }
    }
    before = status
    isTimeTooCoarse = status.isFresh
    let start = copied
    if start == 0, status.size > 0, clinux_clone(source.number, copy.number) == 0 {
      copied = status.size
    }
    try copyData(upTo: status.size, check)
    // The file may have a hole at its end.
    try checked(clinux_set_size(copy.number, max(status.size, copied)))
    copied = max(status.size, copied)
    return copied - start
  }

  /// The status of the file; before the first pass, after a wait that lets its times settle.
  private func settledStatus() throws(Errno) -> clinux_copied_status {
    var status = clinux_copied_status()
    try checked(unsafe clinux_copied_status(source.number, &status))
    if before == nil, status.isFresh {
      usleep(UInt32(clinux_copied_status.resolution / 1000))
      try checked(unsafe clinux_copied_status(source.number, &status))
    }
    return status
  }

  /// Copies the data from `copied` on, and leaves the holes out.
  private func copyData(
    upTo end: Int64, _ check: (_ copied: Int64) throws(Errno) -> Void
  ) throws(Errno) {
    var (offset, unwritten) = (copied, 0 as Int64)
    while offset < end {
      guard let data = try nextData(from: offset, upTo: end) else { return }
      offset = data.lowerBound
      while offset < data.upperBound {
        try check(offset)
        let length = Int(min(Int64(Self.step), data.upperBound - offset))
        let count = try copyStep(offset, length)
        // The file has become shorter.
        if count == 0 { return }
        offset += Int64(count)
        copied = offset
        unwritten += Int64(count)
        if unwritten >= Self.mostUnwritten {
          try checked(clinux_sync(copy.number))
          unwritten = 0
        }
      }
    }
  }

  /// The next data of the file; nil if only a hole follows.
  private func nextData(from offset: Int64, upTo end: Int64) throws(Errno) -> Range<Int64>? {
    let start = clinux_seek_data(source.number, offset)
    if Errno(answer: start) == .noSuchAddress { return nil }
    // A file system without holes has data everywhere.
    if Errno(answer: start) == .invalid { return offset..<end }
    let first = Int64(try checked(start))
    if first >= end { return nil }
    let stop = Int64(try checked(clinux_seek_hole(source.number, first)))
    return first..<max(first, min(stop, end))
  }

  private func copyStep(_ offset: Int64, _ length: Int) throws(Errno) -> Int {
    let count = clinux_copy_range(source.number, copy.number, offset, length)
    if count > 0 { return count }
    // Some file systems return 0 or an error for files that read(2) can read; see copy_file_range(2).
    if let error = Errno(answer: count), !Self.meansOtherWay(error) { throw error }
    let (source, copy) = (source.number, copy.number)
    let bytes = try unsafe [UInt8](atMost: length) { unsafe clinux_pread(source, $0, $1, offset) }
    var written = 0
    while written < bytes.count {
      let answer = unsafe bytes[written...].withUnsafeBytes {
        unsafe clinux_pwrite(copy, $0.baseAddress, $0.count, offset + Int64(written))
      }
      written += try checked(answer)
    }
    return bytes.count
  }

  private static func meansOtherWay(_ error: Errno) -> Bool {
    let others = [EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM, EBADF, ETXTBSY, EOVERFLOW]
    return others.contains(error.code)
  }

  /// Gives the copy the owner, mode and times of the file as far as that is permitted, and writes it to its
  /// disk.
  ///
  /// The mode loses its set-user-ID and set-group-ID bits. The owner comes first, because fchown(2) clears
  /// bits of the mode. An ordinary user keeps a mode of 0600 if the group could not be set.
  func complete() throws(Errno) {
    guard let before else { return }
    let isOwned = clinux_set_owner(copy.number, before.owner, before.group) == 0
    let bits: UInt32 = isOwned ? 0o777 : 0o700
    clinux_set_mode(copy.number, before.mode & bits)
    unsafe withUnsafePointer(to: before) { _ = unsafe clinux_set_times(copy.number, $0) }
    try checked(clinux_sync(copy.number))
  }
}

extension clinux_copied_status {
  /// A time in nanoseconds within which two writes may get the same time.
  ///
  /// The kernel takes the times of files from a clock that goes on with its timer interrupt, at least 100
  /// times a second; see `current_time` in `fs/inode.c`.
  fileprivate static let resolution: Int64 = 20_000_000

  /// Whether the file was written to so recently that its times may not show the next write.
  fileprivate var isFresh: Bool {
    let last = modified.0 &* 1_000_000_000 &+ modified.1
    return (0..<Self.resolution).contains(clinux_time_of_files() &- last)
  }

  /// Whether the content has changed since an earlier status.
  ///
  /// A process can set the time of the last write back, but not that of the last change. A new name, owner or
  /// mode sets the latter, too.
  fileprivate func isModified(since before: clinux_copied_status) -> Bool {
    if modified != before.modified { return true }
    return changed != before.changed
      && (links, mode, owner, group) == (before.links, before.mode, before.owner, before.group)
  }
}
