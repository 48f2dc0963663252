import Glibc
import TestSupport
import Testing

/// `--explain` prints how a selector is read, and does not touch the process.
@Suite struct ExplainTests {
  private let scratch = Scratch()

  /// Starts a holder with a deleted file, files with unusual names, sockets and an eventfd at 10 and up.
  private func target() throws -> Target {
    try holder(
      "open 10 \(scratch("gone"))", "unlink \(scratch("gone"))", "open 11 \(scratch("a (b) 'c'"))",
      "open 12 \(scratch("back\\slash"))", "open 13 \(scratch("star*"))",
      "unix-listen 14 \(scratch("x:80"))", "unix-connect 15 \(scratch("x:80"))", "eventfd 16",
      "open 17 \(scratch("[x]"))", "fill 17 4096", "open 18 \(scratch("é"))")
  }

  /// The normal form, which `--explain` prints in its first line.
  private func normalForm(_ target: Target, _ words: [String]) throws -> String {
    let run = try rangeclose(["\(target.pid)", "--explain"] + words)
    let line = run.output.prefix { $0 != "\n" }
    #expect(run.status < 2 && line.hasPrefix("selector: "), "\(words) \(run)")
    return String(line.dropFirst("selector: ".count))
  }

  @Test func theNormalFormMeansTheSame() throws {
    let target = try target()
    let texts: [[String]] = [
      ["3-"], ["16,10-12,11,5-6,7"], ["~5-", "~0"], ["deleted"], ["10-", "deleted", "11", "cloexec"],
      ["--path", scratch("a (b) 'c'")], ["path:\(scratch("a\\ \\(b\\)\\ \\'c\\'"))"],
      ["path:'\(scratch.path)/a (b) '**"], ["path:\(scratch("back\\\\slash"))"],
      ["path:\(scratch("star\\*"))"],
      ["path:\(scratch("[x]"))", "path:\(scratch("\\[x\\]"))"], ["path:\(scratch("\\303\\251"))"],
      ["path:**/[!a-z]*,\\e\\377"], ["--path=\(scratch("é"))"], ["peer:unix:\(scratch("x\\:80"))"],
      ["local:127.0.0.1,[::1]:22-25,unix:\(scratch("x:8?"))", "peer:socket:[7]"], ["size>=1K and size<1m"],
      ["type:reg,EPOLL,bpf_map", "--type", "sock"], ["state:LISTEN,CLOSE_WAIT,unconnected"],
      ["not (not deleted or (type:reg and not 11)) or (16 or (17 or 10))"], ["not not not cloexec"],
      ["(10 or 11) and (12 or 11)"], ["10-", "--except", "deleted or type:sock", "--except", "17"],
      ["locked or locked:posix,ofd", "flags:append or mode:w,rw", "11-"], ["mount:/proc", "dev:0:5,8:1"],
      ["same-as:10,11 or inode:7", "owner:\(target.pid),\(getpid()) or 12"], ["offset=0", "links!=1"],
      ["peer:localhost:80", "peer:10.0.0.0/8,:22"],
    ]
    for words in texts {
      let normal = try normalForm(target, words)
      #expect(try normalForm(target, [normal]) == normal, "\(words)")
      let (before, after) = (
        try rangeclose(["-n", "\(target.pid)"] + words), try rangeclose("-n", "\(target.pid)", normal)
      )
      #expect(before.output == after.output && before.status == after.status, "\(words): \(normal)")
    }
  }

  @Test func explainCountsWhatEachPartPicks() throws {
    let target = try target()
    let run = try rangeclose("--explain", "\(target.pid)", "10-", "--except", "deleted or type:sock")
    #expect(
      run.output == """
        selector: 10- and not (deleted or type:sock)
        facts: file status, by statx(2), link text, by readlink(2), fdinfo
        PICKED  UNKNOWN  PART
            12        0  all that is open
             6        0  10- and not (deleted or type:sock)
             9        0    10-
             9        0    not (deleted or type:sock)
             3        0      deleted or type:sock
             1        0        deleted
             2        0        type:sock

        """)
    #expect(run.status == 0 && run.errors.isEmpty)
    let ranges = try rangeclose("--explain", "\(target.pid)", "10-11")
    #expect(ranges.output.contains("\nfacts: none, numbers alone decide\n"), "\(ranges)")
    #expect(try rangeclose("--explain", "-q", "\(target.pid)", "10-11").output.isEmpty)
  }

  @Test(.enabled(if: Programs.isRoot && Programs.has("setpriv")))
  func explainCountsUnknownDescriptors() throws {
    let target = try nobodysHolder(scratch)
    try target.order("pair 10 11", "eventfd 12")
    let program = try scratch.copy(of: Programs.rangeclose, "command")
    let run = try Target(
      "setpriv",
      [
        "--ruid=65533", "--euid=65534", "--regid=65534", "--clear-groups", program, "\(target.pid)",
        "--explain", "10- and not state:listen",
      ])
    let output = try run.rest()
    #expect(output.contains("     1        2  10- and not state:listen\n"), "\(output)")
    #expect(output.contains("     4        2    not state:listen\n"), "\(output)")
    #expect(run.wait() == 0)
  }

  @Test func exitStatuses() throws {
    let target = try target()
    func status(_ words: String...) throws -> Int32 {
      try rangeclose(["--explain"] + words).status
    }
    #expect(try status("\(target.pid)", "deleted") == 0)
    #expect(try status("\(target.pid)", "900") == 0)
    #expect(try status("\(target.pid)", "900 and deleted") == 1)
    #expect(try status("\(target.pid)", "delted") == 2)
    #expect(try status("\(target.pid)", "mount:/proc/self") == 2)
    #expect(try status("\(target.pid)") == 2)
    let gone = try Target("true")
    gone.wait()
    #expect(try status("\(gone.pid)", "3-") == 3)
    #expect(try target.ask("list") == "0-2 10-18")
  }

  @Test(.enabled(if: Programs.has("strace"))) func explainAndDryRunsAttachToNothing() throws {
    let target = try target()
    for words in [["--explain", "deleted"], ["--explain", "-v", "type:sock or 3-"], ["-n", "path:**"]] {
      let trace = try Trace(target, words)
      #expect(trace.status == 0 && trace.count("ptrace") == 0 && trace.count("tgkill") == 0, "\(words)")
      #expect(trace.count("getdents64", "/proc/\(target.pid)/fd>") > 0)
    }
    #expect(tracer(of: target.pid) == 0)
    #expect(try target.ask("list") == "0-2 10-18")
    // A run that closes does show in the trace.
    #expect(try Trace(target, ["-q", "deleted"]).count("ptrace", "PTRACE_SEIZE") == 1)
    #expect(try target.ask("list") == "0-2 11-18")
  }
}
