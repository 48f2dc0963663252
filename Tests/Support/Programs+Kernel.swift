extension Programs {
  /// Whether the kernel shows the setting of Syscall User Dispatch to a tracer, as Linux 6.4 and newer do.
  ///
  /// The fixture `holder` asks the kernel. Throws if it does not start. See `ptrace(2)`,
  /// PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG.
  package static func kernelShowsDispatch() throws -> Bool {
    let holder = try Target(fixture("holder"))
    try holder.expect("ready")
    return try holder.ask("readable-dispatch") == "ok"
  }
}
