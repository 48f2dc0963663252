extension TargetError {
  /// Explains an error with which the kernel refused a scan or an attach.
  ///
  /// - Parameter thread: the thread that rangeclose tried to attach to; nil for the process itself.
  init(refusedBy error: Errno, call: String, _ process: ProcessDirectory, thread: Int32? = nil) {
    switch error {
    case .noSuchProcess, .noSuchFile:
      self = .exited(process.pid)
    case .accessDenied, .notPermitted:
      // The kernel also returns EPERM if the thread has another tracer.
      let status = try? process.status(ofThread: thread ?? process.pid)
      if let tracer = status?.tracer, tracer != 0, error == .notPermitted {
        self = .alreadyTraced(process.pid, by: .init(tracer, processName(tracer)))
      } else if thread == nil, status?.isAlive != true, (try? process.threads())?.tids.count ?? 0 < 2 {
        // The /proc files of an exited task belong to root, so reading them fails with EACCES.
        self = .exited(process.pid)
      } else {
        self = .notPermitted(process.pid, PermissionProblem(refusing: process, error))
      }
    default:
      self = .system(process.pid, call: call, error)
    }
  }
}
