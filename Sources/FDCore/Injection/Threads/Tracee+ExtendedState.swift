import CLinux

/// The registers of a stopped thread that are not among its general registers.
extension Tracee {
  /// The floating-point and vector registers. `PTRACE_GETREGSET`
  ///
  /// Throws `ENODEV` if their layout is unknown.
  ///
  /// - Parameter layout: the layout of the thread's general registers.
  func extendedState(for layout: any RegisterLayout) throws(Errno) -> ExtendedState {
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

  private func state(_ kind: UInt32) throws(Errno) -> [UInt8] {
    let most = 16 << 10  // bytes; with the tiles of AMX the state has about 11 KiB
    return unsafe try [UInt8](atMost: most) { unsafe clinux_ptrace_get_state(tid, kind, $0, $1) }
  }

  /// Whether the thread has a shadow stack, which checks its returns.
  var hasShadowStack: Bool { clinux_ptrace_has_shadow_stack(tid) }

  /// The address of the thread's control block; nil if it is not known.
  ///
  /// 32-bit code has it in the GDT. `PTRACE_GET_THREAD_AREA`
  func threadPointer(_ registers: RegisterSet) -> UInt64? {
    if let pointer = registers.threadPointer { return pointer }
    var address: UInt64 = 0
    guard let area = registers.threadArea, unsafe clinux_ptrace_thread_area(tid, area, &address) >= 0
    else { return nil }
    return address
  }
}
