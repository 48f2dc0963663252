/// The signal masks of a thread that waits in ppoll(2) or a similar call, which has set another mask for its
/// wait.
struct SavedMask {
  /// The thread's own mask, which the kernel saved and puts back after the call; signal 1 in bit 0.
  let saved: UInt64
  /// The mask that is in force during the call.
  let inForce: UInt64

  /// Whether a signal is pending that the call blocks and the thread itself does not.
  ///
  /// The kernel puts the thread's own mask back before it begins the call anew. The handler would then run.
  func hasSignalForSaved(_ tracee: Tracee) -> Bool {
    guard let status = try? tracee.status() else { return false }
    return status.allPendingSignals & inForce & ~saved != 0
  }
}

extension Tracee {
  /// The masks of a thread that has two of them at its stop, else nil.
  ///
  /// PTRACE_GETSIGMASK returns the saved mask, and `/proc/PID/status` shows the mask in force.
  var savedMask: SavedMask? {
    guard let registers, registers.currentCall?.answer == restartUnlessHandledAnswer,
      isInCall(registers, { $0.settingMask.contains($1) }), let saved = try? signalMask(),
      let status = try? status(), saved != status.blockedSignals
    else { return nil }
    return SavedMask(saved: saved, inForce: status.blockedSignals)
  }
}
