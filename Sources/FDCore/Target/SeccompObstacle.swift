import CLinux

/// Why rangeclose cannot suspend the seccomp filters of a target.
///
/// See PTRACE_O_SUSPEND_SECCOMP in `ptrace(2)`, and `check_ptrace_options` in `kernel/ptrace.c`.
package enum SeccompObstacle: Sendable {
  /// rangeclose lacks CAP_SYS_ADMIN.
  case missingCapability
  /// rangeclose has CAP_SYS_ADMIN, but not in the initial user namespace.
  case innerUserNamespace
  /// rangeclose itself has a seccomp filter.
  case filteredOurselves

  /// The obstacle for this process of rangeclose; nil if it can suspend filters.
  static var ours: SeccompObstacle? {
    guard let status = try? ProcessDirectory.ownStatus() else { return nil }
    let sysAdmin = 21  // CAP_SYS_ADMIN, include/uapi/linux/capability.h
    if status.effectiveCapabilities >> sysAdmin & 1 == 0 { return .missingCapability }
    // The capability must belong to the initial user namespace. Its inode number is PROC_USER_INIT_INO,
    // include/linux/proc_ns.h.
    if let namespace = try? ProcessDirectory(getpid()).linkTarget(of: "ns/user"),
      namespace != "user:[4026531837]"
    {
      return .innerUserNamespace
    }
    return status.seccomp == .disabled ? nil : .filteredOurselves
  }
}

extension SeccompObstacle: CustomStringConvertible {
  /// The reason, in the words that follow `cannot be suspended` in a message.
  package var description: String {
    switch self {
    case .missingCapability: "without CAP_SYS_ADMIN"
    case .innerUserNamespace: "from within a user namespace, whose CAP_SYS_ADMIN is not enough"
    case .filteredOurselves: "because rangeclose itself has a filter"
    }
  }
}
