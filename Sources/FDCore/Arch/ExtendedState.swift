import CLinux

/// The floating point and vector registers of a stopped thread, as a signal frame takes them.
struct ExtendedState {
  /// In the layout of XSAVE, with the software bytes of a frame, see `struct _fpx_sw_bytes` in
  /// `arch/x86/include/uapi/asm/sigcontext.h`; or in that of FXSAVE, where the processor has no other.
  let bytes: [UInt8]
  /// Whether it is the first.
  let isExtended: Bool

  /// In bytes, as XRSTOR asks for.
  static let alignment: UInt64 = 64

  private static let softwareBytes = 464..<512

  /// Reads them. `PTRACE_GETREGSET`
  ///
  /// Throws `ENODEV` where they are laid out in no way that is known.
  init(of tracee: Tracee) throws(Errno) {
    guard let state = try? tracee.state(clinux_extended_state) else {
      // Virtual processors of a plain kind have no XSAVE.
      let state = try tracee.state(clinux_floating_point_state)
      guard state.count == Self.softwareBytes.upperBound else { throw .noSuchDevice }
      bytes = state[..<Self.softwareBytes.lowerBound] + [UInt8](repeating: 0, count: Self.softwareBytes.count)
      isExtended = false
      return
    }
    let header = 512..<576  // after what FXSAVE wrote; its first word tells what is in use
    guard state.count >= header.upperBound else { throw .noSuchDevice }
    // In place of a frame's software bytes ptrace has the features that the kernel has enabled.
    let features = state.integer(UInt64.self, at: Self.softwareBytes.lowerBound)
    let size = clinux_extended_state_size(features, state.integer(UInt64.self, at: header.lowerBound))
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
    isExtended = true
  }
}
