/// A system call for a tracee to run, with up to six arguments; see `syscall(2)`.
struct SystemCall {
  let number: Int
  let arguments: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

  init(
    _ number: Int, _ first: UInt64 = 0, _ second: UInt64 = 0, _ third: UInt64 = 0, _ fourth: UInt64 = 0,
    _ fifth: UInt64 = 0, _ sixth: UInt64 = 0
  ) {
    self.number = number
    arguments = (first, second, third, fourth, fifth, sixth)
  }
}

/// An architecture's numbers of the system calls that a session uses.
package struct SystemCallNumbers: Sendable {
  let close: Int
  let fcntl: Int
  let closeRange: Int
  let unshare: Int
  let shutdown: Int
  /// `openat(2)`.
  let openAt: Int
  /// `dup3(2)`.
  let duplicate: Int
  /// `lseek(2)`.
  let seek: Int
  /// `select(2)`, in which a ROP chain waits for rangeclose; nil if the layout has no chains.
  let select: Int?
  /// `restart_syscall(2)`, with which the kernel continues a call that an earlier stop interrupted.
  let restart: Int
  /// `rt_sigreturn(2)`, for a signal frame without the C library's trampoline; nil if the layout has none.
  var signalReturn: Int?
  /// Calls that return EINTR after a ptrace stop without a signal, and can always be restarted.
  ///
  /// `signal(7)` lists most of them under "Interruption of system calls and library functions by stop
  /// signals". The others return EINTR in these places of the kernel: a socket with a timeout in
  /// `sock_intr_errno` of `include/net/sock.h`, io_getevents(2) in `fs/aio.c`, and io_uring_enter(2) in
  /// `io_run_task_work_sig`. A FUSE server may answer EINTR to any request that is interrupted. So calls that
  /// may reach such a server and change nothing are in this list, too. `close` must never be in this list,
  /// because an interrupted close(2) has freed the number already.
  let answeringInterrupted: [Int]
  /// Calls that open a file, and the index of the argument with the flags of `open(2)`.
  let opening: [(number: Int, flags: Int)]
  /// Calls that write to the descriptor in their first argument, and the index of the argument with the flags
  /// of `pwritev2(2)`; nil for calls without such flags.
  let writing: [(number: Int, flags: Int?)]
  /// `ioctl(2)`; nil if the kernel does not report which call a stopped thread is in.
  let ioctl: Int?
  /// `fallocate(2)`; nil as for `ioctl`.
  let fallocate: Int?
  /// Calls that wait with a signal mask from their arguments, while the kernel saves the thread's own mask.
  ///
  /// See `set_user_sigmask` in `kernel/signal.c`.
  let settingMask: [Int]
}

extension SystemCallNumbers {
  /// The condition for a restart of a call that returned EINTR because of a stop.
  enum Repetition: Equatable {
    case always
    case never
    /// The call may be made again if the flags of open(2) in this argument change no file.
    case unlessOpenChanges(flags: Int)
    /// The call may be made again if neither its first argument's descriptor nor these flags of pwritev2(2)
    /// append.
    case unlessAppending(flags: Int?)
    /// The call may be made again if this argument, the mode of fallocate(2), only allocates.
    case ifOnlyAllocating(mode: Int)
    /// The call may be made again if this argument, the request of ioctl(2), only waits.
    case ifOnlyWaiting(request: Int)
  }

  /// The condition for a restart of a call.
  func repetition(of number: Int) -> Repetition {
    if answeringInterrupted.contains(number) { return .always }
    for call in opening where call.number == number { return .unlessOpenChanges(flags: call.flags) }
    for call in writing where call.number == number { return .unlessAppending(flags: call.flags) }
    if number == fallocate { return .ifOnlyAllocating(mode: 1) }
    if number == ioctl { return .ifOnlyWaiting(request: 1) }
    return .never
  }

  /// Whether open(2) with these flags would find the file changed when it is called again.
  static func openChanges(flags: UInt64) -> Bool {
    let exclusive: UInt64 = 0o200, truncates: UInt64 = 0o1000, temporary: UInt64 = 0o2000_0000
    return flags & (exclusive | truncates | temporary) != 0
  }

  /// Whether fallocate(2) with this mode does nothing but allocate storage.
  ///
  /// After a stop, a part of the storage may be allocated. The repeated call then finds it, and allocates the
  /// rest. See `hugetlbfs_fallocate` in `fs/hugetlbfs/inode.c`, and in older kernels `shmem_fallocate` in
  /// `mm/shmem.c`. Other modes change data or offsets.
  static func onlyAllocates(mode: UInt64) -> Bool {
    let keepSize: UInt64 = 1  // FALLOC_FL_KEEP_SIZE
    return UInt32(truncatingIfNeeded: mode & ~keepSize) == 0
  }

  /// The major number of the character devices for which ioctl(2) with this request only waited, if it
  /// returned EINTR; nil if no device is known.
  ///
  /// The one such request is USBDEVFS_REAPURB, which waits until a USB device has answered. If it returns
  /// EINTR, it has taken no answer; see `proc_reapurb` in `drivers/usb/core/devio.c`. For another device the
  /// same number may mean anything.
  static func devices(onlyWaitingIn request: UInt64) -> UInt64? {
    let reap: UInt32 = 0x4008_550A, reapOf32Bits: UInt32 = 0x4004_550A
    let usb: UInt64 = 189  // USB_DEVICE_MAJOR, include/linux/usb.h
    return [reap, reapOf32Bits].contains(UInt32(truncatingIfNeeded: request)) ? usb : nil
  }

  /// Whether pwritev2(2) with these flags appends.
  static func writeAppends(flags: UInt64) -> Bool { flags & 0x10 != 0 }  // RWF_APPEND
}
