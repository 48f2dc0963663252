import Glibc

/// Gives a target that has just spoken the time to reach the call that it is to be found in.
func usleepUntilBlocked() {
  usleep(200_000)
}

/// The children of a process, by its own `/proc/PID/task/PID/children`.
func scratchChildren(of pid: pid_t) -> [pid_t] {
  guard let file = fopen("/proc/\(pid)/task/\(pid)/children", "r") else { return [] }
  defer { fclose(file) }
  var text = [UInt8](repeating: 0, count: 4096)
  let count = fread(&text, 1, text.count, file)
  return String(decoding: text[..<count], as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
}
