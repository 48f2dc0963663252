import CLinux

/// The registers of a stopped thread that are not among its general registers.
extension Tracee {
  /// The floating-point and vector registers. `PTRACE_GETREGSET`
  ///
  /// Throws `ENODEV` if their layout is unknown.
  ///
  /// - Parameter layout: the layout of the thread's general registers.
  func extendedState(for layout: any RegisterLayout) throws(Errno) -> ExtendedState {
    if layout === RegisterSet.aarch64 { return try extendedStateOfAArch64() }
    let isCompatible = layout === RegisterSet.i386
    var state = try extendedState(isCompatible: isCompatible)
    if isCompatible, !state.setHeader(fsave: try self.state(clinux_floating_point_state)) {
      throw .noSuchDevice
    }
    return state
  }

  private func extendedState(isCompatible: Bool) throws(Errno) -> ExtendedState {
    // Some virtual processors have no XSAVE.
    guard let state = try? self.state(clinux_extended_state) else {
      let kind = isCompatible ? clinux_compatible_fxsave_state : clinux_floating_point_state
      guard let state = ExtendedState(fxsave: try state(kind)) else { throw .noSuchDevice }
      return state
    }
    guard let state = ExtendedState(xsave: state) else { throw .noSuchDevice }
    return state
  }

  /// Throws `ENODEV` also if the thread uses streaming mode or the array ZA of SME, which the frame would
  /// not keep.
  private func extendedStateOfAArch64() throws(Errno) -> ExtendedState {
    let header = 16, flags = 12
    if let streaming = try? state(clinux_arm_streaming_state),
      streaming.count < header || streaming[flags] & 1 != 0
    {
      throw .noSuchDevice
    }
    if let matrix = try? state(clinux_arm_matrix_state), matrix.count != header { throw .noSuchDevice }
    let vectors = (try? state(clinux_arm_vector_state)) ?? []
    guard let state = ExtendedState(fpsimd: try state(clinux_floating_point_state), sve: vectors) else {
      throw .noSuchDevice
    }
    return state
  }

  private func state(_ kind: UInt32) throws(Errno) -> [UInt8] {
    let most = 16 << 10  // bytes; with the tiles of AMX the state has about 11 KiB, and SVE has at most 9 KiB
    return unsafe try [UInt8](atMost: most) { unsafe clinux_ptrace_get_state(tid, kind, $0, $1) }
  }

  /// The registers that a system call of the thread would change, and the kind of their state; nil if there
  /// are none.
  ///
  /// On aarch64, the kernel discards the SVE registers beyond FPSIMD at every call, and ends streaming mode.
  /// See `Documentation/arch/arm64/sve.rst`, "System call behaviour".
  func stateChangedByCalls(of layout: any RegisterLayout) -> (kind: UInt32, bytes: [UInt8])? {
    guard layout === RegisterSet.aarch64 else { return nil }
    let header = 16, flags = 12
    for kind in [clinux_arm_vector_state, clinux_arm_streaming_state] {
      if let bytes = try? state(kind), bytes.count >= header, bytes[flags] & 1 != 0 { return (kind, bytes) }
    }
    return nil
  }

  /// Restores a state. `PTRACE_SETREGSET`
  func setState(_ kind: UInt32, _ bytes: [UInt8]) throws(Errno) {
    let answer = unsafe bytes.withUnsafeBytes {
      unsafe clinux_ptrace_set_state(tid, kind, $0.baseAddress, $0.count)
    }
    try checked(answer)
  }

  /// Whether the thread has a shadow stack, which checks its returns.
  var hasShadowStack: Bool { clinux_ptrace_has_shadow_stack(tid) }

  /// The address of the thread's control block; nil if it is not known.
  ///
  /// 32-bit code on x86 has it in the GDT. `PTRACE_GET_THREAD_AREA`
  func threadPointer(_ registers: RegisterSet) -> UInt64? {
    if let pointer = registers.threadPointer { return pointer }
    if registers.layout === RegisterSet.aarch64 {
      let state = (try? self.state(clinux_arm_thread_pointer)) ?? []
      return state.count < 8 ? nil : state.integer(UInt64.self, at: 0)
    }
    var address: UInt64 = 0
    guard let area = registers.threadArea, unsafe clinux_ptrace_thread_area(tid, area, &address) >= 0
    else { return nil }
    return address
  }
}
