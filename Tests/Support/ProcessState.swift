import Glibc

/// The children of a process, from `/proc/PID/task/TID/children` of each of its threads.
package func childProcesses(of pid: pid_t) -> [pid_t] {
  numbers(in: "/proc/\(pid)/task").flatMap { tid in
    text("/proc/\(pid)/task/\(tid)/children").split(separator: " ").compactMap { pid_t($0) }
  }
}

/// The state letter of a process from `/proc/PID/stat`, or an empty string if there is no such process.
package func processState(_ pid: pid_t) -> String {
  threadState("/proc/\(pid)/stat")
}

/// The state letter of a thread, or an empty string if there is no such thread.
package func threadState(_ tid: String, of pid: pid_t) -> String {
  threadState("/proc/\(pid)/task/\(tid)/stat")
}

/// The number of threads of a process in each state.
package func threadStates(_ pid: pid_t) -> [String: Int] {
  numbers(in: "/proc/\(pid)/task").reduce(into: [:]) { states, tid in
    states[threadState("/proc/\(pid)/task/\(tid)/stat"), default: 0] += 1
  }
}

/// The stopped and traced threads of a process and of all its descendants.
///
/// After a session there are none: the kernel detaches all tracees of a process before waitpid(2) returns for
/// that process.
package func stoppedThreads(of pid: pid_t) -> [pid_t] {
  let own = numbers(in: "/proc/\(pid)/task").filter { tid in
    ["t", "T"].contains(threadState("/proc/\(pid)/task/\(tid)/stat"))
  }
  return own + childProcesses(of: pid).flatMap(stoppedThreads)
}

/// The signals that the main thread of a process has blocked now, with signal 1 in bit 0.
package func blockedSignals(_ pid: pid_t) -> UInt64 {
  signals(pid, "SigBlk:")
}

/// The signals that are pending for a process or for its main thread.
package func pendingSignals(_ pid: pid_t) -> UInt64 {
  signals(pid, "SigPnd:") | signals(pid, "ShdPnd:")
}

/// The ID of the thread that traces the main thread of a process, or 0.
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

/// The entries of a directory that are numbers.
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
