import CLinux

/// A thread that ends rangeclose if a read from the target does not return.
///
/// Some reads wait for others without a limit, and only a signal that ends the process ends the wait:
/// - A thread of the target holds the lock of its memory map, and sleeps, for instance in `mmap(2)` of a file
///   whose server does not answer. The kernel takes this lock for `/proc/PID/maps`, PROCMAP_QUERY and
///   `process_vm_readv(2)`; see `m_start` in `fs/proc/task_mmu.c`.
/// - `statx(2)` asks the server of a 9p file in spite of AT_STATX_DONT_SYNC, and in some cases the server of
///   an SMB file; see `v9fs_vfs_getattr` in `fs/9p/vfs_inode.c` and `cifs_getattr` in
///   `fs/smb/client/inode.c`.
///
/// When rangeclose ends, the kernel detaches the threads of the target, which go on. So the watchdog must be
/// stopped before any of them gets other registers.
final class Watchdog {
  /// The handle of the thread; 0 if there is none.
  private let handle: UInt
  private let body: ThreadBody

  /// Starts the thread; if there can be no other thread, nothing is watched.
  ///
  /// - Parameter overdue: a function that ends the process. The thread calls it at the deadline.
  init(until deadline: Deadline, _ overdue: @escaping () -> Void) {
    body = ThreadBody(overdue)
    handle = unsafe clinux_start_watchdog(
      ThreadBody.run, Unmanaged.passUnretained(body).toOpaque(), deadline.nanoseconds)
  }

  /// Moves the deadline.
  func extend(until deadline: Deadline) {
    if handle != 0 { clinux_extend_watchdog(handle, deadline.nanoseconds) }
  }

  deinit {
    if handle != 0 { clinux_stop_watchdog(handle) }
  }
}
