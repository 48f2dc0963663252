import Glibc
import Synchronization

/// A real process that a test starts, and that ends with the test even if the test fails.
///
/// The test and the process exchange lines over the standard input and output of the process.
package final class Target {
  package let pid: pid_t
  private let program: String
  private var transcript = Transcript()
  private var input: Int32
  private let output: Int32
  private var pending: [UInt8] = []
  private var status: Int32?

  /// The ID and the command name as messages show them; the ID alone if the process has ended.
  package var shown: String {
    guard let file = fopen("/proc/\(pid)/comm", "r") else { return "\(pid)" }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = fread(&buffer, 1, buffer.count, file)
    return count == 0 ? "\(pid)" : "\(pid) (\(String(decoding: buffer[..<(count - 1)], as: UTF8.self)))"
  }

  /// The reason why a target could not be started or did not do what the test expects.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) {
      self.description = description
    }
  }

  /// Keeps other tests from starting a process until the new pipes are marked close-on-exec.
  ///
  /// It also makes the tests ignore SIGPIPE: a write to a target that has exited returns EPIPE then.
  private static let starting = {
    signal(SIGPIPE, SIG_IGN)
    return Mutex(())
  }()

  /// Starts a program, which it looks up in PATH if the name has no slash.
  ///
  /// - Parameters:
  ///   - environment: `NAME=value` entries, in addition to the environment of the tests.
  ///   - joinsErrors: whether the standard error goes to the same pipe as the standard output.
  package init(
    _ program: String, _ arguments: [String] = [], environment: [String] = [], joinsErrors: Bool = true
  ) throws {
    let (child, ends) = try Self.starting.withLock { _ in
      try Self.start(program, arguments, environment, joinsErrors)
    }
    (pid, input, output) = (child, ends.input, ends.output)
    self.program = program.split(separator: "/").last.map(String.init) ?? program
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
    // The threads that run tests block some signals. A target must not inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    // The tests, or a shell that runs them in the background, ignore some signals. A target must not.
    var ignored = sigset_t()
    sigemptyset(&ignored)
    for signal in [SIGPIPE, SIGINT, SIGQUIT, SIGHUP] { sigaddset(&ignored, signal) }
    posix_spawnattr_setsigdefault(&attributes, &ignored)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    // The tests may have inherited descriptors. A target must not inherit them.
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

  /// Kills the process if it still runs, and waits until it has ended.
  package func end() {
    if status == nil, pid > 0 {
      kill(pid, SIGKILL)
      _ = wait()
    }
  }

  /// Waits until the process has ended, and returns its exit status or the negative number of a signal.
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
    transcript.noteSent(line)
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
  }

  /// Returns the next line, or throws if none arrives in time.
  package func hear(within seconds: Double = 20) throws -> String {
    let deadline = Self.now + seconds
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeFirst(end + 1)
        transcript.noteHeard(line)
        return line
      }
      guard try readMore(until: deadline) else { throw failure("its output ended\(remainder)") }
    }
  }

  /// Returns the next line that begins with a prefix, and skips the lines before it.
  package func hear(beginning prefix: String, within seconds: Double = 20) throws -> String {
    let deadline = Self.now + seconds
    while true {
      let line = try hear(within: max(0, deadline - Self.now))
      if line.hasPrefix(prefix) { return line }
    }
  }

  /// Expects that this is the next line.
  ///
  /// The failure reports the line that the target printed instead, and the transcript.
  package func expect(
    _ line: String, within seconds: Double = 20, file: StaticString = #fileID, number: UInt = #line
  ) throws {
    try expect("'\(line)'", seconds, "\(file):\(number)") { $0 == line }
  }

  /// Expects that the next line begins with a prefix.
  ///
  /// The failure reports the line that the target printed instead, and the transcript.
  package func expect(
    beginning prefix: String, within seconds: Double = 20, file: StaticString = #fileID, number: UInt = #line
  ) throws {
    try expect("a line that begins with '\(prefix)'", seconds, "\(file):\(number)") { $0.hasPrefix(prefix) }
  }

  /// Sends a line, and expects this answer.
  package func expect(
    _ answer: String, to line: String, file: StaticString = #fileID, number: UInt = #line
  ) throws {
    say(line)
    try expect(answer, file: file, number: number)
  }

  private func expect(
    _ expected: String, _ seconds: Double, _ place: String, _ holds: (String) -> Bool
  ) throws {
    let heard: String
    do {
      heard = try hear(within: seconds)
    } catch let failure as Failure {
      throw Failure(description: "\(place): expected \(expected), but \(failure)")
    }
    if !holds(heard) { throw failure("\(place): expected \(expected), but heard '\(heard)'") }
  }

  /// Returns everything that it prints until the end of its output.
  package func rest(within seconds: Double = 60) throws -> String {
    let deadline = Self.now + seconds
    while try readMore(until: deadline) {}
    defer { pending = [] }
    transcript.noteHeard(pending)
    return String(decoding: pending, as: UTF8.self)
  }

  /// Sends a line and returns the next line that the target prints.
  @discardableResult
  package func ask(_ line: String) throws -> String {
    say(line)
    return try hear()
  }

  /// Sends lines, and expects the answer `ok` to each of them.
  package func order(_ lines: String...) throws {
    for line in lines {
      let answer = try ask(line)
      if answer != "ok" { throw failure("expected 'ok' to the order '\(line)', but heard '\(answer)'") }
    }
  }

  /// A failure with the transcript in its description.
  private func failure(_ reason: String) -> Failure {
    let title = "\(program), process \(pid), was sent (>) and printed (<)"
    return Failure(description: "\(reason)\n\(title):\n\(transcript.text)")
  }

  /// The text of a line without an end, for a failure.
  private var remainder: String {
    if pending.isEmpty { return "" }
    return " after the text '\(String(decoding: pending.suffix(1000), as: UTF8.self))'"
  }

  /// Ends its standard input.
  package func endInput() {
    if input >= 0 { close(input) }
    input = -1
  }

  /// Reads more output, and returns false at the end of the output or throws at the deadline.
  private func readMore(until deadline: Double) throws -> Bool {
    var entry = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    let left = deadline - Self.now
    guard left > 0, poll(&entry, 1, Int32(left * 1000) + 1) > 0 else {
      throw failure("it printed nothing more in time\(remainder)")
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
