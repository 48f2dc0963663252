import CLinux

/// A signal frame below a thread's stack that has what the thread is to go on with.
///
/// A thread that runs our calls has our registers, and would go on with them were we killed meanwhile. So
/// its calls are made where a return follows, with the stack pointer at such a frame: the return leads to
/// the trampoline that ends every signal handler, and rt_sigreturn(2) takes registers, floating point state
/// and signal mask from the frame, without anybody's help. See `sigreturn(2)`.
///
/// While we live the thread does not come as far: it is stopped at the call's exit.
struct SignalFrame {
  /// Where the stack pointer is to stand when the call is made.
  let address: UInt64
  private let tid: Int32
  private let before: [UInt8]

  /// Below the stack pointer leaf functions keep data, 128 bytes by the x86_64 ABI.
  static let redZone: UInt64 = 128
  /// More than a frame takes on any processor without AMX, whose tiles alone are 8 KiB.
  static let usualSize = 4096

  /// Lays one into the memory of a stopped thread, to go on with `registers` and `mask`.
  ///
  /// Nil where there cannot be one.
  init?(
    in tracee: Tracee, _ registers: RegisterSet, mask: UInt64, trampoline: UInt64, _ code: TargetCode
  ) {
    guard !tracee.hasShadowStack, let state = try? ExtendedState(of: tracee),
      let frame = registers.signalFrame(
        below: registers.stackPointer &- Self.redZone, returningTo: trampoline, mask: mask, state),
      code.hasStack(below: registers.stackPointer, count: frame.bytes.count + Int(Self.redZone))
    else { return nil }
    address = frame.address
    tid = tracee.tid
    before = targetMemory(of: tid, at: address, count: frame.bytes.count)
    guard before.count == frame.bytes.count, writeTargetMemory(of: tid, at: address, frame.bytes) else {
      return nil
    }
  }

  /// Puts back what lay there.
  func remove() {
    writeTargetMemory(of: tid, at: address, before)
  }
}

/// The floating point and vector registers of a stopped thread, as a signal frame takes them.
struct ExtendedState {
  /// In the layout of XSAVE, with the software bytes of a frame, see `struct _fpx_sw_bytes` in
  /// `arch/x86/include/uapi/asm/sigcontext.h`.
  let bytes: [UInt8]

  /// In bytes, as XRSTOR asks for.
  static let alignment: UInt64 = 64

  private static let softwareBytes = 464..<512

  /// Reads them. `PTRACE_GETREGSET`
  ///
  /// Throws `ENODEV` where the processor has no XSAVE.
  init(of tracee: Tracee) throws(Errno) {
    let state = try tracee.extendedState()
    let header = 512..<576  // after what FXSAVE wrote; its first word tells what is in use
    guard state.count >= header.upperBound else { throw .noSuchDevice }
    // In place of a frame's software bytes ptrace has the features that the kernel has enabled.
    let features = state.word(at: Self.softwareBytes.lowerBound)
    let size = clinux_extended_state_size(features, state.word(at: header.lowerBound))
    guard (header.upperBound...state.count).contains(size) else { throw .noSuchDevice }
    let firstMagic: UInt32 = 0x4650_5853, secondMagic: UInt32 = 0x4650_5845
    var software: [UInt8] = []
    software.append(littleEndian: firstMagic)
    software.append(littleEndian: UInt32(size + MemoryLayout.size(ofValue: secondMagic)))
    software.append(littleEndian: features)
    software.append(littleEndian: UInt32(size))
    software += [UInt8](repeating: 0, count: Self.softwareBytes.count - software.count)
    var bytes =
      state[..<Self.softwareBytes.lowerBound] + software + state[Self.softwareBytes.upperBound..<size]
    bytes.append(littleEndian: secondMagic)
    self.bytes = Array(bytes)
  }
}

extension RangeReplaceableCollection<UInt8> {
  /// Appends an integer as x86 has it in memory.
  mutating func append(littleEndian integer: some FixedWidthInteger) {
    for byte in 0..<integer.bitWidth / 8 { append(UInt8(truncatingIfNeeded: integer >> (byte * 8))) }
  }

}

extension [UInt8] {
  /// The 64-bit integer at an offset, as x86 has it in memory.
  func word(at offset: Int) -> UInt64 {
    (0..<8).reversed().reduce(0) { $0 << 8 | UInt64(self[offset + $1]) }
  }
}

/// Writes to a process's memory; false where not all of it could be.
///
/// The corresponding system call is `process_vm_writev(2)`.
@discardableResult
private func writeTargetMemory(of tid: Int32, at address: UInt64, _ bytes: [UInt8]) -> Bool {
  let written = unsafe bytes.withUnsafeBytes {
    unsafe clinux_write_memory(tid, address, $0.baseAddress, $0.count)
  }
  return written == bytes.count
}
