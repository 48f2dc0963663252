import CLinux

extension AArch64 {
  /// The frame that the kernel makes for a signal handler: `struct rt_sigframe`, without the unused end of
  /// the room for its records.
  ///
  /// See `arch/arm64/kernel/signal.c`, and `arch/arm64/include/uapi/asm/sigcontext.h` for the records.
  func signalFrame(
    _ registers: clinux_registers, below top: UInt64, returningTo trampoline: UInt64, mask: UInt64,
    _ state: ExtendedState
  ) -> (address: UInt64, bytes: [UInt8])? {
    // The siginfo, and struct ucontext up to the records.
    let headSize = 128 + 464
    let size = UInt64(headSize + state.bytes.count + Self.extraSize + state.vectors.count + Self.end.count)
    guard top > size, top <= addresses.upperBound else { return nil }
    let address = (top - size) & ~15

    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(size))
    bytes += [UInt8](repeating: 0, count: 128)  // the siginfo, which the kernel does not read
    for unused: UInt64 in [0, 0] { bytes.append(littleEndian: unused) }  // no flags, no link
    // stack_t: sigaltstack(2) refuses these flags, so the alternate stack does not change.
    for word: UInt64 in [0, 0x7F, 0] { bytes.append(littleEndian: word) }
    bytes.append(littleEndian: mask)
    bytes += [UInt8](repeating: 0, count: 136)  // room for a larger mask, and the fault address
    append(unsafe registers.aarch64, to: &bytes)
    bytes += [UInt8](repeating: 0, count: headSize - bytes.count)
    bytes += state.bytes
    appendVectors(state.vectors, at: address, to: &bytes)
    return (address, bytes)
  }

  /// The record that ends a list of records: a magic number and a size of 0.
  private static var end: [UInt8] { [UInt8](repeating: 0, count: 16) }

  /// The size in bytes of `struct extra_context` with the end that must follow it.
  private static let extraSize = 48

  /// The room in bytes for records in the frame itself.
  private static let room = 4096

  /// Appends x0 to x30, sp, pc and pstate.
  private func append(_ own: clinux_registers_aarch64, to bytes: inout [UInt8]) {
    let x = own.x
    for register in [
      x.0, x.1, x.2, x.3, x.4, x.5, x.6, x.7, x.8, x.9, x.10, x.11, x.12, x.13, x.14, x.15, x.16, x.17, x.18,
      x.19, x.20, x.21, x.22, x.23, x.24, x.25, x.26, x.27, x.28, x.29, x.30, own.sp, own.pc, own.pstate,
    ] {
      bytes.append(littleEndian: register)
    }
  }

  /// Appends the record of the vector registers, if there is one, and the end of the records.
  ///
  /// A record that does not fit into the frame comes behind it. An `extra_context` says so.
  private func appendVectors(_ vectors: [UInt8], at address: UInt64, to bytes: inout [UInt8]) {
    let fpsimdSize = 528
    if !vectors.isEmpty, fpsimdSize + vectors.count + Self.end.count > Self.room {
      let magic: UInt32 = 0x4558_5401  // EXTRA_MAGIC
      let data = address + UInt64(bytes.count + Self.extraSize)
      bytes.append(littleEndian: magic)
      bytes.append(littleEndian: UInt32(32))  // the size of this record
      bytes.append(littleEndian: data)
      bytes.append(littleEndian: UInt32(vectors.count + Self.end.count))
      bytes += [UInt8](repeating: 0, count: 12)
      bytes += Self.end
    }
    bytes += vectors
    bytes += Self.end
  }
}
