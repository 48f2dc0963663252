/// The ID and the command name of a process or thread, for a message.
package struct ProcessName: Equatable, Sendable {
  /// The ID of the process or thread.
  package let pid: Int32
  /// The command name, as in `/proc/PID/status`; nil if it could not be read.
  package let command: ByteString?

  /// Creates a name from an ID and a command name.
  package init(_ pid: Int32, _ command: ByteString?) {
    self.pid = pid
    self.command = command
  }
}

extension ProcessName: CustomStringConvertible {
  /// The ID and the command name, such as `4242 (gdb)`.
  package var description: String {
    command.map { "\(pid) (\($0))" } ?? "\(pid)"
  }
}

/// The processes that could not be read: their number, and the first of them by name.
package struct UnreadProcesses: Hashable, Sendable {
  /// The number of processes.
  package private(set) var count = 0
  private var names: [String] = []

  /// Creates an empty set.
  package init() {}

  /// Adds a process.
  package mutating func add(_ pid: Int32) {
    count += 1
    let most = 3
    if names.count < most { names.append(ProcessName(pid, processName(pid)).description) }
  }

  /// Counts something that has no name.
  mutating func addUnnamed() { count += 1 }
}

extension UnreadProcesses: CustomStringConvertible {
  /// The number and the first names, such as `1 process (4242 (gdb))`, or the number alone.
  package var description: String {
    let number = "\(count) \(count == 1 ? "process" : "processes")"
    if names.isEmpty { return number }
    let more = count - names.count
    return "\(number) (\(names.joined(separator: ", "))\(more > 0 ? " and \(more) more" : ""))"
  }
}
