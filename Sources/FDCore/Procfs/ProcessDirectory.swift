import CLinux

/// The open directory `/proc/PID` of one process.
///
/// A path in `/proc` can refer to another process later, but an open directory cannot. Once its process is
/// gone, every read fails with `ESRCH`.
package final class ProcessDirectory {
  /// The ID of the process, or of the thread that the caller named.
  package let pid: Int32
  private let directory: OwnedDescriptor

  /// Opens `/proc/PID`.
  ///
  /// - Parameter root: the mount point of procfs, or a tree of the same form.
  ///
  /// Throws `ENOENT` if there is no such process, or if procfs hides it from rangeclose.
  package init(_ pid: Int32, in root: String = "/proc") throws(Errno) {
    self.pid = pid
    directory = try .open("\(root)/\(pid)", as: .directory)
  }

  /// The status of rangeclose from `/proc/self/status`, with the IDs in the PID namespace of `/proc`.
  ///
  /// Throws `ENOENT` if there is no such file.
  static func ownStatus() throws(Errno) -> ProcessStatus {
    ProcessStatus(try OwnedDescriptor.open("/proc/self/status", as: .file).readRecord())
  }

  /// Whether `/proc` is a proc(5) file system; nil if the kernel does not say it.
  static var isMounted: Bool? {
    let type = unsafe clinux_file_system_type(clinux_at_fdcwd, "/proc")
    return type < 0 ? nil : type == clinux_proc_type
  }

  /// Reads `/proc/PID/status`.
  ///
  /// Throws `ESRCH` if the process is gone.
  package func status() throws(Errno) -> ProcessStatus {
    ProcessStatus(try open("status", as: .file).readRecord())
  }

  /// Reads `/proc/PID/task/TID/status`.
  ///
  /// Throws `ENOENT` or `ESRCH` if the thread is gone.
  package func status(ofThread tid: Int32) throws(Errno) -> ProcessStatus {
    ProcessStatus(try open("task/\(tid)/status", as: .file).readRecord())
  }

  /// The IDs of the threads, ascending, and whether the kernel counted as many threads after the listing.
  ///
  /// A thread that is created during the listing may be missing. If a thread exits while the listing is at
  /// this thread, all later threads are missing; see `proc_task_readdir` and `next_tid` in `fs/proc/base.c`.
  /// The link count of the directory contains the number of threads; see `proc_task_getattr` in that file.
  ///
  /// Throws `ENOENT` or `ESRCH` if the process is gone.
  package func threads() throws(Errno) -> (tids: [Int32], isComplete: Bool) {
    let directory = try open("task", as: .directory)
    let tids = try directory.numericEntries().map(Int32.init(truncatingIfNeeded:))
    return (tids, Int(try directory.status().links) == tids.count + 2)
  }

  /// Whether the process still exists; false only if the kernel reports that it does not.
  var isThere: Bool { has("task") }

  /// Whether a thread belongs to the process; false only if the kernel reports that it does not.
  func hasThread(_ tid: Int32) -> Bool { has("task/\(tid)") }

  private func has(_ path: String) -> Bool {
    do {
      _ = try status(of: path)
      return true
    } catch {
      return error != .noSuchFile && error != .noSuchProcess
    }
  }

  /// Whether the process has this many threads, by the link count; false if that count cannot be read.
  func hasThreads(_ count: Int) -> Bool { threadCount == count }

  /// The number of threads by the directory's link count; nil if it cannot be read.
  package var threadCount: Int? { (try? status(of: "task")).map { Int($0.links) - 2 } }

  /// The leader, or another thread if the leader has exited; nil if all threads have exited.
  ///
  /// - Parameter isAlive: whether the leader had not exited a moment ago.
  func liveThread(leaderIsAlive isAlive: Bool) -> Int32? {
    // A thread that calls exec(2) takes over the ID of an exited leader. For a moment neither ID then belongs
    // to a live thread, so the scan is repeated.
    for _ in 0..<3 {
      if isAlive || (try? stat())?.isAlive == true { return pid }
      let live = (try? threads())?.tids.first { stat(ofThread: $0)?.isAlive == true }
      if let live { return live }
    }
    return nil
  }

  /// Reads `/proc/PID/stat`.
  ///
  /// Throws `ESRCH` if the process is gone.
  package func stat() throws(Errno) -> ProcessStat { try stat(in: "stat") }

  /// Reads `/proc/PID/stat` without holding the process; nil if there is no such process or thread.
  static func stat(ofProcess pid: Int32) -> ProcessStat? {
    let record = try? OwnedDescriptor.open("/proc/\(pid)/stat", as: .file).readRecord()
    return record.flatMap { ProcessStat($0) }
  }

  /// Reads `/proc/PID/task/TID/stat`; nil if the thread is gone.
  func stat(ofThread tid: Int32) -> ProcessStat? { try? stat(in: "task/\(tid)/stat") }

  private func stat(in file: String) throws(Errno) -> ProcessStat {
    guard let stat = ProcessStat(try open(file, as: .file).readRecord()) else { throw .invalid }
    return stat
  }

  /// The name of a thread that makes requests of io_uring(7); nil if the thread is another one.
  ///
  /// The thread that polls a submission queue belongs to io_uring, too, but makes no requests that block. A
  /// thread with a list of robust futexes has run code of the program. The function checks this first,
  /// because the check is faster.
  func requestWorker(_ tid: Int32) -> ByteString? {
    if tid == pid || clinux_has_robust_list(tid) { return nil }
    guard let stat = stat(ofThread: tid), stat.isRingWorker, !stat.name.hasPrefix("iou-sqp-") else {
      return nil
    }
    return stat.name
  }

  /// The owner of the files in the directory: root if the process is not dumpable.
  ///
  /// The directory itself keeps its owner. Nil if the files cannot be read. See `task_dump_owner` in
  /// `fs/proc/base.c`.
  func owner() -> UInt32? {
    try? status(of: "fd").owner
  }

  /// The kernel function in which a thread sleeps, from `/proc/PID/task/TID/wchan`; nil if the kernel does
  /// not report it.
  func waitChannel(ofThread tid: Int32) -> ByteString? {
    guard let text = try? content(of: "task/\(tid)/wchan"), !text.isEmpty, text != [UInt8(ascii: "0")]
    else { return nil }
    return ByteString(text)
  }

  /// The child that a thread in vfork(2) waits for; nil if it is unknown, or if several qualify.
  ///
  /// The child of vfork(2) is a child of this thread, shares its memory, and has not called execve(2).
  func childInVfork(ofThread tid: Int32) -> Int32? {
    guard let text = try? content(of: "task/\(tid)/children") else { return nil }
    var line = TextScanner(text)
    var found: [Int32] = []
    while let child = line.decimal(Int32.self) {
      line.skipBlanks()
      let stat = try? ProcessDirectory(child).stat()
      if stat?.hasExecuted == false, clinux_compare_memory(child, tid) == 0 { found.append(child) }
    }
    return found.count == 1 ? found[0] : nil
  }

  /// The whole content of a file in the directory.
  ///
  /// Throws the error of `openat(2)` or `read(2)`.
  func content(of path: String) throws(Errno) -> [UInt8] {
    try open(path, as: .file).readToEnd()
  }

  /// Opens a path relative to the directory; see `openat(2)`.
  func open(_ path: String, as mode: OwnedDescriptor.OpenMode) throws(Errno) -> OwnedDescriptor {
    try directory.open(path, as: mode)
  }

  /// The status of the file that a path relative to the directory leads to; see `statx(2)`.
  func status(of path: String) throws(Errno) -> FileStatus {
    try directory.status(of: path)
  }

  /// The status of a symbolic link itself; the kernel does not access the file that it leads to.
  func statusOfLink(_ path: String) throws(Errno) -> FileStatus {
    try directory.status(of: path, follow: false)
  }

  /// The target of a symbolic link in the directory; see `readlinkat(2)`.
  func linkTarget(of path: String) throws(Errno) -> ByteString {
    try directory.linkTarget(of: path)
  }
}

/// The command name of a process or thread; nil if it is gone or hidden from rangeclose.
package func processName(_ pid: Int32) -> ByteString? {
  try? ProcessDirectory(pid).stat().name
}
