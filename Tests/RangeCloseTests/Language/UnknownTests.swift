import Glibc
import TestSupport
import Testing

/// A fact that cannot be read selects nothing, not even under `not`, and `-v` names the fact.
@Suite(.enabled(if: Programs.isRoot && Programs.has("setpriv"))) struct UnknownTests {
  private let scratch = Scratch()

  /// The picked numbers, and what `-v` reports about facts that were not read.
  ///
  /// The notes leave out the text that is the same in each line.
  private func scan(
    _ command: [String] = [], _ target: Target, _ selectors: String...
  ) throws -> (picked: String, notes: [String]) {
    let program = command.isEmpty ? Programs.rangeclose : try scratch.copy(of: Programs.rangeclose, "command")
    let script = "exec \"$@\" 2>\"$ERRORS\""
    let errors = scratch.write("stderr")
    chmod(errors, 0o666)
    let run = try Target(
      "sh", ["-c", script, "sh"] + command + [program, "-n", "-v", "\(target.pid)"] + selectors,
      environment: ["ERRORS=\(errors)"])
    let picked = pickedNumbers(try run.rest())
    let middle = " is not picked, because rangeclose could not read "
    let notes = scratch.read("stderr").split(separator: "\n").map(String.init).filter { $0.contains(middle) }
    let begin = "rangeclose: \(target.shown): descriptor "
    return (picked, notes.map { $0.replacing(begin, with: "").replacing(middle, with: " ") })
  }

  // MARK: - Rights

  /// Root made the network namespace in which an unprivileged process runs.
  ///
  /// The user of that process may not enter the namespace to ask.
  @Test(.enabled(if: Programs.has("unshare"))) func unixPeersInAnotherNetworkAreUnknown() throws {
    let holder = try scratch.copy(of: Programs.fixture("holder"), "holder")
    let target = try Target("unshare", ["-n"] + asNobodyPrefix + [holder])
    try target.expect("ready")
    try target.order("pair 10 11", "unix-listen 12 @x", "unix-connect 13 @x", "eventfd 14", "memfd 15")
    let why = "its other end: Operation not permitted (EPERM)"
    let owner = try scan(asNobodyPrefix, target, "10- and not owner:\(target.pid)")
    #expect(owner.picked == "14 15", "\(owner)")
    #expect(owner.notes == (10...13).map { "\($0) \(why)" }, "\(owner)")
    let isOwner = try scan(asNobodyPrefix, target, "10-", "owner:\(target.pid)")
    #expect(isOwner.picked.isEmpty && isOwner.notes == owner.notes, "\(isOwner)")
    let inode = try scan(asNobodyPrefix, target, "10- and not peer:socket:[1]")
    let remote = "its remote end: Operation not permitted (EPERM)"
    #expect(inode.picked == "14 15" && inode.notes == (10...13).map { "\($0) \(remote)" }, "\(inode)")
    let mount = try scan(asNobodyPrefix, target, "10- and not mount:/proc")
    let place = "the mount it lies on: Operation not permitted (EPERM)"
    #expect(mount.picked == "14 15" && mount.notes == (10...13).map { "\($0) \(place)" }, "\(mount)")
    // The sockets report their names themselves.
    #expect(try scan(asNobodyPrefix, target, "peer:unix:@x") == ("13", []))
    // Root may enter the namespace.
    #expect(try scan([], target, "12-", "owner:\(target.pid)").notes.isEmpty)
    #expect(
      try rangeclose(["-q", "\(target.pid)", "10- and not owner:\(target.pid)"], asNobody: true).status == 0)
    #expect(try target.ask("list") == "0-2 10-13")
  }

  /// The process has gone to another network namespace.
  ///
  /// No table there lists the sockets that it made before. Without the right to ask for their namespace, they
  /// are unknown.
  @Test(.enabled(if: Programs.has("ip", "strace"))) func unixPeersInANetworkThatWasLeftAreUnknown() throws {
    let target = try holder("pair 10 11", "namespace", "pair 12 13")
    let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=ioctl:error=EPERM"]
    let why = "its other end: No such file or directory (ENOENT)"
    let owner = try scan(strace, target, "10-", "owner:\(target.pid)")
    #expect(owner.picked == "12 13" && owner.notes == ["10 \(why)", "11 \(why)"], "\(owner)")
    let other = try holder("eventfd 10")
    #expect(try scan(strace, target, "10- and not owner:\(other.pid)") == ("12 13", owner.notes))
    // With the right, the sockets are looked up in their own namespace.
    #expect(try scan([], target, "10-", "owner:\(target.pid)") == ("10 11 12 13", []))
    #expect(try scan([], target, "10- and not owner:\(other.pid)") == ("10 11 12 13", []))
    #expect(try rangeclose("-q", "\(target.pid)", "10,12", "owner:\(target.pid)").status == 0)
    #expect(try target.ask("list") == "0-2 11 13")
  }

  /// rangeclose runs with another real user ID than the process.
  ///
  /// It may see the files of the process, but not attach to it.
  @Test func factsThatNeedTheRightToAttachAreUnknown() throws {
    let target = try nobodysHolder(scratch)
    try target.order("pair 10 11", "eventfd 12", "open 13 /dev/null", "dup 13 14")
    let port = try target.ask("listen 15")
    try target.order("tcp 16 \(port) ::1", "socket 17 2 1")
    let other = ["setpriv", "--ruid=65533", "--euid=65534", "--regid=65534", "--clear-groups"]
    let same = try scan(other, target, "10- and not same-as:13")
    let why = "its open file description: Operation not permitted (EPERM)"
    #expect(same.picked.isEmpty && same.notes == (10...17).map { "\($0) \(why)" }, "\(same)")
    #expect(try scan(other, target, "same-as:13 or 12-14").picked == "12 13 14")
    #expect(try scan(other, target, "12-14 and same-as:13 and type:unix") == ("", []))
    // A table that any user may read lists connected and listening TCP sockets. The other sockets would have
    // to be asked.
    let state = try scan(other, target, "10- and not state:listen")
    let asked = "its state: Operation not permitted (EPERM)"
    #expect(state.picked == "12 13 14 16", "\(state)")
    #expect(state.notes == [10, 11, 17].map { "\($0) \(asked)" }, "\(state)")
    let peer = try scan(other, target, "10- and not peer:127.0.0.1")
    let end = "its remote end: Operation not permitted (EPERM)"
    #expect(peer.picked == "12 13 14 15 16" && peer.notes == [10, 11, 17].map { "\($0) \(end)" }, "\(peer)")
    // A socket that is known to be a Unix-domain socket has no such end.
    #expect(try scan(other, target, "10- and type:unix and not peer:127.0.0.1") == ("10 11", []))
    // Nothing of this limits the user who owns the process.
    #expect(try scan(asNobodyPrefix, target, "same-as:13") == ("13 14", []))
  }

  /// A file system is private to its user.
  ///
  /// Not even root may see the status of its files.
  @Test(.enabled(if: access("/dev/fuse", R_OK) == 0))
  func filesOnAPrivateFileSystemHaveUnknownStatus() throws {
    mkdir(scratch("fuse"), 0o755)
    let server = try Target(Programs.fixture("fuse-server"), [scratch("fuse"), "0", "private"])
    // The server unmounts at the end of its input.
    defer {
      server.endInput()
      server.wait()
    }
    try server.expect("ready")
    let target = try nobodysHolder(scratch)
    try target.order("flags 10 2 \(scratch("fuse/file"))", "memfd 11", "read 12 /dev/null", "pair 13 14")
    let link = "10 its link count: Permission denied (EACCES)"
    #expect(try scan([], target, "10-", "deleted") == ("", [link]))
    #expect(try scan([], target, "10- and not deleted") == ("11 12 13 14", [link]))
    #expect(try scan([], target, "10- and (deleted or 10-11)") == ("10 11", []))
    #expect(try scan([], target, "10- and not deleted and 11-") == ("11 12 13 14", []))
    let type = "10 its type: Permission denied (EACCES)"
    #expect(try scan([], target, "10- and not type:sock") == ("11 12", [type]))
    #expect(
      try scan([], target, "10- and not size<1") == ("12 13 14", ["10 its size: Permission denied (EACCES)"]))
    // The line names two facts of one descriptor.
    let both = "10 its inode number: Permission denied (EACCES); its device: Permission denied (EACCES)"
    #expect(try scan([], target, "10", "inode:1", "dev:1:1").notes == [both])
    // Facts that can be read still decide.
    #expect(try scan([], target, "10- and mode:rw and path:\(scratch("fuse"))/**") == ("10", []))
    let listing = try rangeclose("-n", "-r", "--no-headings", "\(target.pid)", "10")
    #expect(listing.output == "10 ? rw ? ? picked \(scratch("fuse/file"))\n", "\(listing)")
    // Only -v prints the warning. The number alone still picks the descriptor.
    #expect(try rangeclose("-n", "\(target.pid)", "10", "deleted").errors.contains("no descriptor matches"))
    #expect(try rangeclose("-q", "\(target.pid)", "10- and not deleted").status == 0)
    #expect(try target.ask("list") == "0-2 10")
    // The session recognises the descriptor by the readable facts again while the process is stopped.
    #expect(try rangeclose("-q", "\(target.pid)", "mode:rw and path:\(scratch("fuse"))/**").status == 0)
    #expect(try target.ask("list") == "0-2")
  }

  // MARK: - Other kernels and file systems

  /// strace(1) injects the errors that old kernels and other file systems would return.
  @Test(
    .enabled(if: Programs.has("strace")),
    arguments: [
      ("pidfd_getfd:error=ENOSYS", "10- and not peer:unix:x", "12", "10 11", "its remote end: ", "ENOSYS"),
      ("pidfd_getfd:error=ENOSYS", "10- and not local:unix:x", "12", "10 11", "its own end: ", "ENOSYS"),
      ("kcmp:error=ENOSYS", "10- and not same-as:1", "", "10 11 12", "its open file description: ", "ENOSYS"),
      ("statx:error=ESTALE", "10- and not links=7", "", "10 11 12", "its link count: ", "ESTALE"),
      (
        "readlinkat:error=ENAMETOOLONG", "10- and not path:/x", "", "10 11 12", "its path: ",
        "ENAMETOOLONG"
      ),
      ("getxattr:error=ENODATA", "10- and not type:tcp", "12", "10 11", "its type: ", "ENODATA"),
      ("write:error=EPERM:when=1", "10- and not owner:1", "12", "10 11", "its other end: ", "EPERM"),
    ])
  func factsThatTheKernelRefusesAreUnknown(
    fault: String, selector: String, picked: String, unknown: String, fact: String, error: String
  ) throws {
    let target = try holder("pair 10 11", "open 12 \(scratch("file"))")
    let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=\(fault)"]
    let result = try scan(strace, target, selector)
    #expect(result.picked == picked, "\(result)")
    let lines = unknown.split(separator: " ").map { "\($0) \(fact)" }
    #expect(result.notes.count == lines.count, "\(result)")
    for (line, expected) in zip(result.notes, lines) {
      #expect(line.hasPrefix(expected) && line.hasSuffix("(\(error))"), "\(line)")
    }
    #expect(try target.ask("list") == "0-2 10-12")
  }

  /// Older kernels cannot look a name up without asking a file server, and a server may have to confirm it.
  @Test(.enabled(if: Programs.has("strace")), arguments: ["ENOSYS", "EINVAL", "EAGAIN"])
  func namesThatAreNotInTheCacheAreUnknown(error: String) throws {
    let target = try holder(
      "open 10 \(scratch("x (deleted)"))", "open 11 \(scratch("y"))", "open 12 \(scratch("z"))",
      "unlink \(scratch("z"))")
    let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=openat2:error=\(error)"]
    let result = try scan(strace, target, "10- and not path:/x")
    #expect(result.picked == "11 12" && result.notes.count == 1, "\(result)")
    #expect(result.notes.first?.hasPrefix("10 its path: ") == true, "\(result)")
    #expect(try scan([], target, "10- and not path:/x").picked == "10 11 12")
  }

  /// The answer of sock_diag(7) is malformed.
  ///
  /// rangeclose does not wait for another answer, because there may be none.
  @Test(
    .enabled(if: Programs.has("strace")),
    arguments: ["ffffffff", "00000000", "10000000", "13000000", "14000000", "31000000"])
  func aMalformedAnswerMakesTheFactUnknown(beginning: String) throws {
    let target = try holder("pair 10 11")
    func reads(_ options: String...) throws -> [String] {
      let run = try Target(
        "strace",
        ["-y", "-x", "-e", "trace=read", "-o", scratch("trace")] + options
          + [Programs.rangeclose, "-n", "-v", "\(target.pid)", "10", "peer:socket:[1]"])
      _ = scratch.write("output", try run.rest())
      return scratch.read("trace").split(separator: "\n").map(String.init)
    }
    let number = try #require(try reads().firstIndex { $0.contains("<socket:[") })
    let garbled = try reads("-e", "inject=read:poke_exit=@arg2=\(beginning):when=\(number + 1)")
    #expect(garbled.count { $0.contains("<socket:[") } == 1)
    let output = scratch.read("output")
    #expect(
      output.contains("10 is not picked, because rangeclose could not read its remote end: "), "\(output)")
    #expect(output.contains("(EINVAL)"), "\(output)")
  }
}
