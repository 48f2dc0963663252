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
