import Glibc
import TestSupport

/// Gives a target that has just spoken the time to reach the call that it is to be found in.
func sleepUntilBlocked() {
  usleep(200_000)
}

/// The children of a process, by its own `/proc/PID/task/PID/children`.
func childProcesses(of pid: pid_t) -> [pid_t] {
  guard let file = fopen("/proc/\(pid)/task/\(pid)/children", "r") else { return [] }
  defer { fclose(file) }
  var text = [UInt8](repeating: 0, count: 4096)
  let count = fread(&text, 1, text.count, file)
  return String(decoding: text[..<count], as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
}

/// The state letter of a process, by `/proc/PID/stat`; empty where it is gone.
func processState(_ pid: pid_t) -> String {
  threadState("/proc/\(pid)/stat")
}

/// How many threads of a process are in which state.
func threadStates(_ pid: pid_t) -> [String: Int] {
  var states: [String: Int] = [:]
  guard let directory = opendir("/proc/\(pid)/task") else { return states }
  defer { closedir(directory) }
  while let entry = readdir(directory) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if Int(name) != nil { states[threadState("/proc/\(pid)/task/\(name)/stat"), default: 0] += 1 }
  }
  return states
}

private func threadState(_ path: String) -> String {
  guard let file = fopen(path, "r") else { return "" }
  defer { fclose(file) }
  var text = [UInt8](repeating: 0, count: 1024)
  let count = fread(&text, 1, text.count, file)
  let stat = String(decoding: text[..<count], as: UTF8.self)
  guard let close = stat.lastIndex(of: ")") else { return "" }
  return String(stat[stat.index(close, offsetBy: 2)])
}

/// A holder that has done what it was told, each of which it answers with `ok`.
func holder(_ orders: String...) throws -> Target {
  let target = try Target(Programs.fixture("holder"))
  guard try target.hear() == "ready" else { throw Target.Failure(description: "the holder did not start") }
  for order in orders { try target.order(order) }
  return target
}

/// A holder that runs without any rights, as `rangeclose(_:asNobody:)` does.
func nobodysHolder(_ scratch: Scratch) throws -> Target {
  let holder = try scratch.copy(of: Programs.fixture("holder"), "holder")
  let target = try Target(asNobodyPrefix[0], asNobodyPrefix.dropFirst() + [holder])
  guard try target.hear() == "ready" else { throw Target.Failure(description: "the holder did not start") }
  return target
}
