import Glibc
import Synchronization

/// A real process that a test started, and ends with, whatever happens.
///
/// It is spoken to over its standard input and output, a line at a time.
package final class Target {
  package let pid: pid_t
  private var input: Int32
  private let output: Int32
  private var pending: [UInt8] = []
  private var status: Int32?

  package struct Failure: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) {
      self.description = description
    }
  }

  /// Between the making of a pipe and its being marked, no other test may start a process.
  ///
  /// Who speaks to a target that has died is to hear of it, and not to die of SIGPIPE.
  private static let starting = {
    signal(SIGPIPE, SIG_IGN)
    return Mutex(())
  }()

  /// Starts a program, found on the PATH where its name has no slash.
  ///
  /// - Parameters:
  ///   - environment: `NAME=value` entries to add to the tests' own.
  ///   - joinsErrors: whether standard error goes where standard output does.
  package init(
    _ program: String, _ arguments: [String] = [], environment: [String] = [], joinsErrors: Bool = true
  ) throws {
    let (child, ends) = try Self.starting.withLock { _ in
      try Self.start(program, arguments, environment, joinsErrors)
    }
    (pid, input, output) = (child, ends.input, ends.output)
  }

  private static func start(
    _ program: String, _ arguments: [String], _ environment: [String], _ joinsErrors: Bool
  ) throws -> (pid_t, (input: Int32, output: Int32)) {
    let toChild = try pipe()
    let fromChild = try pipe()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, toChild.read, 0)
    posix_spawn_file_actions_adddup2(&actions, fromChild.write, 1)
    if joinsErrors { posix_spawn_file_actions_adddup2(&actions, fromChild.write, 2) }
    // The threads that tests run in have signals blocked, which a target is not to inherit; nor what is
    // ignored here.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    // Nor what they, or a shell in the background, ignore.
    var ignored = sigset_t()
    sigemptyset(&ignored)
    for signal in [SIGPIPE, SIGINT, SIGQUIT, SIGHUP] { sigaddset(&ignored, signal) }
    posix_spawnattr_setsigdefault(&attributes, &ignored)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    // Whatever the tests themselves were started with is none of the target's.
    for number: Int32 in 3..<256 { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
    var child: pid_t = 0
    let error = withStrings([program] + arguments) { argv in
      withStrings(environment + ownEnvironment) { envp in
        posix_spawnp(&child, program, &actions, &attributes, argv, envp)
      }
    }
    close(toChild.read)
    close(fromChild.write)
    guard error == 0 else {
      close(toChild.write)
      close(fromChild.read)
      throw Failure(description: "\(program): \(String(cString: strerror(error)))")
    }
    return (child, (toChild.write, fromChild.read))
  }

  deinit {
    end()
    endInput()
    close(output)
  }

  /// Kills the process, if it still runs, and waits for it.
  package func end() {
    if status == nil, pid > 0 {
      kill(pid, SIGKILL)
      _ = wait()
    }
  }

  /// Waits for the end of the process, and answers its exit status, or -1 and the signal's number.
  @discardableResult
  package func wait() -> Int32 {
    if let status { return status }
    var raw: Int32 = 0
    while waitpid(pid, &raw, 0) < 0 && errno == EINTR {}
    let code = raw & 0x7F == 0 ? raw >> 8 & 0xFF : -(raw & 0x7F)
    status = code
    return code
  }

  /// Whether the process has not ended.
  package var isRunning: Bool {
    var info = siginfo_t()
    return waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == 0
  }

  /// Sends a line.
  package func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
  }

  /// The next line; throws where none comes in time.
  package func hear(within seconds: Double = 20) throws -> String {
    let deadline = Self.now + seconds
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeFirst(end + 1)
        return line
      }
      guard try readMore(until: deadline) else {
        throw Failure(description: "\(pid) said no line, but '\(String(decoding: pending, as: UTF8.self))'")
      }
    }
  }

  /// The next line that begins so.
  package func hear(beginning prefix: String, within seconds: Double = 20) throws -> String {
    let deadline = Self.now + seconds
    while true {
      let line = try hear(within: max(0, deadline - Self.now))
      if line.hasPrefix(prefix) { return line }
    }
  }

  /// Everything until the end of its output.
  package func rest(within seconds: Double = 60) throws -> String {
    let deadline = Self.now + seconds
    while try readMore(until: deadline) {}
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }

  /// Sends a line and answers the next.
  @discardableResult
  package func ask(_ line: String) throws -> String {
    say(line)
    return try hear()
  }

  /// Sends lines to each of which `ok` is the answer.
  package func order(_ lines: String...) throws {
    for line in lines {
      let answer = try ask(line)
      if answer != "ok" { throw Failure(description: "\(line): \(answer)") }
    }
  }

  /// Ends its standard input.
  package func endInput() {
    if input >= 0 { close(input) }
    input = -1
  }

  /// False at the end of the output; throws at the deadline.
  private func readMore(until deadline: Double) throws -> Bool {
    var entry = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    let left = deadline - Self.now
    guard left > 0, poll(&entry, 1, Int32(left * 1000) + 1) > 0 else {
      throw Failure(description: "\(pid) fell silent after '\(String(decoding: pending, as: UTF8.self))'")
    }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(output, &chunk, chunk.count)
    if count > 0 { pending.append(contentsOf: chunk[..<count]) }
    return count > 0
  }

  private static func pipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { throw Failure(description: "pipe: \(errno)") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func withStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    let pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers)
  }

  private static var ownEnvironment: [String] {
    var entries: [String] = []
    var next = environ
    while let entry = next.pointee {
      entries.append(String(cString: entry))
      next += 1
    }
    return entries
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
