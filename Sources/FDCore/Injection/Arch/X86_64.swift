import CLinux

/// 64-bit programs on x86_64.
final class X86_64: RegisterLayout {
  let size = MemoryLayout<clinux_registers_x86_64>.size

  /// The system call numbers from `arch/x86/entry/syscalls/syscall_64.tbl`.
  let calls = SystemCallNumbers(
    close: 3, fcntl: 72, closeRange: 436, unshare: 272, shutdown: 48,
    openAt: 257, duplicate: 292, seek: 8,
    select: 23, restart: 219,
    signalReturn: 15,
    answeringInterrupted: [
      0, 19, 17, 295, 327,  // read, readv, of sockets with a timeout, too; pread64, preadv, preadv2
      4, 5, 6, 262, 332,  // stat, fstat, lstat, newfstatat, statx
      21, 269, 439, 89, 267,  // access, faccessat, faccessat2, readlink, readlinkat
      78, 217, 137, 138,  // getdents, getdents64, statfs, fstatfs
      191, 192, 193, 194, 195, 196,  // getxattr, lgetxattr, fgetxattr, listxattr, llistxattr, flistxattr
      74, 75, 306, 8, 80, 81,  // fsync, fdatasync, syncfs, lseek, chdir, fchdir
      42, 43, 44, 45, 46, 47,  // connect, accept, sendto, recvfrom, sendmsg, recvmsg
      288, 299, 307,  // accept4, recvmmsg, sendmmsg
      40, 275,  // sendfile, splice
      65, 220,  // semop, semtimedop
      128,  // rt_sigtimedwait
      208,  // io_getevents
      232, 281, 441,  // epoll_wait, epoll_pwait, epoll_pwait2
      426,  // io_uring_enter; it returns a count instead if it has submitted anything
    ],
    opening: [(2, 1), (257, 2)],  // open, openat
    // write, writev, pwrite64, pwritev, pwritev2
    writing: [(1, nil), (20, nil), (18, nil), (296, nil), (328, 5)],
    ioctl: 16, fallocate: 285,
    settingMask: [
      130, 270, 271,  // rt_sigsuspend, pselect6, ppoll
      281, 333, 426, 441,  // epoll_pwait, io_pgetevents, io_uring_enter, epoll_pwait2
    ])

  let descriptorArguments = DescriptorArguments.table(
    first: [
      0, 1, 16, 17, 18, 19, 20,  // read, write, ioctl, pread64, pwrite64, readv, writev
      42, 43, 44, 45, 46, 47,  // connect, accept, sendto, recvfrom, sendmsg, recvmsg
      72, 73, 74, 75, 77, 78, 217,  // fcntl, flock, fsync, fdatasync, ftruncate, getdents, getdents64
      232, 281, 441, 426,  // epoll_wait, epoll_pwait, epoll_pwait2, io_uring_enter
      242, 243, 277, 278, 285,  // mq_timedsend, mq_timedreceive, sync_file_range, vmsplice, fallocate
      288, 295, 296, 299, 307, 327, 328,  // accept4, preadv, pwritev, recvmmsg, sendmmsg, preadv2, pwritev2
    ],
    firstAndSecond: [40, 276],  // sendfile, tee
    firstAndThird: [275, 326],  // splice, copy_file_range
    pollSet: [7, 271, 219],  // poll, ppoll; restart_syscall, which continues poll
    selectSets: [23, 270])  // select, pselect6

  let callInstruction: [UInt8] = [0x0F, 0x05]  // syscall
  let instructionAlignment: UInt64 = 1

  /// The addresses of user mode: the lower half of the canonical addresses, with five levels of page tables.
  let addresses: Range<UInt64> = 0..<1 << 56

  var frameInstructions: (callAndReturn: [UInt8], trampoline: [UInt8])? {
    // `syscall; ret` and `mov $15,%rax; syscall`. The code of glibc, musl and Go has exactly these bytes.
    ([0x0F, 0x05, 0xC3], [0x48, 0xC7, 0xC0, 0x0F, 0x00, 0x00, 0x00, 0x0F, 0x05])
  }

  /// `pop %rax; ret`.
  var popNumberInstructions: [UInt8]? { [0x58, 0xC3] }

  var chainPatterns: [ChainPattern] {
    // `pop %rdi; ret`, `pop %rsi; ret` and `pop %rax; ret`. The first is the end of `pop %r15; ret`, the
    // second the end of `pop %r14; ret`. A function that saves %r15 or %r14 ends with one of these.
    [
      ChainPattern(
        gadgets: [[0x5F, 0xC3], [0x5E, 0xC3], [0x58, 0xC3]],
        words: [.gadget(0), .first, .gadget(1), .second, .gadget(2), .number, .call])
    ]
  }

  func programCounter(_ registers: clinux_registers) -> UInt64 { unsafe registers.x86_64.rip }

  func setProgramCounter(_ registers: inout clinux_registers, _ address: UInt64) {
    unsafe registers.x86_64.rip = address
  }

  func stackPointer(_ registers: clinux_registers) -> UInt64 { unsafe registers.x86_64.rsp }

  func threadPointer(_ registers: clinux_registers) -> UInt64? { unsafe registers.x86_64.fs_base }

  func setStackPointer(_ registers: inout clinux_registers, _ address: UInt64) {
    unsafe registers.x86_64.rsp = address
  }

  /// The trap flag, with which a program single-steps itself.
  ///
  /// If the flag stayed set, the program would get a SIGTRAP for the injected call.
  private let trapFlag: UInt64 = 1 << 8

  func currentCall(_ registers: clinux_registers) -> (number: Int, answer: Int)? {
    let number = unsafe Int64(bitPattern: registers.x86_64.orig_rax)
    return number < 0 ? nil : (Int(number), unsafe Int(Int64(bitPattern: registers.x86_64.rax)))
  }

  func argument(_ registers: clinux_registers, _ index: Int, ofCompatibleCall isCompatible: Bool) -> UInt64 {
    let own = unsafe registers.x86_64
    return isCompatible
      ? [own.rbx, own.rcx, own.rdx, own.rsi, own.rdi, own.rbp][index]
      : [own.rdi, own.rsi, own.rdx, own.r10, own.r8, own.r9][index]
  }

  func prepare(_ registers: inout clinux_registers, _ call: SystemCall, at address: UInt64) {
    unsafe registers.x86_64.rip = address
    unsafe registers.x86_64.rax = UInt64(call.number)
    unsafe registers.x86_64.rdi = call.arguments.0
    unsafe registers.x86_64.rsi = call.arguments.1
    unsafe registers.x86_64.rdx = call.arguments.2
    unsafe registers.x86_64.r10 = call.arguments.3
    unsafe registers.x86_64.r8 = call.arguments.4
    unsafe registers.x86_64.r9 = call.arguments.5
    // -1 means that the thread is in no call. With another value, the kernel could restart a call from this
    // pc.
    unsafe registers.x86_64.orig_rax = .max
    unsafe registers.x86_64.eflags &= ~trapFlag
  }

  func restartUnlessHandled(_ registers: inout clinux_registers) {
    unsafe registers.x86_64.rax = UInt64(bitPattern: Int64(restartUnlessHandledAnswer))
  }

  func beginCallAnew(_ registers: inout clinux_registers) {
    unsafe registers.x86_64.rip &-= UInt64(callInstruction.count)
    unsafe registers.x86_64.rax = registers.x86_64.orig_rax
    unsafe registers.x86_64.orig_rax = .max
  }
}
