/// The two signal masks of a thread that waits in ppoll(2) or a similar call.
struct SavedMask {
  /// The saved mask: the thread's own mask, which the kernel restores after the call.
  ///
  /// Signal 1 is bit 0.
  let saved: UInt64
  /// The mask that is in force during the call; signal 1 is bit 0.
  let inForce: UInt64

  /// Whether a signal is pending that only the mask in force blocks.
  ///
  /// The kernel restores the saved mask before it restarts the call. The handler of this signal would then
  /// run.
  func hasSignalForSaved(_ tracee: Tracee) -> Bool {
    guard let status = try? tracee.status() else { return false }
    return status.allPendingSignals & inForce & ~saved != 0
  }
}

extension Tracee {
  /// The two masks of a stopped thread; nil if the thread has only one mask.
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
