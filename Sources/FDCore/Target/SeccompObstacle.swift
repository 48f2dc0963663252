import CLinux

/// Why seccomp filters of a target cannot be suspended by us; see PTRACE_O_SUSPEND_SECCOMP in `ptrace(2)`,
/// and `check_ptrace_options` in `kernel/ptrace.c`.
package enum SeccompObstacle: Sendable {
  case missingCapability
  case innerUserNamespace
  case filteredOurselves

  /// What stands against this process; nil where nothing does.
  static var ours: SeccompObstacle? {
    guard let status = ProcessDirectory.ownStatus else { return nil }
    let sysAdmin = 21  // CAP_SYS_ADMIN, include/uapi/linux/capability.h
    if status.effectiveCapabilities >> sysAdmin & 1 == 0 { return .missingCapability }
    // The capability must be the initial namespace's, which has PROC_USER_INIT_INO, include/linux/proc_ns.h.
    if let namespace = try? ProcessDirectory(getpid()).linkTarget(of: "ns/user"),
      namespace != "user:[4026531837]"
    {
      return .innerUserNamespace
    }
    return status.seccomp == .disabled ? nil : .filteredOurselves
  }
}

extension SeccompObstacle: CustomStringConvertible {
  /// The reason, as it follows `cannot be suspended`.
  package var description: String {
    switch self {
    case .missingCapability: "without CAP_SYS_ADMIN"
    case .innerUserNamespace: "from within a user namespace, whose CAP_SYS_ADMIN is not enough"
    case .filteredOurselves: "because rangeclose itself has a filter"
    }
  }
}
