import Glibc
import TestSupport
import Testing

/// A fact that cannot be read selects nothing, under `not` neither, and `-v` says which one it is.
@Suite(.enabled(if: Programs.isRoot && Programs.has("setpriv"))) struct UnknownTests {
  private let scratch = Scratch()

  /// What is picked, and what is said of the facts that were not read, without what is the same in each line.
  private func look(
    _ command: [String] = [], _ target: Target, _ selectors: String...
  ) throws -> (picked: String, said: [String]) {
    let program = command.isEmpty ? Programs.rangeclose : try scratch.copy(of: Programs.rangeclose, "command")
    let script = "exec \"$@\" 2>\"$ERRORS\""
    let errors = scratch.write("stderr")
    chmod(errors, 0o666)
    let run = try Target(
      "sh", ["-c", script, "sh"] + command + [program, "-n", "-v", "\(target.pid)"] + selectors,
      environment: ["ERRORS=\(errors)"])
    let picked = pickedNumbers(try run.rest())
    let middle = " is not picked, for this could not be read: "
    let said = scratch.read("stderr").split(separator: "\n").map(String.init).filter { $0.contains(middle) }
    let begin = "rangeclose: \(target.pid): descriptor "
    return (picked, said.map { $0.replacing(begin, with: "").replacing(middle, with: " ") })
  }

  // MARK: - Rights

  /// Root made the network that nobody's process lives in: nobody may not enter it to ask.
  @Test(.enabled(if: Programs.has("unshare"))) func unixSocketsOfAnotherNetwork() throws {
    let holder = try scratch.copy(of: Programs.fixture("holder"), "holder")
    let target = try Target("unshare", ["-n"] + asNobodyPrefix + [holder])
    try target.expect("ready")
    try target.order("pair 10 11", "unix-listen 12 @x", "unix-connect 13 @x", "eventfd 14", "memfd 15")
    let why = "its other end: Operation not permitted (EPERM)"
    let owner = try look(asNobodyPrefix, target, "10- and not owner:\(target.pid)")
    #expect(owner.picked == "14 15", "\(owner)")
    #expect(owner.said == (10...13).map { "\($0) \(why)" }, "\(owner)")
    let isOwner = try look(asNobodyPrefix, target, "10-", "owner:\(target.pid)")
    #expect(isOwner.picked.isEmpty && isOwner.said == owner.said, "\(isOwner)")
    let inode = try look(asNobodyPrefix, target, "10- and not peer:socket:[1]")
    let remote = "its remote end: Operation not permitted (EPERM)"
    #expect(inode.picked == "14 15" && inode.said == (10...13).map { "\($0) \(remote)" }, "\(inode)")
    let mount = try look(asNobodyPrefix, target, "10- and not mount:/proc")
    let place = "the file system it lies on: Operation not permitted (EPERM)"
    #expect(mount.picked == "14 15" && mount.said == (10...13).map { "\($0) \(place)" }, "\(mount)")
    // Their names they tell themselves.
    #expect(try look(asNobodyPrefix, target, "peer:unix:@x") == ("13", []))
    // And root may enter.
    #expect(try look([], target, "12-", "owner:\(target.pid)").said.isEmpty)
    #expect(
      try rangeclose(["-q", "\(target.pid)", "10- and not owner:\(target.pid)"], asNobody: true).status == 0)
    #expect(try target.ask("list") == "0-2 10-13")
  }

  /// The process has gone to another network; what it made before is in no table there.
  @Test(.enabled(if: Programs.has("ip"))) func unixSocketsOfANetworkThatWasLeft() throws {
    let target = try holder("pair 10 11", "namespace", "pair 12 13")
    let why = "its other end: No such file or directory (ENOENT)"
    let owner = try look([], target, "10-", "owner:\(target.pid)")
    #expect(owner.picked == "12 13" && owner.said == ["10 \(why)", "11 \(why)"], "\(owner)")
    #expect(try look([], target, "10- and not owner:1") == ("12 13", owner.said))
    #expect(try rangeclose("-q", "\(target.pid)", "10- and not owner:1").status == 0)
    #expect(try target.ask("list") == "0-2 10-11")
  }

  /// With another real user ID than the process has: its files may be seen, it may not be attached to.
  @Test func whatTakesTheRightToAttach() throws {
    let target = try nobodysHolder(scratch)
    try target.order("pair 10 11", "eventfd 12", "open 13 /dev/null", "dup 13 14")
    let port = try target.ask("listen 15")
    try target.order("tcp 16 \(port) ::1", "socket 17 2 1")
    let other = ["setpriv", "--ruid=65533", "--euid=65534", "--regid=65534", "--clear-groups"]
    let same = try look(other, target, "10- and not same-as:13")
    let why = "its open file description: Operation not permitted (EPERM)"
    #expect(same.picked.isEmpty && same.said == (10...17).map { "\($0) \(why)" }, "\(same)")
    #expect(try look(other, target, "same-as:13 or 12-14").picked == "12 13 14")
    #expect(try look(other, target, "12-14 and same-as:13 and type:unix") == ("", []))
    // TCP that is connected, or listens, is in a table that anybody may read; the others would be asked.
    let state = try look(other, target, "10- and not state:listen")
    let asked = "its state: Operation not permitted (EPERM)"
    #expect(state.picked == "12 13 14 16" && state.said == [10, 11, 17].map { "\($0) \(asked)" }, "\(state)")
    let peer = try look(other, target, "10- and not peer:127.0.0.1")
    let end = "its remote end: Operation not permitted (EPERM)"
    #expect(peer.picked == "12 13 14 15 16" && peer.said == [10, 11, 17].map { "\($0) \(end)" }, "\(peer)")
    // Once it is known to be of the Unix domain, it has no such end.
    #expect(try look(other, target, "10- and type:unix and not peer:127.0.0.1") == ("10 11", []))
    // Nothing of this is in the way of him whose process it is.
    #expect(try look(asNobodyPrefix, target, "same-as:13") == ("13 14", []))
  }

  /// A file system that is its user's alone: not even root gets to see the status of what lies on it.
  @Test(.enabled(if: access("/dev/fuse", R_OK) == 0)) func filesThatAreOneUsersAlone() throws {
    mkdir(scratch("fuse"), 0o755)
    let server = try Target(Programs.fixture("fuse-server"), [scratch("fuse"), "0", "private"])
    // It unmounts at the end of its input.
    defer {
      server.endInput()
      server.wait()
    }
    try server.expect("ready")
    let target = try nobodysHolder(scratch)
    try target.order("flags 10 2 \(scratch("fuse/file"))", "memfd 11", "read 12 /dev/null", "pair 13 14")
    let link = "10 its link count: Permission denied (EACCES)"
    #expect(try look([], target, "10-", "deleted") == ("", [link]))
    #expect(try look([], target, "10- and not deleted") == ("11 12 13 14", [link]))
    #expect(try look([], target, "10- and (deleted or 10-11)") == ("10 11", []))
    #expect(try look([], target, "10- and not deleted and 11-") == ("11 12 13 14", []))
    let type = "10 its type: Permission denied (EACCES)"
    #expect(try look([], target, "10- and not type:sock") == ("11 12", [type]))
    #expect(
      try look([], target, "10- and not size<1") == ("12 13 14", ["10 its size: Permission denied (EACCES)"]))
    // Two facts of one descriptor.
    let both = "10 its inode number: Permission denied (EACCES); its device: Permission denied (EACCES)"
    #expect(try look([], target, "10", "inode:1", "dev:1:1").said == [both])
    // What can be read decides all the same.
    #expect(try look([], target, "10- and mode:rw and path:\(scratch("fuse"))/**") == ("10", []))
    let listing = try rangeclose("-n", "\(target.pid)", "10")
    #expect(
      listing.output.contains("10  ?     rw       ?  ?           \(scratch("fuse/file"))\n"), "\(listing)")
    // Told with -v only, and picked by the number alone.
    #expect(try rangeclose("-n", "\(target.pid)", "10", "deleted").errors.contains("no descriptor matches"))
    #expect(try rangeclose("-q", "\(target.pid)", "10- and not deleted").status == 0)
    #expect(try target.ask("list") == "0-2 10")
    // By what can be read it is also known again while the process stands still.
    #expect(try rangeclose("-q", "\(target.pid)", "mode:rw and path:\(scratch("fuse"))/**").status == 0)
    #expect(try target.ask("list") == "0-2")
  }

  // MARK: - Kernels

  /// What kernels of old and other file systems would say is put into the mouth of this one.
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
  func kernelsThatDoNotTell(
    fault: String, selector: String, picked: String, unknown: String, fact: String, error: String
  ) throws {
    let target = try holder("pair 10 11", "open 12 \(scratch("file"))")
    let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=\(fault)"]
    let look = try look(strace, target, selector)
    #expect(look.picked == picked, "\(look)")
    let lines = unknown.split(separator: " ").map { "\($0) \(fact)" }
    #expect(look.said.count == lines.count, "\(look)")
    for (line, expected) in zip(look.said, lines) {
      #expect(line.hasPrefix(expected) && line.hasSuffix("(\(error))"), "\(line)")
    }
    #expect(try target.ask("list") == "0-2 10-12")
  }

  /// sock_diag(7) gives an answer that is none; there may be no other to wait for.
  @Test(
    .enabled(if: Programs.has("strace")),
    arguments: ["ffffffff", "00000000", "10000000", "13000000", "14000000", "31000000"])
  func anAnswerThatIsGarbled(beginning: String) throws {
    let target = try holder("pair 10 11")
    func reads(_ options: String...) throws -> [String] {
      let run = try Target(
        "strace",
        ["-y", "-x", "-e", "trace=read", "-o", scratch("trace")] + options
          + [Programs.rangeclose, "-n", "-v", "\(target.pid)", "10", "peer:socket:[1]"])
      _ = scratch.write("said", try run.rest())
      return scratch.read("trace").split(separator: "\n").map(String.init)
    }
    let number = try #require(try reads().firstIndex { $0.contains("<socket:[") })
    let garbled = try reads("-e", "inject=read:poke_exit=@arg2=\(beginning):when=\(number + 1)")
    #expect(garbled.count { $0.contains("<socket:[") } == 1)
    let said = scratch.read("said")
    #expect(said.contains("10 is not picked, for this could not be read: its remote end: "), "\(said)")
    #expect(said.contains("(EINVAL)"), "\(said)")
  }
}
