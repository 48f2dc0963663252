import CLinux

/// The floating point and vector registers of a stopped thread, as a signal frame takes them.
struct ExtendedState {
  /// The state in the layout of XSAVE or FXSAVE.
  ///
  /// For XSAVE it has the software bytes of a frame, see `struct _fpx_sw_bytes` in
  /// `arch/x86/include/uapi/asm/sigcontext.h`.
  let bytes: [UInt8]
  /// True for the XSAVE layout, false for FXSAVE.
  let isExtended: Bool

  /// The alignment in bytes that XRSTOR demands.
  static let alignment: UInt64 = 64

  /// The state that a thread has to ask for: XFEATURE_XTILE_DATA, `arch/x86/include/asm/fpu/types.h`.
  private static let onDemand: UInt64 = 1 << 18

  private static let softwareBytes = 464..<512

  /// Takes over the state in the layout of FXSAVE, as virtual processors without XSAVE have it.
  ///
  /// Nil if the layout is unknown.
  init?(fxsave state: [UInt8]) {
    guard state.count == Self.softwareBytes.upperBound else { return nil }
    var state = state
    for index in Self.softwareBytes { state[index] = 0 }
    (bytes, isExtended) = (state, false)
  }

  /// Takes over the state in the layout of XSAVE, as NT_X86_XSTATE has it; nil if the layout is unknown.
  init?(xsave state: [UInt8]) {
    var state = state
    let header = 512..<576  // after the area of FXSAVE; its first word says which components are in use
    guard state.count >= header.upperBound else { return nil }
    // In place of a frame's software bytes ptrace has the features that the kernel has enabled.
    let features = state.integer(UInt64.self, at: Self.softwareBytes.lowerBound)
    // If no component has to be asked for, all are there. To ask the processor takes long if it is a virtual
    // one: each question goes to its host.
    let size =
      features & Self.onDemand == 0
      ? state.count : clinux_extended_state_size(features, state.integer(UInt64.self, at: header.lowerBound))
    guard (header.upperBound...state.count).contains(size) else { return nil }
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
