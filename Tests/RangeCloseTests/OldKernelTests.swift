import Glibc
import TestSupport
import Testing

/// Real work on kernels that lack a call, a request, a flag or a field.
///
/// The fixture `old-kernel` takes these away from rangeclose. `FallbackTests` takes away what the target
/// calls. The manual says in HISTORY what was proven so.
@Suite struct OldKernelTests {
  private let scratch = Scratch()

  /// Without each of these, all of the work below is done.
  private static let optional = [
    "clone3", "openat2", "pidfd_getfd", "STATX_MNT_ID", "RESOLVE_CACHED", "PTRACE_GET_RSEQ_CONFIGURATION",
    "memfd_secret", "size-of-fd-directory", "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG",
    "PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG", "NT_X86_SHSTK", "PIDFD_THREAD", "PROCMAP_QUERY",
    "PTRACE_O_SUSPEND_SECCOMP", "memfd_create", "process_vm_readv", "process_vm_writev",
    "NETLINK_SOCK_DIAG", "SIOCGSKNS",
  ]
  /// Without each of these nothing is done.
  private static let required = [
    "pidfd_open": "pidfd_open(2): Function not implemented (ENOSYS)",
    "PTRACE_GET_SYSCALL_INFO": "ptrace(PTRACE_GET_SYSCALL_INFO): Input/output error (EIO)",
  ]
  /// The target calls these, and rangeclose does not; see `FallbackTests`.
  private static let ofTarget = [
    "close_range", "CLOSE_RANGE_CLOEXEC", "CLOSE_RANGE_EXCEPT", "CLOSE_RANGE_CLOEXEC_ONLY",
  ]
  /// Without all that is newer than each of these versions, all of the work below is done, too.
  private static let versions = ["5.3", "5.6", "5.8", "5.12", "6.1", "6.3", "6.8"]

  private func rangeclose(without feature: String, _ arguments: String...) throws -> Outcome {
    try TestSupport.rangeclose(arguments, after: [Programs.fixture("old-kernel"), feature])
  }

  @Test func eachFeatureOfTheFixtureIsTakenAway() throws {
    let list = try Target(Programs.fixture("old-kernel"), ["list"]).rest().split(separator: "\n")
    let names = list.compactMap { $0.split(separator: " ").first.map(String.init) }
    #expect(Set(names) == Set(Self.optional + Self.required.keys + Self.ofTarget + ["kcmp"]))
  }

  // MARK: - Syscall User Dispatch

  /// The kernel sends the calls of the only thread to the program.
  @Test func dispatchedCallsAreRefused() throws {
    let target = try holder("leak 3 9")
    try #require(target.ask("dispatch") == "ok")
    let run = try rangeclose(without: "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG", "\(target.pid)", "5-")
    #expect(run.status == 3 && run.errors.contains("Syscall User Dispatch"), "\(run)")
    #expect(try target.ask("list") == "0-9")
    #expect(try target.ask("traps") == "0 handled")
  }

  /// Another thread makes the calls.
  @Test func aThreadWithoutDispatchMakesTheCalls() throws {
    let target = try holder("leak 3 9", "threads 2")
    try #require(target.ask("dispatch") == "ok")
    let run = try rangeclose(without: "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG", "\(target.pid)", "5-")
    #expect(run.status == 0, "\(run)")
    #expect(try target.ask("list") == "0-4")
    #expect(try target.ask("traps") == "0 handled")
  }

  // MARK: - The work

  @Test(arguments: optional + versions) func descriptorsArePickedByWhatTheyAre(feature: String) throws {
    let server = try holder()
    let port = try server.ask("listen 10")
    let target = try holder(
      "open 10 \(scratch("gone"))", "open 11 \(scratch("kept"))", "unlink \(scratch("gone"))",
      "tcp 12 \(port) 127.0.0.1", "pair 13 14", "leak 15 19", "memfd 20", "eventfd 21")
    let work = [
      (["--deleted"], "0-2 11-21"), (["--path", scratch("kept")], "0-2 12-21"),
      (["--peer", "127.0.0.1:\(port)"], "0-2 13-21"), (["type:unix"], "0-2 15-21"),
      (["type:eventfd"], "0-2 15-20"), (["-v", "15-16"], "0-2 17-20"),
      (["--method=close", "18"], "0-2 17 19-20"),
    ]
    for (arguments, left) in work {
      let run = try TestSupport.rangeclose(
        ["\(target.pid)"] + arguments, after: [Programs.fixture("old-kernel"), feature])
      #expect(run.status == 0 && run.hints.isEmpty, "\(arguments): \(run)")
      #expect(try target.ask("list") == left, "\(arguments)")
    }
    #expect(try rangeclose(without: feature, "\(target.pid)", "17,20", "--cloexec").status == 0)
    #expect(try target.ask("cloexec") == "17 20")
  }

  @Test(.enabled(if: Programs.isRoot), arguments: optional + versions)
  func aMountIsSetFree(feature: String) throws {
    let mount = try scratch.mountMemory("m", bytes: 1 << 20)
    let target = try holder(
      "open 10 \(mount)/kept", "open 11 \(mount)/gone", "unlink \(mount)/gone", "leak 12 13")
    let run = try rangeclose(without: feature, "\(target.pid)", "mount:\(mount)")
    #expect(run.status == 0 && run.hints.isEmpty, "\(run)")
    #expect(try target.ask("list") == "0-2 12-13")
    #expect(umount2(mount, 0) == 0)
  }

  @Test(arguments: optional + versions) func blockedAndStoppedThreadsAreTreatedAlike(feature: String) throws {
    let readers = try Target(Programs.fixture("hung-readers"))
    try readers.expect("ready")
    #expect(eventually { threadStates(readers.pid) == ["S": 3] })
    let run = try rangeclose(without: feature, "\(readers.pid)", "100-101")
    #expect(run.status == 0 && run.hints.isEmpty, "\(run)")
    #expect(try Set([readers.hear(), readers.hear()]) == ["recv -1 EBADF", "read -1 EBADF"])
    let target = try holder("leak 3 130", "threads 2")
    kill(target.pid, SIGSTOP)
    #expect(eventually { processState(target.pid) == "T" })
    let odd = stride(from: 11, to: 130, by: 2).map(String.init).joined(separator: ",")
    let many = try rangeclose(without: feature, "\(target.pid)", odd)
    #expect(many.status == 0 && many.hints.isEmpty, "\(many)")
    #expect(eventually { processState(target.pid) == "T" })
    kill(target.pid, SIGCONT)
    #expect(try rangeclose(without: feature, "-q", "\(target.pid)", "12-").status == 0)
    #expect(try target.ask("list") == "0-10")
  }

  @Test(arguments: optional + versions) func aSharedTableIsSeparated(feature: String) throws {
    let target = try Target(Programs.fixture("shared-tables"), ["process"])
    _ = try target.hear(beginning: "ready")
    let run = try rangeclose(without: feature, "--unshare", "\(target.pid)", "12-")
    #expect(run.status == 0 && run.hints.isEmpty, "\(run)")
    #expect(try target.ask("own") == "10-11 " && target.ask("other") == "10-19 ")
  }

  // MARK: - What is missed

  @Test(arguments: required.keys.sorted()) func whatIsRequiredIsNamed(feature: String) throws {
    let target = try holder("leak 3 9", "open 10 \(scratch("gone"))", "unlink \(scratch("gone"))")
    for arguments in [["5-8"], ["-q", "5-"], ["--deleted"], ["--cloexec", "5-8"], ["--unshare", "5-8"]] {
      let run = try TestSupport.rangeclose(
        ["\(target.pid)"] + arguments, after: [Programs.fixture("old-kernel"), feature])
      #expect(run.status == 3 && run.output.isEmpty, "\(arguments): \(run)")
      let error = try #require(Self.required[feature])
      #expect(run.errors == "rangeclose: \(target.shown): \(error)\n", "\(arguments): \(run)")
    }
    #expect(try target.ask("list") == "0-10" && target.ask("cloexec") == "")
    #expect(stoppedThreads(of: target.pid).isEmpty)
  }

  /// A name that ends in " (deleted)" is looked up among the names that the kernel has cached.
  @Test(arguments: ["openat2", "RESOLVE_CACHED", "5.3", "5.11"])
  func aNameThatMayBeMarkedIsUnknown(feature: String) throws {
    let target = try holder("open 10 \(scratch("a (deleted)"))", "open 11 \(scratch("b"))")
    let run = try rangeclose(without: feature, "-v", "\(target.pid)", "path:'\(scratch.path)/*'")
    let error = feature == "RESOLVE_CACHED" || feature == "5.11" ? "(EINVAL)" : "(ENOSYS)"
    #expect(run.status == 0 && run.errors.contains("descriptor 10 is not picked"), "\(run)")
    #expect(run.errors.contains("its path") && run.errors.contains(error), "\(run)")
    #expect(try target.ask("list") == "0-2 10")
  }

  /// The queues of a socket are read through a duplicate.
  @Test(arguments: ["pidfd_getfd", "5.5"]) func theQueuesOfSocketsAreUnknown(feature: String) throws {
    let target = try holder("pair 10 11")
    let run = try rangeclose(without: feature, "-v", "\(target.pid)", "recvq<1 and type:unix")
    #expect(run.status == 1 && run.errors.contains("descriptor 10 is not picked"), "\(run)")
    #expect(run.errors.contains("(ENOSYS)"), "\(run)")
    #expect(try target.ask("list") == "0-2 10-11")
  }

  /// Docker's profile refuses kcmp(2), and a kernel can be built without it.
  @Test func aTableThatMayBeSharedIsNotSeparated() throws {
    let target = try holder("leak 3 9", "threads 1")
    let refused = try rangeclose(without: "kcmp", "--unshare", "\(target.pid)", "5-")
    #expect(refused.status == 3 && refused.errors.contains("kcmp(2) is refused"), "\(refused)")
    #expect(try target.ask("list") == "0-9")
    let run = try rangeclose(without: "kcmp", "\(target.pid)", "5-")
    #expect(run.status == 0 && run.errors.contains("kcmp(2) is refused"), "\(run)")
    #expect(try target.ask("list") == "0-4")
  }
}
