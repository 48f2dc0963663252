import FDCore

/// A member of a JSON object.
struct JSONMember {
  let text: String

  init(_ key: String, _ cell: Cell) {
    text = JSON.members(key, cell)
  }

  /// The ID and the command name of a process.
  static func name(_ process: ProcessName) -> [JSONMember] {
    [
      JSONMember("pid", .number(UInt64(process.pid))),
      JSONMember("command", process.command.map { .name($0) } ?? .unknown),
    ]
  }

  /// - Parameter json: a value that is JSON already.
  init(_ key: String, json: String) {
    text = "\(JSON.string(key)):\(json)"
  }
}
