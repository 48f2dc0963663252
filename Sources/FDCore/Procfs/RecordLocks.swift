/// The record locks of fcntl(2) in `/proc/locks`; see `proc_locks(5)`.
enum RecordLocks {
  /// Whether a process may have such a lock; true if the file cannot be read.
  static func mayExist(for pid: Int32) -> Bool {
    var isFound = false
    do throws(Errno) {
      try OwnedDescriptor.open("/proc/locks", as: .file).forEachLine { line in
        line.skipFields(1)
        guard line.skip(text: "POSIX") else { return }
        line.skipBlanks()
        line.skipFields(2)  // ADVISORY, WRITE
        if line.decimal(Int32.self) == pid { isFound = true }
      }
    } catch {
      return true
    }
    return isFound
  }
}
