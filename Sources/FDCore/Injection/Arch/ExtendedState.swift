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

  /// What a thread has to ask for: XFEATURE_XTILE_DATA, `arch/x86/include/asm/fpu/types.h`.
  private static let onDemand: UInt64 = 1 << 18

  private static let softwareBytes = 464..<512

  /// Reads them. `PTRACE_GETREGSET`
  ///
  /// Throws `ENODEV` where they are laid out in no way that is known.
  init(of tracee: Tracee) throws(Errno) {
    guard var state = try? tracee.state(clinux_extended_state) else {
      // Virtual processors of a plain kind have no XSAVE.
      var state = try tracee.state(clinux_floating_point_state)
      guard state.count == Self.softwareBytes.upperBound else { throw .noSuchDevice }
      for index in Self.softwareBytes { state[index] = 0 }
      (bytes, isExtended) = (state, false)
      return
    }
    let header = 512..<576  // after what FXSAVE wrote; its first word tells what is in use
    guard state.count >= header.upperBound else { throw .noSuchDevice }
    // In place of a frame's software bytes ptrace has the features that the kernel has enabled.
    let features = state.integer(UInt64.self, at: Self.softwareBytes.lowerBound)
    // Where there are no components that a thread has to ask for, all are there. To ask the processor takes
    // long where it is a virtual one: each question goes to its host.
    let size =
      features & Self.onDemand == 0
      ? state.count : clinux_extended_state_size(features, state.integer(UInt64.self, at: header.lowerBound))
    guard (header.upperBound...state.count).contains(size) else { throw .noSuchDevice }
    let firstMagic: UInt32 = 0x4650_5853, secondMagic: UInt32 = 0x4650_5845
    let begin = Self.softwareBytes.lowerBound
    for index in Self.softwareBytes { state[index] = 0 }
    state.store(firstMagic, at: begin)
    state.store(UInt32(size + MemoryLayout.size(ofValue: secondMagic)), at: begin + 4)
    state.store(features, at: begin + 8)
    state.store(UInt32(size), at: begin + 16)
    state.removeLast(state.count - size)
    state.append(littleEndian: secondMagic)
    (bytes, isExtended) = (state, true)
  }
}
