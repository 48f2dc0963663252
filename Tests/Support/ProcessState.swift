import Glibc

/// The children of a process, by its own `/proc/PID/task/TID/children`.
package func childProcesses(of pid: pid_t) -> [pid_t] {
  numbers(in: "/proc/\(pid)/task").flatMap { tid in
    text("/proc/\(pid)/task/\(tid)/children").split(separator: " ").compactMap { pid_t($0) }
  }
}

/// The state letter of a process, by `/proc/PID/stat`; empty where it is gone.
package func processState(_ pid: pid_t) -> String {
  threadState("/proc/\(pid)/stat")
}

/// The state letter of a thread; empty where it is gone.
package func threadState(_ tid: String, of pid: pid_t) -> String {
  threadState("/proc/\(pid)/task/\(tid)/stat")
}

/// How many threads of a process are in which state.
package func threadStates(_ pid: pid_t) -> [String: Int] {
  numbers(in: "/proc/\(pid)/task").reduce(into: [:]) { states, tid in
    states[threadState("/proc/\(pid)/task/\(tid)/stat"), default: 0] += 1
  }
}

/// The threads of a process and of all that descend from it which are stopped or traced.
///
/// After a session there are none: the kernel lets go of what is traced before its tracer can be waited for.
package func stoppedThreads(of pid: pid_t) -> [pid_t] {
  let own = numbers(in: "/proc/\(pid)/task").filter { tid in
    ["t", "T"].contains(threadState("/proc/\(pid)/task/\(tid)/stat"))
  }
  return own + childProcesses(of: pid).flatMap(stoppedThreads)
}

/// The signals that a process's main thread has blocked now, signal 1 in bit 0.
package func blockedSignals(_ pid: pid_t) -> UInt64 {
  signals(pid, "SigBlk:")
}

/// The signals that wait for a process or its main thread.
package func pendingSignals(_ pid: pid_t) -> UInt64 {
  signals(pid, "SigPnd:") | signals(pid, "ShdPnd:")
}

/// The thread that traces a process's main thread, or 0.
package func tracer(of pid: pid_t) -> pid_t {
  for line in text("/proc/\(pid)/status").split(separator: "\n") where line.hasPrefix("TracerPid:") {
    return line.split(separator: "\t").last.flatMap { pid_t($0) } ?? 0
  }
  return 0
}

private func signals(_ pid: pid_t, _ field: String) -> UInt64 {
  for line in text("/proc/\(pid)/status").split(separator: "\n") where line.hasPrefix(field) {
    return line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
  }
  return 0
}

private func threadState(_ path: String) -> String {
  let stat = text(path)
  guard let close = stat.lastIndex(of: ")") else { return "" }
  return String(stat[stat.index(close, offsetBy: 2)])
}

/// The numbers among a directory's entries.
package func numbers(in path: String) -> [pid_t] {
  guard let directory = opendir(path) else { return [] }
  defer { closedir(directory) }
  var found: [pid_t] = []
  while let entry = readdir(directory) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if let number = pid_t(name) { found.append(number) }
  }
  return found
}

private func text(_ path: String) -> String {
  guard let file = fopen(path, "re") else { return "" }
  defer { fclose(file) }
  var text = [UInt8](repeating: 0, count: 8192)
  let count = fread(&text, 1, text.count, file)
  return String(decoding: text[..<count], as: UTF8.self)
}
