/// `/proc/PID/auxv`: facts about a program, which `execve(2)` passed to it; see `getauxval(3)`.
struct AuxiliaryVector {
  /// The types of entry that are read here; `include/uapi/linux/auxvec.h`.
  enum Entry: UInt64 {
    case user = 11
    case effectiveUser = 12
    case isSecure = 23
  }

  private let words: [UInt64]

  /// Reads the vector of a 64-bit program.
  ///
  /// The entries of a 32-bit program have half the size and are not read: every look-up in them fails.
  /// Throws `EACCES` without the right to read it.
  init(of process: ProcessDirectory) throws(Errno) {
    let content = try process.content(of: "auxv")
    words = stride(from: 0, to: content.count - content.count % 8, by: 8).map {
      content.integer(UInt64.self, at: $0)
    }
  }

  /// The value of an entry; nil if there is none.
  subscript(entry: Entry) -> UInt64? {
    for index in stride(from: 0, to: words.count - 1, by: 2) where words[index] == entry.rawValue {
      return words[index + 1]
    }
    return nil
  }
}
