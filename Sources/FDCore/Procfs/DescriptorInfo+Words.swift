/// The words for flags and locks, in selectors and in columns.
extension OpenFlags {
  /// The word for each flag of `open(2)`.
  package static let vocabulary: [(word: String, meaning: OpenFlags)] = [
    ("append", .append), ("async", .async), ("cloexec", .closeOnExec), ("direct", .direct),
    ("directory", .directory), ("dsync", .dataSync), ("largefile", .largeFile), ("noatime", .noAccessTime),
    ("nofollow", .noFollow), ("nonblock", .nonBlocking), ("path", .path), ("sync", .sync),
    ("tmpfile", .unnamed),
  ]

  /// The words for the flags that are set.
  ///
  /// O_SYNC includes the bit of O_DSYNC; see `open(2)`.
  package var words: [String] {
    Self.vocabulary.filter { isSuperset(of: $0.meaning) }.map { $0.word }
  }
}

extension LockKinds {
  /// The word for each kind of lock.
  package static let vocabulary: [(word: String, meaning: LockKinds)] = [
    ("posix", .posix), ("ofd", .openFileDescription), ("flock", .flock), ("lease", .lease),
  ]

  /// The words for the kinds in the set; `other` for a kind that rangeclose does not know.
  package var words: [String] {
    Self.vocabulary.filter { isSuperset(of: $0.meaning) }.map { $0.word }
      + (contains(.other) ? ["other"] : [])
  }
}
