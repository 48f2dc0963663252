import CLinux

/// A status of a tracee that `waitpid(2)` reported; see `ptrace(2)`, "Stopped states".
enum WaitStatus: Equatable {
  /// The tracee is at the entry to or the exit from a system call.
  case syscallStop
  /// The kernel is about to deliver this signal. rangeclose must deliver it when it resumes the tracee.
  case signalDelivery(Int32)
  /// PTRACE_EVENT_STOP: the stop that PTRACE_INTERRUPT requested, or the thread's part in a group-stop.
  case eventStop(group: Bool)
  /// Another PTRACE_EVENT. rangeclose requests none of them.
  case otherEvent
  /// The tracee has exited or was killed.
  case gone

  init(_ status: Int32) {
    let isStopped = status & 0xFF == 0x7F
    let signal = status >> 8 & 0xFF
    let event = status >> 16
    if !isStopped {
      self = .gone
    } else if signal == SIGTRAP | 0x80 {
      self = .syscallStop
    } else if event == clinux_event_stop {
      self = .eventStop(group: signal != SIGTRAP)
    } else if event != 0 {
      self = .otherEvent
    } else {
      self = .signalDelivery(signal)
    }
  }
}
