import CLinux

/// The floating-point and vector registers of a stopped thread, in the form that a signal frame needs.
struct ExtendedState {
  /// The state in the layout of XSAVE or FXSAVE.
  ///
  /// The XSAVE layout contains the software bytes of a signal frame, see `struct _fpx_sw_bytes` in
  /// `arch/x86/include/uapi/asm/sigcontext.h`.
  let bytes: [UInt8]
  /// True for the XSAVE layout, false for FXSAVE.
  let isExtended: Bool
  /// The x87 registers in the layout of FSAVE, which a frame of a 32-bit thread has before the state.
  ///
  /// The kernel takes these registers from here, see `__fpu_restore_sig` in `arch/x86/kernel/fpu/signal.c`.
  /// Empty without `setHeader`.
  private(set) var header: [UInt8] = []
  /// The record of the vector registers of aarch64, if the thread uses more of them than FPSIMD has.
  private(set) var vectors: [UInt8] = []

  /// The size of the header in bytes, see `struct _fpstate_32`.
  static let headerSize = 112

  /// The alignment in bytes that XRSTOR demands.
  static let alignment: UInt64 = 64

  /// The component that a thread must request from the kernel before it uses it: XFEATURE_XTILE_DATA.
  ///
  /// See `arch/x86/include/asm/fpu/types.h`.
  private static let onDemand: UInt64 = 1 << 18

  /// The position of the software bytes, in bytes, in both layouts.
  private static let softwareBytes = 464..<512

  /// Converts the state from the layout of FXSAVE; nil if the layout is unknown.
  ///
  /// The state has this layout on virtual processors without XSAVE.
  init?(fxsave state: [UInt8]) {
    guard state.count == Self.softwareBytes.upperBound else { return nil }
    var state = state
    for index in Self.softwareBytes { state[index] = 0 }
    (bytes, isExtended) = (state, false)
  }

  /// Converts the state from the layout of XSAVE, which NT_X86_XSTATE returns; nil if the layout is unknown.
  init?(xsave state: [UInt8]) {
    var state = state
    let header = 512..<576  // after the area of FXSAVE; its first word has a bit for each component in use
    guard state.count >= header.upperBound else { return nil }
    // ptrace(2) returns the features that the kernel has enabled, in the place of the software bytes.
    let features = state.integer(UInt64.self, at: Self.softwareBytes.lowerBound)
    // If the features lack XFEATURE_XTILE_DATA, the state contains all components. Otherwise cpuid reports
    // the size. cpuid is slow on a virtual processor, because the host must answer it.
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

  /// Converts the state of aarch64 to records of a signal frame; nil if a layout is unknown.
  ///
  /// See `struct fpsimd_context` and `struct sve_context` in `arch/arm64/include/uapi/asm/sigcontext.h`, and
  /// `struct user_sve_header` in `arch/arm64/include/uapi/asm/ptrace.h`.
  ///
  /// - Parameters:
  ///   - fpsimd: what NT_PRFPREG returns.
  ///   - sve: what NT_ARM_SVE returns; empty if the processor has no such registers.
  init?(fpsimd: [UInt8], sve: [UInt8]) {
    let registers = 0..<512, status = 512..<520, layout = 528
    guard fpsimd.count == layout else { return nil }
    var record: [UInt8] = []
    record.append(littleEndian: 0x4650_8001 as UInt32)  // FPSIMD_MAGIC
    record.append(littleEndian: UInt32(layout))
    record += fpsimd[status]
    record += fpsimd[registers]
    (bytes, isExtended) = (record, false)
    let header = 16, length = 8, flags = 12
    // Without this flag, the thread has no more than the FPSIMD registers.
    guard sve.count >= header, sve[flags] & 1 != 0 else { return }
    let vector = Int(sve.integer(UInt16.self, at: length))
    // 32 vectors, 16 predicates of an eighth of a vector, and one more.
    let size = 32 * vector + 17 * vector / 8
    guard vector > 0, vector.isMultiple(of: 16), sve.count >= header + size else { return nil }
    let whole = (header + size + 15) & ~15
    vectors.append(littleEndian: 0x5356_4501 as UInt32)  // SVE_MAGIC
    vectors.append(littleEndian: UInt32(whole))
    vectors.append(littleEndian: UInt64(vector))
    vectors += sve[header..<header + size]
    vectors += [UInt8](repeating: 0, count: whole - vectors.count)
  }

  /// Sets the header from the layout of FSAVE; false if the layout is unknown.
  ///
  /// NT_PRFPREG returns this layout for a thread that executes 32-bit code.
  mutating func setHeader(fsave: [UInt8]) -> Bool {
    let layout = 108, statusWord = 4, codeSegment = 16, lastOpcode = 6
    guard fsave.count == layout else { return false }
    header = fsave
    // The kernel returns no opcode in the upper half of this word, but it takes the opcode from there. See
    // `convert_to_fxsr` in `arch/x86/kernel/fpu/regset.c`.
    header.store(bytes.integer(UInt16.self, at: lastOpcode), at: codeSegment + 2)
    header.append(littleEndian: fsave.integer(UInt16.self, at: statusWord))
    header.append(littleEndian: 0 as UInt16)  // X86_FXSR_MAGIC
    return true
  }
}
