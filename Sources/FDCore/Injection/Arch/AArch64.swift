import CLinux

/// 64-bit programs on aarch64.
///
/// The code follows `arch/arm64/kernel/signal.c` and `ptrace.c` of Linux.
///
/// The kernel runs `do_signal` before a thread stops. If the kernel is going to restart the call, `do_signal`
/// sets the pc back to it and restores the first argument. After that, the kernel does not know which call it
/// was. Therefore:
/// - rangeclose reads the call before it requests the stop, and compares it at the stop. `Tracee` says how,
///   and `InterruptedCall` is the result. An unproven call keeps its EINTR.
/// - The kernel prepares restart_syscall(2) only after the stop. A thread that makes injected calls does not
///   come there any more, so rangeclose sets the number of restart_syscall(2) itself.
/// - The vdso has the trampoline for a signal frame, and the link register leads to it.
final class AArch64: RegisterLayout {
  let size = MemoryLayout<clinux_registers_aarch64>.size

  /// The system call numbers from `include/uapi/asm-generic/unistd.h`.
  let calls = SystemCallNumbers(
    close: 57, fcntl: 25, closeRange: 436, unshare: 97, shutdown: 210,
    openAt: 56, duplicate: 24, seek: 62,
    select: nil, restart: 128,
    answeringInterrupted: [
      63, 65, 67, 69, 286,  // read, readv, of sockets with a timeout, too; pread64, preadv, preadv2
      79, 80, 291,  // newfstatat, fstat, statx
      48, 439, 78,  // faccessat, faccessat2, readlinkat
      61, 43, 44,  // getdents64, statfs, fstatfs
      8, 9, 10, 11, 12, 13,  // getxattr, lgetxattr, fgetxattr, listxattr, llistxattr, flistxattr
      82, 83, 267, 62, 49, 50,  // fsync, fdatasync, syncfs, lseek, chdir, fchdir
      203, 202, 206, 207, 211, 212,  // connect, accept, sendto, recvfrom, sendmsg, recvmsg
      242, 243, 269,  // accept4, recvmmsg, sendmmsg
      71, 76,  // sendfile, splice
      193, 192,  // semop, semtimedop
      137,  // rt_sigtimedwait
      4,  // io_getevents
      22, 441,  // epoll_pwait, epoll_pwait2
      426,  // io_uring_enter; it returns a count instead if it has submitted anything
    ],
    opening: [(56, 2)],  // openat
    // write, writev, pwrite64, pwritev, pwritev2
    writing: [(64, nil), (66, nil), (68, nil), (70, nil), (287, 5)],
    ioctl: 29, fallocate: 47,
    settingMask: [
      133, 72, 73,  // rt_sigsuspend, pselect6, ppoll
      22, 292, 426, 441,  // epoll_pwait, io_pgetevents, io_uring_enter, epoll_pwait2
    ])

  let descriptorArguments = DescriptorArguments.table(
    first: [
      63, 64, 29, 67, 68, 65, 66,  // read, write, ioctl, pread64, pwrite64, readv, writev
      203, 202, 206, 207, 211, 212,  // connect, accept, sendto, recvfrom, sendmsg, recvmsg
      25, 32, 82, 83, 46, 61,  // fcntl, flock, fsync, fdatasync, ftruncate, getdents64
      22, 441, 426,  // epoll_pwait, epoll_pwait2, io_uring_enter
      182, 183, 84, 75, 47,  // mq_timedsend, mq_timedreceive, sync_file_range, vmsplice, fallocate
      242, 69, 70, 243, 269, 286, 287,  // accept4, preadv, pwritev, recvmmsg, sendmmsg, preadv2, pwritev2
    ],
    firstAndSecond: [71, 77],  // sendfile, tee
    firstAndThird: [76, 285],  // splice, copy_file_range
    pollSet: [73],  // ppoll
    selectSets: [72])  // pselect6

  let callInstruction: [UInt8] = [0x01, 0x00, 0x00, 0xD4]  // svc #0
  let instructionAlignment: UInt64 = 4

  let keepsCallApart = true

  /// The addresses of user mode: at most 52 bits are used, and the upper bits are 0.
  let addresses: Range<UInt64> = 0..<1 << 52

  let hasTrampolineInVDSO = true

  var frameInstructions: (callAndReturn: [UInt8], trampoline: [UInt8])? {
    // `svc #0; ret` and `mov x8, #139; svc #0`. The first is the end of calls that cannot fail, such as
    // getpid(2). The second is `__kernel_rt_sigreturn` in the vdso.
    (
      [0x01, 0x00, 0x00, 0xD4, 0xC0, 0x03, 0x5F, 0xD6],
      [0x68, 0x11, 0x80, 0xD2, 0x01, 0x00, 0x00, 0xD4]
    )
  }

  func programCounter(_ registers: clinux_registers) -> UInt64 { unsafe registers.aarch64.pc }

  func setProgramCounter(_ registers: inout clinux_registers, _ address: UInt64) {
    unsafe registers.aarch64.pc = address
  }

  func stackPointer(_ registers: clinux_registers) -> UInt64 { unsafe registers.aarch64.sp }

  func setStackPointer(_ registers: inout clinux_registers, _ address: UInt64) {
    unsafe registers.aarch64.sp = address
  }

  func setReturnAddress(_ registers: inout clinux_registers, _ address: UInt64) {
    unsafe registers.aarch64.x.30 = address
  }

  /// Nil, because the kernel does not know the call any more; see `RegisterSet.interrupted`.
  func currentCall(_ registers: clinux_registers) -> (number: Int, answer: Int)? { nil }

  func requestedCall(_ registers: clinux_registers) -> Int? {
    Int(truncatingIfNeeded: unsafe registers.aarch64.x.8)
  }

  func argument(_ registers: clinux_registers, _ index: Int, ofCompatibleCall isCompatible: Bool) -> UInt64 {
    let own = unsafe registers.aarch64.x
    return [own.0, own.1, own.2, own.3, own.4, own.5][index]
  }

  /// The bits of the processor state that demand a landing pad after an indirect branch: PSTATE.BTYPE.
  ///
  /// If the bits stayed set, an injected call in code with branch target identification would fault.
  private let branchType: UInt64 = 3 << 10

  func prepare(_ registers: inout clinux_registers, _ call: SystemCall, at address: UInt64) {
    unsafe registers.aarch64.pc = address
    unsafe registers.aarch64.pstate &= ~branchType
    unsafe registers.aarch64.x.8 = UInt64(call.number)
    unsafe (registers.aarch64.x.0, registers.aarch64.x.1, registers.aarch64.x.2) =
      (call.arguments.0, call.arguments.1, call.arguments.2)
    unsafe (registers.aarch64.x.3, registers.aarch64.x.4, registers.aarch64.x.5) =
      (call.arguments.3, call.arguments.4, call.arguments.5)
  }

  // `RegisterSet` does the same with the call that it has.
  func restartUnlessHandled(_ registers: inout clinux_registers) {}
  func beginCallAnew(_ registers: inout clinux_registers) {}

  func repeatCall(_ registers: inout clinux_registers, withFirst argument: UInt64) {
    unsafe registers.aarch64.pc &-= UInt64(callInstruction.count)
    unsafe registers.aarch64.x.0 = argument
  }

  func answerInterrupted(_ registers: inout clinux_registers) {
    unsafe registers.aarch64.pc &+= UInt64(callInstruction.count)
    unsafe registers.aarch64.x.0 = UInt64(bitPattern: Int64(interruptedAnswer))
  }

  /// True for the calls that return ERESTART_RESTARTBLOCK in the kernel.
  ///
  /// They are nanosleep(2), clock_nanosleep(2) without TIMER_ABSTIME, FUTEX_WAIT and FUTEX_WAIT_BITSET with a
  /// timeout, and restart_syscall(2) itself.
  func mayBeContinued(_ number: Int, _ arguments: [UInt64]) -> Bool {
    let nanosleep = 101, clockNanosleep = 115, futex = 98
    switch number {
    case calls.restart, nanosleep: return true
    case clockNanosleep: return arguments[1] & 1 == 0
    case futex: return [0, 9].contains(arguments[1] & 0x7F) && arguments[3] != 0
    default: return false
    }
  }

  func continueCall(_ registers: inout clinux_registers) {
    unsafe registers.aarch64.x.8 = UInt64(calls.restart)
  }
}
