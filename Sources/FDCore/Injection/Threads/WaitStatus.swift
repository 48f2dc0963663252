import CLinux

/// What `waitpid(2)` reported of a tracee; see `ptrace(2)`, "Stopped states".
enum WaitStatus: Equatable {
  /// At the entry to or the exit from a system call.
  case syscallStop
  /// Before a signal is delivered. rangeclose has to hand it back.
  case signalDelivery(Int32)
  /// PTRACE_EVENT_STOP: the stop that PTRACE_INTERRUPT asked for, or the thread's part in a group-stop.
  case eventStop(group: Bool)
  /// Another PTRACE_EVENT. rangeclose asks for none.
  case otherEvent
  /// Exited or killed.
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
