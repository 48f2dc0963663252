import TestSupport
import Testing

/// rangeclose reads only the facts that decide; strace(1) shows which calls it made.
@Suite(.enabled(if: Programs.has("strace"))) struct FrugalityTests {
  private let scratch = Scratch()

  /// Starts a holder with three files, a pipe, an eventfd and a device at 3 to 9, and no socket.
  private func target() throws -> Target {
    let target = try holder("leak 3 9", "pipe 6 7", "eventfd 8")
    for number in 3...5 { try target.order("open \(number) \(scratch("file-\(number)"))") }
    return target
  }

  /// True if the run asked nothing about sockets; every such question uses one of the same calls.
  private func asksAboutNoSocket(_ trace: Trace) -> Bool {
    // The run may make a socket of its own, to see which device sockets lie on.
    ["pidfd_getfd", "getxattr", "getxattrat"].allSatisfy { trace.count($0) == 0 }
      && trace.count("socket", "NETLINK") == 0 && trace.count("openat", "net/") == 0
  }

  @Test(arguments: [
    ["-q", "3-"], ["--cloexec", "3-"], ["-q", "--method=close", "3-"], ["-n", "-q", "3-"],
  ])
  func rangesAloneReadNothing(words: [String]) throws {
    let target = try target()
    let trace = try Trace(target, words).beforeTheStop
    #expect(trace.status == 0)
    // If the run reports nothing about it, rangeclose need not know which descriptors are open.
    #expect((trace.count("getdents64", "/proc/\(target.pid)/fd>") > 0) == (words[0] != "-q"))
    #expect(trace.numbers("statx", of: target).isEmpty && trace.numbers("readlinkat", of: target).isEmpty)
    #expect(trace.files(of: target).isEmpty && asksAboutNoSocket(trace))
  }

  /// The summary reports how much storage was released, which takes the file status.
  ///
  /// No epoll set can watch /dev/null. For a terminal, the search for hazards reads the links of descriptors
  /// whose status is not known, to find the sets. For the master of a terminal, it reads fdinfo, and looks
  /// for another descriptor of the master.
  @Test(arguments: [false, true]) func aSummaryReadsTheStatus(hasTerminal: Bool) throws {
    let target = try holder("leak 3 9")
    if hasTerminal { try target.order("open 9 /dev/ptmx") }
    let trace = try Trace(target, ["3-"]).beforeTheStop
    #expect(trace.numbers("statx", of: target) == Array(hasTerminal ? 0...9 : 3...9))
    #expect(trace.numbers("readlinkat", of: target) == (hasTerminal ? Array(0...2) : []))
    #expect(trace.files(of: target) == (hasTerminal ? ["fdinfo/9"] : []))
    #expect(asksAboutNoSocket(trace))
    #expect(try target.ask("list") == "0-2")
  }

  /// No epoll set can watch a regular file, and no process is at its other end.
  @Test func hazardsOfRegularFilesTakeNoLinks() throws {
    let scratch = Scratch()
    let target = try holder("open 3 \(scratch("file"))")
    let trace = try Trace(target, ["3"]).beforeTheStop
    #expect(trace.numbers("statx", of: target).allSatisfy { $0 == 3 })
    #expect(trace.numbers("readlinkat", of: target).isEmpty && asksAboutNoSocket(trace))
  }

  @Test func deletedReadsTheLinkTextOnlyOfFilesWithoutLinks() throws {
    let target = try target()
    let none = try Trace(target, ["-n", "-q", "deleted"])
    #expect(none.status == 1 && none.numbers("statx", of: target) == Array(0...9))
    #expect(none.numbers("readlinkat", of: target).isEmpty && none.files(of: target).isEmpty)
    #expect(asksAboutNoSocket(none))
    try target.order("unlink \(scratch("file-4"))", "close 8")
    let one = try Trace(target, ["-n", "-q", "deleted"])
    #expect(one.status == 0 && one.numbers("statx", of: target) == [0, 1, 2, 3, 4, 5, 6, 7, 9])
    #expect(one.numbers("readlinkat", of: target) == [4])
    // A range that must hold is evaluated first.
    let range = try Trace(target, ["-n", "-q", "deleted and 3-5"])
    #expect(range.numbers("statx", of: target) == [3, 4, 5])
    let sides = try Trace(target, ["-n", "-q", "--deleted", "3-5", "--except", "4"])
    #expect(sides.status == 1 && sides.numbers("statx", of: target) == [3, 5])
  }

  /// Only processes that run one program since one execve(2) can share a table.
  @Test func tablesOfOtherProgramsAreNotCompared() throws {
    let others = try (0..<4).map { _ in try holder("leak 3 9") }
    let trace = try Trace(target(), and: others, ["-n", "3"])
    #expect(trace.status == 0 && trace.count("kcmp") == 0)
  }

  @Test func aPathNeedsNoStatus() throws {
    let target = try target()
    let trace = try Trace(target, ["-n", "-q", "path:\(scratch("none"))"])
    #expect(trace.numbers("readlinkat", of: target) == Array(0...9))
    #expect(trace.numbers("statx", of: target).isEmpty && trace.files(of: target).isEmpty)
    // Both facts may be needed, but the second is not read if the first decides.
    let both = try Trace(target, ["-n", "-q", "path:\(scratch("none")) and deleted and 3-"])
    #expect(both.numbers("statx", of: target) == Array(3...9))
    #expect(both.numbers("readlinkat", of: target).isEmpty)
  }

  @Test func fdinfoIsReadOnlyForTermsThatNeedIt() throws {
    let target = try target()
    let trace = try Trace(target, ["-n", "-q", "3- and mode:path"])
    #expect(trace.files(of: target) == (3...9).map { "fdinfo/\($0)" })
    #expect(trace.numbers("statx", of: target).isEmpty && trace.numbers("readlinkat", of: target).isEmpty)
    let offsets = try Trace(target, ["-n", "-q", "3-8 and offset>9"])
    #expect(offsets.files(of: target) == ["fdinfo/3", "fdinfo/4", "fdinfo/5"])
    let compared = try Trace(target, ["-n", "-q", "3- and same-as:4,5"])
    #expect(compared.count("kcmp", "KCMP_FILE,") == 14 && compared.files(of: target).isEmpty)
  }

  @Test func socketsAreQueriedOnlyIfThereAreAny() throws {
    let target = try target()
    for selector in ["peer:127.0.0.1", "state:established", "peer:unix:/x", "peer:socket:[7]", "type:tcp"] {
      let trace = try Trace(target, ["-n", "-q", selector])
      #expect(trace.numbers("statx", of: target) == Array(0...9) && asksAboutNoSocket(trace), "\(selector)")
    }
    let port = try target.ask("tcp-bind 10 8")
    try target.order("pair 11 12")
    // The status shows that a file is a socket. The name of its protocol shows that it is a TCP socket.
    let sockets = try Trace(target, ["-n", "-q", "type:sock"])
    #expect(
      sockets.status == 0 && asksAboutNoSocket(sockets) && sockets.numbers("readlinkat", of: target).isEmpty)
    let tcp = try Trace(target, ["-n", "-q", "type:tcp"])
    #expect(tcp.count("getxattr") + tcp.count("getxattrat") == 3 && tcp.count("openat", "net/") == 0)
    #expect(tcp.count("socket", "NETLINK") == 0 && tcp.count("pidfd_getfd") == 0)
    let state = try Trace(target, ["-n", "-q", "10 and state:listen"])
    #expect(state.status == 0 && state.files(of: target).isEmpty && state.count("pidfd_getfd") == 0)
    let peer = try Trace(target, ["-n", "-q", "peer:unix:/x"])
    // The kernel lists most sockets. By then rangeclose does not yet know that a Unix-domain socket is not an
    // Internet socket.
    #expect(peer.count("openat", "net/") == 6 && peer.count("socket", "NETLINK") == 4)
    let inode = try Trace(target, ["-n", "-q", "peer:socket:[7]"])
    #expect(inode.count("socket", "NETLINK") == 1 && inode.count("openat", "net/") == 0, "\(port)")
  }

  /// The table of Unix-domain sockets is as long as the system has sockets.
  ///
  /// The session once read it again for every 512 descriptors, while the process was stopped.
  @Test func theStopReadsTheTableOfSocketsOnce() throws {
    let target = try holder()
    for number in stride(from: 10, to: 1010, by: 2) { try target.order("pair \(number) \(number + 1)") }
    let trace = try Trace(target, ["-q", "--cloexec", "--timeout=60", "type:unix and not peer:socket:[7]"])
    let scan = trace.beforeTheStop.count("socket", "NETLINK")
    #expect(trace.status == 0 && scan == 1 && trace.count("socket", "NETLINK") == 2)
    #expect(try target.ask("cloexec") == "10-1009")
  }

  /// The kernel looks up every number for a listing of a table.
  @Test func aFewNumbersAreLookedUpOneByOne() throws {
    let (target, other) = (try target(), try holder())
    for (words, picked) in [(["3"], "3"), (["4-6,99"], "4 5 6"), (["3,99 and deleted"], "")] {
      let trace = try Trace(target, and: [other], ["-n", "-r", "--no-headings", "-o", "FD"] + words)
      #expect(trace.count("getdents64", "/proc/\(target.pid)/fd>") == 0, "\(words)")
      #expect(trace.output.split(separator: "\n").joined(separator: " ").hasPrefix(picked), "\(trace.output)")
      #expect(trace.status == (picked.isEmpty ? 1 : 0), "\(trace.output)")
    }
    let absent = try Trace(target, ["-n", "-q", "99"])
    #expect(absent.status == 0 && absent.numbers("statx", of: target) == [99])
    let longer = try Trace(target, ["-n", "-q", "3-40"])
    #expect(longer.count("getdents64", "/proc/\(target.pid)/fd>") > 0)
  }

  /// A listing needs no right to stop a process, and so nothing that only a stop needs.
  ///
  /// Without headings it is for a program, and has no hazards.
  @Test func aListingPreparesNoStop() throws {
    let (one, two) = (try target(), try target())
    let trace = try Trace(one, and: [two], ["-n", "--no-headings", "3"])
    #expect(trace.status == 0)
    for call in ["pidfd_open", "waitid", "getdents64"] { #expect(trace.count(call) == 0, "\(call)") }
    #expect(trace.count("openat", "/proc/\(one.pid)>, \"status\"") == 0)
    // One file has the name, the state and the time of the start of a process.
    #expect(trace.count("openat", "\"stat\"") == 2)
  }

  /// Processes in one network namespace have the same tables of sockets.
  @Test func theTablesOfANamespaceServeAllProcesses() throws {
    let targets = try [target(), target(), target()]
    for target in targets {
      _ = try target.ask("listen 10")
      try target.order("pair 11 12")
    }
    let words = ["-n", "-r", "--no-headings", "-o", "PID,FD", "state:listen"]
    let trace = try Trace(targets[0], and: Array(targets[1...]), words)
    #expect(trace.output == targets.map { "\($0.pid) 10\n" }.joined(), "\(trace.output)")
    #expect(trace.count("socket", "NETLINK") == 4, "\(trace.output)")
    let peers = try Trace(targets[0], and: Array(targets[1...]), ["-n", "-q", "peer:socket:[7]"])
    #expect(peers.status == 1 && peers.count("socket", "NETLINK") == 1)
  }

  /// A socket that the table does not have may be younger than the table, or in no table at all.
  @Test func aSocketOutsideOfTheCachedTableIsQueried() throws {
    let (one, two) = (try target(), try target())
    _ = try one.ask("listen 10")
    try two.order("socket 10 2 1")
    let words = ["-n", "-r", "--no-headings", "-o", "PID,FD", "state:close"]
    let trace = try Trace(one, and: [two], words)
    #expect(trace.output == "\(two.pid) 10\n" && trace.count("pidfd_getfd") > 0, "\(trace.output)")
  }

  @Test func tablesAreReadOnce() throws {
    let target = try target()
    let mount = try Trace(target, ["-n", "-q", "mount:/proc or mount:/proc"])
    #expect(mount.count("openat", "mountinfo") == 1 && mount.numbers("statx", of: target) == Array(0...9))
    // The map tells which files of the mount are in use without a descriptor.
    #expect(asksAboutNoSocket(mount) && mount.files(of: target) == ["mountinfo", "maps"])
    // rangeclose reads the status of each descriptor of the other process, and fdinfo of its pipes.
    let owner = try Trace(target, ["-n", "-q", "3-5 and owner:\(target.pid)"])
    #expect(owner.numbers("statx", of: target) == [3, 4, 5])
    #expect(owner.count("statx", "/task/\(target.pid)/fd>") == 10)
    #expect(owner.count("openat", "\"task/\(target.pid)/fdinfo/") == 5)
  }
}
