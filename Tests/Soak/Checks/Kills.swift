import Glibc
import TestSupport

extension SoakCheck {
  /// A target goes on as if there had been no session, at whatever moment a signal kills the command.
  ///
  /// Half of the moments are anywhere in the run of the command, and half are within its session.
  static let kills = SoakCheck(
    "kills", counting: "commands killed at a random moment, aimed at workers in turn", short: 180
  ) { count in
    try kill(count, VictimKind.all, by: [SIGKILL])
  }

  /// The same for 32-bit programs alone, of which `kills` has too few to find a rare fault.
  static let i386 = SoakCheck(
    "i386", counting: "commands killed at a random moment, aimed at 32-bit programs in turn", short: 22
  ) { count in
    guard try Programs.hasI386() else { return SoakResult() }
    return try kill(count, VictimKind.i386, by: [SIGKILL])
  }

  /// A command that a signal asks to end finishes what it has begun, or begins nothing.
  static let ends = SoakCheck(
    "ends", counting: "commands that get SIGINT, SIGTERM, SIGHUP, SIGQUIT or SIGPIPE at a random moment",
    short: 60
  ) { count in
    try kill(count, VictimKind.all, by: [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE])
  }

  /// Kills so many commands, with these kinds of targets in turn.
  static func kill(_ count: Int, _ kinds: [VictimKind], by signals: [Int32]) throws -> SoakResult {
    var result = SoakResult()
    for (index, kind) in kinds.enumerated() {
      let share = count / kinds.count + (index < count % kinds.count ? 1 : 0)
      if share > 0 {
        var killing = try Killing(kind, signals)
        try killing.kill(share, &result)
      }
    }
    return result
  }
}

/// A series of commands that are killed while they work on a target.
private struct Killing {
  private let kind: VictimKind
  private let signals: [Int32]
  private var victim: any Victim
  /// The seconds of a whole command.
  private var whole = 0.0
  /// The seconds of the part in which a command is attached.
  private var session = 0.0
  private var harmed = 0
  /// The EINTR of epoll_wait(2) in the last report of this target.
  private var seen = 0
  /// The EINTR of epoll_wait(2) in all targets.
  private var interrupted = 0
  /// The kills before the command had done anything.
  private var before = 0
  /// The kills while the target was traced or half of the work was done.
  private var during = 0
  /// The kills after the command had done everything.
  private var after = 0

  init(_ kind: VictimKind, _ signals: [Int32]) throws {
    self.kind = kind
    self.signals = signals
    victim = try kind.start()
    for _ in 0..<2 { try measure() }
  }

  /// Kills so many commands, and gives up after 25 harmed targets.
  mutating func kill(_ count: Int, _ result: inout SoakResult) throws {
    var killed = 0
    while killed < count, harmed < 25 {
      let signal = signals[killed % signals.count]
      let (wasTraced, end) = try killOne(by: signal, isAimed: killed / signals.count % 2 == 1)
      result.expect([0, -signal].contains(end), "\(kind.name), signal \(signal): ended with \(end)")
      killed += 1
      do {
        let (done, interrupted) = try victim.examine("kill \(killed)")
        note(interrupted - seen, done, &result)
        result.expect(
          signal == SIGKILL || done != .some, "\(kind.name), signal \(signal): ended in the midst of it")
        seen = interrupted
        if wasTraced || done == .some { during += 1 } else if done == .all { after += 1 } else { before += 1 }
      } catch {
        if wasTraced { during += 1 } else { before += 1 }
        harmed += 1
        result.expect(false, "\(kind.name), kill \(killed): \(victim.target.fate): \(error)")
        victim = try kind.start()
        seen = 0
      }
    }
    result.note("\(kind.name): killed", killed)
    result.note("\(kind.name): before the session", before)
    result.note("\(kind.name): during the session", during)
    result.note("\(kind.name): after the session", after)
    if interrupted > 0 { result.note("\(kind.name): EINTR of epoll_wait(2)", interrupted) }
    if harmed > 0 { result.note("\(kind.name): harmed", harmed) }
  }

  /// Notes EINTR of epoll_wait(2), which the kernel returns after a stop.
  ///
  /// It is no fault if SIGKILL ended the command before the command could correct that. It is a fault if the
  /// command had closed anything.
  private mutating func note(_ times: Int, _ done: Done, _ result: inout SoakResult) {
    interrupted += times
    result.expect(
      times == 0 || done == .none && signals == [SIGKILL], "\(kind.name): EINTR of epoll_wait(2)")
  }

  /// Runs a command until it ends, and measures it.
  private mutating func measure() throws {
    let command = try start()
    let begun = seconds()
    while !isTraced(victim.target.pid), command.isRunning {}
    let attached = seconds()
    command.wait()
    whole = max(whole, seconds() - begun)
    // If the session was over before this process saw it, a guess is enough.
    session = max(session, seconds() - attached, whole / 20)
    _ = try victim.examine("whole")
  }

  private func start() throws -> Target {
    // The runtime of Swift handles SIGQUIT, and prints a backtrace.
    try Target(
      Programs.rangeclose, ["-q", "\(victim.target.pid)"] + kind.selectors,
      environment: ["SWIFT_BACKTRACE=enable=no"])
  }

  /// Kills a command, and returns whether the target was traced just before, and how the command ended.
  private func killOne(by signal: Int32, isAimed: Bool) throws -> (wasTraced: Bool, end: Int32) {
    let command = try start()
    var begun = seconds()
    if isAimed {
      let deadline = begun + 2 * whole
      while !isTraced(victim.target.pid), command.isRunning, seconds() < deadline {}
      begun = seconds()
    }
    let moment = begun + Double.random(in: 0...1.3 * (isAimed ? session : whole))
    while seconds() < moment {}
    let wasTraced = isTraced(victim.target.pid)
    if command.isRunning { Glibc.kill(command.pid, signal) }
    if !eventually({ !command.isRunning }) { command.end() }
    return (wasTraced, command.wait())
  }
}

/// How much a killed command had done.
enum Done {
  case none, some, all
}

/// A target whose commands are killed.
protocol Victim {
  var target: Target { get }
  /// Returns what was closed, and how often epoll_wait(2) has returned EINTR so far. Throws a fault.
  func examine(_ question: String) throws -> (Done, interrupted: Int)
}

extension Worker: Victim {
  func examine(_ question: String) throws -> (Done, interrupted: Int) {
    let answer = try ask(question, within: 5)
    if let complaint = answer.complaint { throw Target.Failure(description: complaint) }
    // Asks a second time. The target has made another round by then.
    let second = try ask("again", within: 5)
    if let complaint = second.complaint { throw Target.Failure(description: complaint) }
    if isTraced(target.pid) { throw Target.Failure(description: "still traced") }
    return (answer.open == kept ? .all : answer.open == leaks ? .none : .some, second.interrupted)
  }
}

/// A worker whose descriptors get another file, and all stay open.
///
/// A killed command leaves at most one more descriptor.
/// With `--method=close`, it may leave one number closed.
final class ReplacedWorker: Victim {
  let worker: Worker
  private let closesFirst: Bool
  private var kills = 0

  var target: Target { worker.target }

  init(_ fixture: String, last: Int, _ arguments: [String], closesFirst: Bool = false) throws {
    self.closesFirst = closesFirst
    worker = try Worker(fixture, last: last, arguments)
  }

  func examine(_ question: String) throws -> (Done, interrupted: Int) {
    kills += 1
    var open = 0
    while access("/proc/\(target.pid)/fd/\(worker.last + 1 + open)", F_OK) == 0 { open += 1 }
    if open > kills {
      throw Target.Failure(description: "\(open) more descriptors are open after \(kills) kills")
    }
    let answer = try worker.ask(question, within: 5)
    let second = try worker.ask("again", within: 5)
    if let complaint = answer.complaint ?? second.complaint {
      throw Target.Failure(description: complaint)
    }
    if isTraced(target.pid) { throw Target.Failure(description: "still traced") }
    if answer.open < worker.leaks - (closesFirst ? 1 : 0) {
      throw Target.Failure(description: "\(answer.open) of \(worker.leaks) numbers stayed open")
    }
    return (.none, second.interrupted)
  }
}

/// A Redis server, which counts for a client.
final class Redis: Victim {
  let target: Target
  private let scratch = Scratch()
  private let connection: Int32
  private var counted = 0

  init() throws {
    let path = scratch("redis.sock")
    target = try Target(
      "redis-server", ["--port", "0", "--unixsocket", path, "--save", "", "--dir", scratch.path])
    connection = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
    var timeout = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let isConnected = eventually {
      withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(connection, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
        }
      }
    }
    guard isConnected else { throw Target.Failure(description: "redis-server did not start") }
  }

  deinit {
    close(connection)
  }

  func examine(_ question: String) throws -> (Done, interrupted: Int) {
    for _ in 0..<3 {
      counted += 1
      try ask("INCR n", for: ":\(counted)")
      try ask("PING \"\(question)\"", for: "$\(question.utf8.count)\r\n\(question)")
    }
    if isTraced(target.pid) { throw Target.Failure(description: "still traced") }
    return (.none, 0)
  }

  private func ask(_ line: String, for wanted: String) throws {
    let bytes = Array((line + "\r\n").utf8)
    let sent = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    var answer = [UInt8](repeating: 0, count: 4096)
    let count = sent == bytes.count ? recv(connection, &answer, answer.count, 0) : -1
    let text = String(decoding: answer[..<max(count, 0)], as: UTF8.self)
    guard text == wanted + "\r\n" else {
      throw Target.Failure(description: "\(line): '\(text)'")
    }
  }
}

extension Target {
  /// The signal that ended the process, or its state.
  fileprivate var fate: String {
    // A process that crashed may not have exited yet.
    if eventually(within: 0.5, { !isRunning }) { return "ended with \(wait())" }
    return procLine("State:", of: pid) ?? "gone"
  }
}

private func isTraced(_ pid: pid_t) -> Bool {
  guard let line = procLine("TracerPid:", of: pid) else { return false }
  return line != "0"
}

/// The value of a line of `/proc/PID/status`.
private func procLine(_ name: String, of pid: pid_t) -> String? {
  let descriptor = open("/proc/\(pid)/status", O_RDONLY | O_CLOEXEC)
  if descriptor < 0 { return nil }
  defer { close(descriptor) }
  var text = [CChar](repeating: 0, count: 4096)
  guard read(descriptor, &text, text.count - 1) > 0, let found = strstr(text, name) else { return nil }
  let start = found + name.utf8.count
  let length = strcspn(start, "\n")
  let value = UnsafeBufferPointer(start: start, count: length).map { UInt8(bitPattern: $0) }
  return String(decoding: value.drop { $0 == UInt8(ascii: "\t") }, as: UTF8.self)
}

private func seconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
