import CLinux

/// The floating-point and vector registers of a stopped thread, in the form that a signal frame needs.
struct ExtendedState {
  /// The state in the layout of XSAVE or FXSAVE.
  ///
  /// For XSAVE it contains the software bytes of a frame, see `struct _fpx_sw_bytes` in
  /// `arch/x86/include/uapi/asm/sigcontext.h`.
  let bytes: [UInt8]
  /// True for the XSAVE layout, false for FXSAVE.
  let isExtended: Bool

  /// The alignment in bytes that XRSTOR demands.
  static let alignment: UInt64 = 64

  /// The component that a thread must request first: XFEATURE_XTILE_DATA, `arch/x86/include/asm/fpu/types.h`.
  private static let onDemand: UInt64 = 1 << 18

  private static let softwareBytes = 464..<512

  /// Converts the state from the layout of FXSAVE, which virtual processors without XSAVE have.
  ///
  /// Nil if the layout is unknown.
  init?(fxsave state: [UInt8]) {
    guard state.count == Self.softwareBytes.upperBound else { return nil }
    var state = state
    for index in Self.softwareBytes { state[index] = 0 }
    (bytes, isExtended) = (state, false)
  }

  /// Converts the state from the layout of XSAVE, which NT_X86_XSTATE returns; nil if the layout is unknown.
  init?(xsave state: [UInt8]) {
    var state = state
    let header = 512..<576  // after the area of FXSAVE; its first word says which components are in use
    guard state.count >= header.upperBound else { return nil }
    // In place of a frame's software bytes, ptrace returns the features that the kernel has enabled.
    let features = state.integer(UInt64.self, at: Self.softwareBytes.lowerBound)
    // If no component must be requested, the state contains all of them. Otherwise the processor reports the
    // size. On a virtual processor that is slow, because its host must answer.
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
