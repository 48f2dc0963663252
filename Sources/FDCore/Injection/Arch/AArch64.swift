import CLinux

/// 64-bit programs on aarch64.
///
/// The code follows `arch/arm64/kernel/signal.c` and `ptrace.c` of Linux. It is compiled on every host, and
/// not tested yet.
///
/// The kernel runs `do_signal` before a thread stops. If the kernel is going to restart the call, `do_signal`
/// sets the pc back to it and restores the first argument. After that, the kernel does not know which call it
/// was. Therefore:
/// - rangeclose restores the registers as it found them, and the call starts again. The calling thread starts
///   the call from the beginning, for instance nanosleep(2) with its whole time. The reason is that the
///   kernel prepares its own restart only after the stop.
/// - A call that returns EINTR after a stop looks like a call that a signal interrupted, and its first
///   argument is lost. So the call returns EINTR.
/// - The vdso has a trampoline for a signal frame, and the link register could lead to it. rangeclose does
///   not make frames on aarch64 yet.
final class AArch64: RegisterLayout {
  let size = MemoryLayout<clinux_registers_aarch64>.size

  /// The system call numbers from `include/uapi/asm-generic/unistd.h`.
  let calls = SystemCallNumbers(
    close: 57, fcntl: 25, closeRange: 436, unshare: 97, shutdown: 210,
    openAt: 56, duplicate: 24, seek: 62,
    select: nil, restart: 128,
    answeringInterrupted: [],
    opening: [], writing: [], ioctl: nil, fallocate: nil, settingMask: [])

  /// No calls, because at a stop the kernel does not report which call a thread is in.
  let descriptorArguments: [Int: DescriptorArguments] = [:]

  let callInstruction: [UInt8] = [0x01, 0x00, 0x00, 0xD4]  // svc #0
  let instructionAlignment: UInt64 = 4

  let keepsCallApart = true

  /// The addresses of user mode: at most 52 bits are used, and the upper bits are 0.
  let addresses: Range<UInt64> = 0..<1 << 52

  func programCounter(_ registers: clinux_registers) -> UInt64 { unsafe registers.aarch64.pc }

  func setProgramCounter(_ registers: inout clinux_registers, _ address: UInt64) {
    unsafe registers.aarch64.pc = address
  }

  func stackPointer(_ registers: clinux_registers) -> UInt64 { unsafe registers.aarch64.sp }

  func setStackPointer(_ registers: inout clinux_registers, _ address: UInt64) {
    unsafe registers.aarch64.sp = address
  }

  /// Nil, because the kernel does not know the call any more; see above.
  ///
  /// So rangeclose never makes an injected call at the thread's own pc. The kernel could confuse it with the
  /// thread's call.
  func currentCall(_ registers: clinux_registers) -> (number: Int, answer: Int)? { nil }

  func argument(_ registers: clinux_registers, _ index: Int, ofCompatibleCall isCompatible: Bool) -> UInt64 {
    let own = unsafe registers.aarch64.x
    return [own.0, own.1, own.2, own.3, own.4, own.5][index]
  }

  func prepare(_ registers: inout clinux_registers, _ call: SystemCall, at address: UInt64) {
    unsafe registers.aarch64.pc = address
    unsafe registers.aarch64.x.8 = UInt64(call.number)
    unsafe (registers.aarch64.x.0, registers.aarch64.x.1, registers.aarch64.x.2) =
      (call.arguments.0, call.arguments.1, call.arguments.2)
    unsafe (registers.aarch64.x.3, registers.aarch64.x.4, registers.aarch64.x.5) =
      (call.arguments.3, call.arguments.4, call.arguments.5)
  }

  // Without a current call there is no call to restart.
  func restartUnlessHandled(_ registers: inout clinux_registers) {}
  func beginCallAnew(_ registers: inout clinux_registers) {}
}
