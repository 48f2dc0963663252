import CLinux

/// `/proc/PID` of one process, held open.
///
/// A name in `/proc` may come to mean another process; an open directory does not. Once its process is
/// gone, every read answers `ESRCH`.
package final class ProcessDirectory {
  /// The process, or the thread that was asked for by its own number.
  package let pid: Int32
  private let directory: OwnedDescriptor

  /// Opens `/proc/PID`.
  ///
  /// - Parameter root: where procfs is mounted, or a tree that looks like it.
  ///
  /// Throws `ENOENT` where there is no such process or it is hidden from us.
  package init(_ pid: Int32, in root: String = "/proc") throws(Errno) {
    self.pid = pid
    directory = try .open("\(root)/\(pid)", as: .directory)
  }

  /// Opens the directory of one of its threads, `/proc/PID/task/TID`.
  ///
  /// Throws `ENOENT` or `ESRCH` if the thread is gone.
  func thread(_ tid: Int32) throws(Errno) -> ProcessDirectory {
    ProcessDirectory(tid, try directory.open("task/\(tid)", as: .directory))
  }

  private init(_ pid: Int32, _ directory: consuming OwnedDescriptor) {
    self.pid = pid
    self.directory = directory
  }

  /// `/proc/self/status`: of ourselves, by the numbers that `/proc` has; nil where it is not there.
  static var ownStatus: ProcessStatus? {
    (try? OwnedDescriptor.open("/proc/self/status", as: .file).readToEnd()).map(ProcessStatus.init)
  }

  /// `/proc/PID/status`.
  package func status() throws(Errno) -> ProcessStatus {
    ProcessStatus(try content(of: "status"))
  }

  /// `/proc/PID/task/TID/status`; `ENOENT` or `ESRCH` where the thread is gone.
  package func status(ofThread tid: Int32) throws(Errno) -> ProcessStatus {
    ProcessStatus(try content(of: "task/\(tid)/status"))
  }

  /// The threads, ascending, and whether they are as many as there were after the listing.
  ///
  /// A thread that is born meanwhile may be missing; and where one exits in the moment that the listing
  /// stands at it, all after it are, see `proc_task_readdir` and `next_tid` in `fs/proc/base.c`. The
  /// directory's link count has the number of threads, see `proc_task_getattr`.
  package func threads() throws(Errno) -> (tids: [Int32], areAll: Bool) {
    let directory = try open("task", as: .directory)
    let tids = try directory.numericEntries().map(Int32.init(truncatingIfNeeded:))
    return (tids, Int(try directory.status().links) == tids.count + 2)
  }

  /// Whether a thread belongs to the process; false only where the kernel says so.
  func hasThread(_ tid: Int32) -> Bool {
    do {
      _ = try status(of: "task/\(tid)")
      return true
    } catch {
      return error != .noSuchFile && error != .noSuchProcess
    }
  }

  /// Whether there are this many threads, by the same count; false where it cannot be read.
  func hasThreads(_ count: Int) -> Bool { threadCount == count }

  /// Whether there are at most this many threads, by the same count; false where it cannot be read.
  func hasAtMost(_ count: Int) -> Bool { threadCount.map { $0 <= count } ?? false }

  /// The number of threads by the directory's link count; nil where it cannot be read.
  private var threadCount: Int? { (try? status(of: "task")).map { Int($0.links) - 2 } }

  /// The process's leader or, where that has exited, another of its threads; nil where all have.
  ///
  /// - Parameter status: the leader's.
  func liveThread(_ status: ProcessStatus) -> Int32? {
    // A thread that calls exec(2) takes over the number of a leader that has exited. For a moment neither
    // of the two numbers then seems to be of a thread that lives.
    for _ in 0..<3 {
      if status.isAlive || (try? self.status())?.isAlive == true { return pid }
      let live = (try? threads())?.tids.first { tid in (try? self.status(ofThread: tid))?.isAlive == true }
      if let live { return live }
    }
    return nil
  }

  /// Whether this is a thread of the kernel's, by the flags in `/proc/PID/stat`.
  func isKernelThread() -> Bool {
    let kernelThread: UInt32 = 0x0020_0000  // PF_KTHREAD, include/linux/sched.h
    return (taskFlags(in: "stat") ?? 0) & kernelThread != 0
  }

  /// Whether the process has called `execve(2)` since clone(2) made it; nil where that cannot be read.
  func hasExecuted() -> Bool? {
    let forkedWithoutExec: UInt32 = 0x40  // PF_FORKNOEXEC, include/linux/sched.h
    return taskFlags(in: "stat").map { $0 & forkedWithoutExec == 0 }
  }

  /// Whether a thread of the process runs code of the program; false where that cannot be read.
  ///
  /// The kernel makes threads of its own in a process, for io_uring and vhost. They never return to user mode.
  func isUserMade(thread tid: Int32) -> Bool {
    guard let flags = taskFlags(in: "task/\(tid)/stat") else { return false }
    let worker: UInt32 = 0x10  // PF_IO_WORKER, include/linux/sched.h
    let userWorker: UInt32 = 0x4000  // PF_USER_WORKER, since Linux 6.4; the bit had another meaning before
    return flags & (clinux_kernel_version() >= 6 << 16 | 4 ? worker | userWorker : worker) == 0
  }

  /// The flags of `include/linux/sched.h`, PF_*, in a file as `proc_pid_stat(5)` describes it.
  private func taskFlags(in file: String) -> UInt32? {
    guard let text = try? content(of: file), let name = text.lastIndex(of: UInt8(ascii: ")")) else {
      return nil
    }
    // The command's name is in parentheses and may hold any others: the fields follow the last of them.
    var fields = TextScanner(text, in: name + 1..<text.count)
    fields.skipFields(6)  // state, ppid, pgrp, session, tty_nr, tpgid
    return fields.decimal(UInt32.self)
  }

  /// The user that the files below the directory belong to; root where the process is not dumpable.
  ///
  /// The directory itself keeps its owner; see `task_dump_owner` in `fs/proc/base.c`.
  func owner() -> UInt32? {
    try? status(of: "fd").owner
  }

  /// Where it sleeps in the kernel, `/proc/PID/wchan`; nil where that is not told.
  func sleepingPlace() -> ByteString? {
    guard let text = try? content(of: "wchan"), !text.isEmpty, text != [UInt8(ascii: "0")]
    else { return nil }
    return ByteString(text)
  }

  /// The whole content of a file below the directory.
  func content(of path: String) throws(Errno) -> [UInt8] {
    try open(path, as: .file).readToEnd()
  }

  func open(_ path: String, as mode: OwnedDescriptor.OpenMode) throws(Errno) -> OwnedDescriptor {
    try directory.open(path, as: mode)
  }

  func status(of path: String) throws(Errno) -> FileStatus {
    try directory.status(of: path)
  }

  /// The status of a link itself: the file that it leads to need not answer.
  func statusOfLink(_ path: String) throws(Errno) -> FileStatus {
    try directory.status(of: path, follow: false)
  }

  func linkTarget(of path: String) throws(Errno) -> ByteString {
    try directory.linkTarget(of: path)
  }
}

/// The name of a process or thread, for a message; nil where it is gone or hidden.
func processName(_ pid: Int32) -> ByteString? {
  try? ProcessDirectory(pid).status().name
}
