import Glibc
import TestSupport
import Testing

/// Changes during a run over several processes.
///
/// One process holds the run up: its only thread waits for a file server, so it does not stop.
@Suite(.enabled(if: Programs.isRoot && access("/dev/fuse", R_OK | W_OK) == 0)) struct HeldUpRunTests {
  private let server: SlowServer

  init() throws { server = try SlowServer() }

  /// Starts the process that holds a run up.
  ///
  /// The server must end before it, because it waits for the server.
  private func slowTarget() throws -> Target {
    let slow = try Target(Programs.fixture("uninterruptible-sleep"), ["alone", server.slowFile])
    try expectHeld()
    return slow
  }

  private func expectHeld() throws {
    guard try server.hear() == "held" else { throw Target.Failure(description: "the process does not wait") }
  }

  /// Starts the command, and returns once it waits for this process to stop.
  private func start(_ words: String..., waitingFor slow: pid_t) throws -> Target {
    let command = try Target(Programs.rangeclose, ["--timeout=50"] + words)
    guard eventually({ tracer(of: slow) != 0 }) else {
      throw Target.Failure(description: "the run did not come to the process")
    }
    return command
  }

  @Test(.timeLimit(.minutes(5))) func aProcessMayExitWhileTheRunIsAtOthers() throws {
    let slow = try slowTarget()
    defer { server.end(); slow.end() }
    let (gone, last) = (try holder("leak 50 59"), try holder("leak 50 59"))
    let command = try start(list(slow, gone, last), "50-", waitingFor: slow.pid)
    gone.end()
    server.say("answer")
    let output = try command.rest()
    #expect(command.wait() == 64, "\(output)")
    #expect(output.contains("rangeclose: \(gone.pid): no such process"), "\(output)")
    #expect(output.contains("\(slow.shown): closed 1 descriptor"), "\(output)")
    #expect(output.contains("\(last.shown): closed 10 descriptors"), "\(output)")
    #expect(try last.ask("list") == "0-2")
  }

  /// The timeout holds for each process, and a process that does not stop does not keep the next one.
  @Test(.timeLimit(.minutes(5))) func aProcessThatDoesNotStopIsPassed() throws {
    let slow = try slowTarget()
    defer { server.end(); slow.end() }
    let next = try holder("leak 50 59")
    let run = try rangeclose("--timeout=0.5", list(slow, next), "50-")
    #expect(run.status == 64, "\(run)")
    #expect(run.errors.hasPrefix("rangeclose: \(slow.shown): "), "\(run.errors)")
    #expect(
      run.output
        == "\(next.shown): closed 10 descriptors\n"
        + "total: closed 10 descriptors in 1 process\n", "\(run)")
    #expect(try next.ask("list") == "0-2")
    #expect(tracer(of: slow.pid) == 0)
  }

  /// The progress gives way to rows on the same terminal.
  @Test(.timeLimit(.minutes(5)), .enabled(if: Programs.has("python3"))) func aLongRunShowsItsProgress() throws
  {
    let slow = try slowTarget()
    defer { server.end(); slow.end() }
    let (one, two) = (try holder("leak 50 59"), try holder("leak 50 59"))
    let run = try startOnTerminal([Programs.rangeclose, "--timeout=1.5", list(slow, one, two), "50-"])
    let output = try run.rest()
    #expect(run.wait() == 64, "\(output)")
    let (shown, cleared) = ("\r1 of 3 processes\u{1B}[K", "\r\u{1B}[K")
    #expect(output.contains("\(shown)\(cleared)\(one.shown): closed 10 descriptors"), "\(output)")
  }

  /// The kernel takes more than a second for one of the descriptors.
  @Test(.enabled(if: Programs.has("python3") && Programs.has("strace")))
  func aLongScanShowsItsProgress() throws {
    let target = try holder("leak 3 2102")
    let slow = ["-e", "trace=readlinkat", "-e", "inject=readlinkat:delay_enter=1100000:when=1100"]
    let run = try startOnTerminal(
      ["strace", "-o", "/dev/null"] + slow + [Programs.rangeclose, "-n", "\(target.pid)", "path:/nowhere/*"])
    let output = try run.rest()
    #expect(run.wait() == 1, "\(output)")
    #expect(output.contains("\r2048 of 2103 descriptors\u{1B}[K\r\u{1B}[K"), "\(output)")
  }

  /// Starts a command on a terminal of its own.
  private func startOnTerminal(_ command: [String]) throws -> Target {
    let script = """
      import os, pty, sys
      status = pty.spawn(sys.argv[1:], lambda fd: os.read(fd, 65536))
      sys.exit(os.waitstatus_to_exitcode(status))
      """
    return try Target("python3", ["-c", script] + command)
  }

  // MARK: - Signals

  /// A signal ends the run after the process that it is at; the rest stays as it was.
  @Test(.timeLimit(.minutes(5)), arguments: [SIGINT, SIGTERM, SIGHUP])
  func aSignalEndsTheRunBetweenTwoProcesses(signal: Int32) throws {
    let slow = try slowTarget()
    defer { server.end(); slow.end() }
    let (first, third, fourth) = (
      try holder("leak 50 59"), try holder("leak 50 59"), try holder("leak 50 59")
    )
    let command = try start(list(first, slow, third, fourth), "50-", waitingFor: slow.pid)
    kill(command.pid, signal)
    let output = try command.rest()
    #expect(command.wait() == 64, "\(output)")
    #expect(output.contains("\(first.shown): closed 10 descriptors"), "\(output)")
    #expect(output.contains("rangeclose: interrupted; 2 processes were not looked at\n"), "\(output)")
    #expect(try first.ask("list") == "0-2")
    #expect(try third.ask("list") == "0-2 50-59" && fourth.ask("list") == "0-2 50-59")
    #expect(tracer(of: slow.pid) == 0)
  }

  /// The status is the same if the run was at its first process.
  @Test(.timeLimit(.minutes(5))) func aSignalAtTheFirstProcessEndsTheRun() throws {
    let slow = try slowTarget()
    defer { server.end(); slow.end() }
    let next = try holder("leak 50 59")
    let command = try start(list(slow, next), "50-", waitingFor: slow.pid)
    kill(command.pid, SIGINT)
    let output = try command.rest()
    #expect(command.wait() == 64, "\(output)")
    #expect(output.contains("interrupted; 1 process was not looked at\n"), "\(output)")
    #expect(try next.ask("list") == "0-2 50-59")
  }

  /// A signal that is ignored, as under nohup(1), does not end the run.
  @Test(.timeLimit(.minutes(5))) func anIgnoredSignalDoesNotEndTheRun() throws {
    let slow = try slowTarget()
    defer { server.end(); slow.end() }
    let next = try holder("leak 50 59")
    let command = try Target(
      "sh",
      [
        "-c", "trap '' HUP; exec \"$@\"", "sh", Programs.rangeclose, "--timeout=50", list(slow, next), "50-",
      ])
    #expect(eventually { tracer(of: slow.pid) != 0 })
    kill(command.pid, SIGHUP)
    usleep(100_000)
    #expect(command.isRunning)
    server.say("answer")
    #expect(try command.rest().contains("\(next.shown): closed 10 descriptors"))
    #expect(command.wait() == 0)
  }

  // MARK: - Descendants

  /// A process forks while the run is at another descendant.
  ///
  /// The new child has a descriptor that its parent never had.
  @Test(.timeLimit(.minutes(5)), .enabled(if: Programs.has("python3")))
  func aChildThatIsForkedDuringTheRunIsFound() throws {
    let scratch = Scratch()
    let program = Programs.fixture("uninterruptible-sleep")
    let tree = try Target("python3", ["-c", Self.tree, program, server.slowFile])
    defer { server.end(); tree.end() }
    let child = try #require(pid_t(try tree.hear()))
    try expectHeld()
    let command = try start("--descendants", "\(tree.pid)", "50", waitingFor: child)
    let path = scratch("new")
    let new = try tree.ask(path)
    server.say("answer")
    let output = try command.rest()
    #expect(command.wait() == 0, "\(output)")
    let lines = output.split(separator: "\n").filter { $0.hasSuffix("): closed 1 descriptor") }
    #expect(lines.contains { $0.hasPrefix("\(child) (") }, "\(output)")
    #expect(lines.contains { $0.hasPrefix("\(new) (") }, "\(output)")
    #expect(try tree.ask("?") == "closed")
  }

  /// Starts a program, and prints its ID.
  ///
  /// For a line with a path it forks a child that opens the path at 50, and prints the ID of the child. For
  /// "?" it prints whether that child still has it open.
  private static let tree = """
    import ctypes, os, signal, subprocess, sys
    def die(): ctypes.CDLL(None).prctl(1, 9)
    child = subprocess.Popen([sys.argv[1], "alone", sys.argv[2]], stdin=subprocess.PIPE,
      stdout=subprocess.DEVNULL, preexec_fn=die)
    print(child.pid, flush=True)
    new = 0
    for line in sys.stdin:
      if line == "?\\n":
        print("open" if os.path.lexists(f"/proc/{new}/fd/50") else "closed", flush=True)
        continue
      ready = os.pipe()
      new = os.fork()
      if new == 0:
        die()
        os.dup2(os.open(line.strip(), os.O_CREAT | os.O_RDWR), 50)
        os.write(ready[1], b"x")
        while True: signal.pause()
      os.read(ready[0], 1)
      print(new, flush=True)
    """
}
