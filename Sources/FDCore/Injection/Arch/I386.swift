import CLinux

/// 32-bit programs on x86_64, which have their own entry into the kernel.
///
/// The layout is the layout of a thread that executes 32-bit code. A 64-bit process can execute such code,
/// and a 32-bit process can execute 64-bit code.
final class I386: RegisterLayout {
  let size = MemoryLayout<clinux_registers_i386>.size

  /// The system call numbers from `arch/x86/entry/syscalls/syscall_32.tbl`.
  let calls = SystemCallNumbers(
    close: 6, fcntl: 221, closeRange: 436, unshare: 310, shutdown: 373,
    openAt: 295, duplicate: 330, seek: 19,
    select: 142 /* _newselect */,
    restart: 0,
    answeringInterrupted: [
      3, 145, 180, 333, 378,  // read and readv (also of sockets with a timeout), pread64, preadv, preadv2
      106, 107, 108, 195, 196, 197, 300, 383,  // stat, lstat, fstat, those with 64, fstatat64, statx
      33, 307, 439, 85, 305,  // access, faccessat, faccessat2, readlink, readlinkat
      141, 220, 99, 100, 268, 269,  // getdents, getdents64, statfs, fstatfs, statfs64, fstatfs64
      229, 230, 231, 232, 233, 234,  // getxattr, lgetxattr, fgetxattr, listxattr, llistxattr, flistxattr
      118, 148, 344, 19, 140, 12, 133,  // fsync, fdatasync, syncfs, lseek, _llseek, chdir, fchdir
      362, 364, 369, 370, 371, 372,  // connect, accept4, sendto, sendmsg, recvfrom, recvmsg
      337, 345, 417,  // recvmmsg, sendmmsg, recvmmsg_time64
      187, 239, 313,  // sendfile, sendfile64, splice
      102, 117, 420,  // socketcall, ipc, semtimedop_time64
      177, 421,  // rt_sigtimedwait, rt_sigtimedwait_time64
      247,  // io_getevents
      256, 319, 441,  // epoll_wait, epoll_pwait, epoll_pwait2
      426,  // io_uring_enter; it returns a count instead if it has submitted anything
    ],
    opening: [(5, 1), (295, 2)],  // open, openat
    writing: [(4, nil), (146, nil), (181, nil), (334, nil), (379, 5)],  // as on x86_64
    ioctl: 54, fallocate: 324,
    settingMask: [
      72, 179, 308, 309,  // sigsuspend, rt_sigsuspend, pselect6, ppoll
      413, 414,  // pselect6_time64, ppoll_time64
      319, 385, 416,  // epoll_pwait, io_pgetevents, io_pgetevents_time64
      426, 441,  // io_uring_enter, epoll_pwait2
    ])

  let descriptorArguments = DescriptorArguments.table(
    first: [
      3, 4, 54, 145, 146, 180, 181,  // read, write, ioctl, readv, writev, pread64, pwrite64
      362, 364, 369, 370, 371, 372,  // connect, accept4, sendto, sendmsg, recvfrom, recvmsg
      55, 221, 143, 118, 148, 93, 194,  // fcntl, fcntl64, flock, fsync, fdatasync, ftruncate, ftruncate64
      141, 220, 256, 319, 441, 426,  // getdents, getdents64, epoll_wait and its successors, io_uring_enter
      279, 280, 418, 419,  // mq_timedsend, mq_timedreceive, and those with time64
      314, 316, 324,  // sync_file_range, vmsplice, fallocate
      333, 334, 337, 345, 378, 379, 417,  // preadv, pwritev, recvmmsg, sendmmsg, preadv2, pwritev2
    ],
    firstAndSecond: [187, 239, 315],  // sendfile, sendfile64, tee
    firstAndThird: [313, 377],  // splice, copy_file_range
    pollSet: [168, 309, 414, 0],  // poll, ppoll and its time64; restart_syscall, which continues poll
    selectSets: [142, 308, 413],  // _newselect, pselect6 and its time64
    inMemory: [102])  // socketcall

  let callInstruction: [UInt8] = [0xCD, 0x80]  // int $0x80
  let instructionAlignment: UInt64 = 1

  /// The addresses below 4 GiB.
  ///
  /// 32-bit code in a 64-bit process cannot reach the memory above.
  let addresses: Range<UInt64> = 0..<1 << 32

  let wordSize = 4

  /// Instructions in the vdso, see `arch/x86/entry/vdso/vdso32`.
  var frameInstructions: (callAndReturn: [UInt8], trampoline: [UInt8])? {
    // `int $0x80; pop %ebp; pop %edx; pop %ecx; ret` and `mov $173,%eax; int $0x80`. The first is the end of
    // `__kernel_vsyscall`. It follows `sysenter` or `syscall`, as the processor demands. The second is
    // `__kernel_rt_sigreturn`.
    ([0xCD, 0x80, 0x5D, 0x5A, 0x59, 0xC3], [0xB8, 0xAD, 0x00, 0x00, 0x00, 0xCD, 0x80])
  }

  /// The instructions in `__kernel_vsyscall` that AMD and Intel processors need: `mov %ecx,%ebp; syscall` and
  /// `mov %esp,%ebp; sysenter`.
  ///
  /// On a virtual processor, `int $0x80` can take 30 times as long.
  var fasterCalls: [[UInt8]] { [[0x89, 0xCD, 0x0F, 0x05], [0x89, 0xE5, 0x0F, 0x34]] }

  var chainPatterns: [ChainPattern] {
    // `pop %ebx; ret`, and `mov %ebx,%eax; pop %ebx; ret` with more pops or without. Functions that save
    // these registers end so. Code that takes %eax itself from the stack is rare. `__kernel_vsyscall` takes
    // the other two arguments.
    let pops: [[(UInt8, ChainPattern.Word)]] = [
      [], [(0x5E, .unused)], [(0x5E, .unused), (0x5F, .fifth)],
      [(0x5E, .unused), (0x5F, .fifth), (0x5D, .unused)],  // %esi, %edi, %ebp
    ]
    return pops.map { pops in
      ChainPattern(
        gadgets: [[0x5B, 0xC3], [0x89, 0xD8, 0x5B] + pops.map { $0.0 } + [0xC3]],
        words: [.unused, .third, .second, .gadget(0), .number, .gadget(1), .first] + pops.map { $0.1 }
          + [.call])
    }
  }

  func programCounter(_ registers: clinux_registers) -> UInt64 { UInt64(unsafe registers.i386.eip) }

  func setProgramCounter(_ registers: inout clinux_registers, _ address: UInt64) {
    unsafe registers.i386.eip = UInt32(truncatingIfNeeded: address)
  }

  func stackPointer(_ registers: clinux_registers) -> UInt64 { UInt64(unsafe registers.i386.esp) }

  func setStackPointer(_ registers: inout clinux_registers, _ address: UInt64) {
    unsafe registers.i386.esp = UInt32(truncatingIfNeeded: address)
  }

  func threadArea(_ registers: clinux_registers) -> Int32? {
    // A selector has the index, a bit for the LDT, and two bits of privilege. C libraries use the GDT.
    let selector = unsafe registers.i386.gs & 0xFFFF
    return selector & 4 == 0 && selector > 3 ? Int32(selector >> 3) : nil
  }

  private let trapFlag: UInt32 = 1 << 8

  func currentCall(_ registers: clinux_registers) -> (number: Int, answer: Int)? {
    let number = unsafe Int32(bitPattern: registers.i386.orig_eax)
    return number < 0 ? nil : (Int(number), unsafe Int(Int32(bitPattern: registers.i386.eax)))
  }

  func argument(_ registers: clinux_registers, _ index: Int, ofCompatibleCall isCompatible: Bool) -> UInt64 {
    let own = unsafe registers.i386
    return UInt64([own.ebx, own.ecx, own.edx, own.esi, own.edi, own.ebp][index])
  }

  func prepare(_ registers: inout clinux_registers, _ call: SystemCall, at address: UInt64) {
    unsafe registers.i386.eip = UInt32(truncatingIfNeeded: address)
    unsafe registers.i386.eax = UInt32(call.number)
    unsafe registers.i386.ebx = UInt32(truncatingIfNeeded: call.arguments.0)
    unsafe registers.i386.ecx = UInt32(truncatingIfNeeded: call.arguments.1)
    unsafe registers.i386.edx = UInt32(truncatingIfNeeded: call.arguments.2)
    unsafe registers.i386.esi = UInt32(truncatingIfNeeded: call.arguments.3)
    unsafe registers.i386.edi = UInt32(truncatingIfNeeded: call.arguments.4)
    unsafe registers.i386.ebp = UInt32(truncatingIfNeeded: call.arguments.5)
    unsafe registers.i386.orig_eax = .max
    unsafe registers.i386.eflags &= ~trapFlag
  }

  func restartUnlessHandled(_ registers: inout clinux_registers) {
    unsafe registers.i386.eax = UInt32(bitPattern: Int32(restartUnlessHandledAnswer))
  }

  func beginCallAnew(_ registers: inout clinux_registers) {
    unsafe registers.i386.eip &-= UInt32(callInstruction.count)
    unsafe registers.i386.eax = registers.i386.orig_eax
    unsafe registers.i386.orig_eax = .max
  }
}
