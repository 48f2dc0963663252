import Glibc
import TestSupport

/// The state of a process that a session must not change, as far as other processes can read it.
struct Snapshot {
  private struct Mapping {
    let name: String
    let start: Int
    let bytes: [UInt8]
  }

  private static let pageSize = 4096
  private let memory: [Mapping]
  private let facts: [(name: String, text: String)]

  /// Takes a snapshot of a process.
  ///
  /// - Parameter kept: the descriptors that must not change.
  init(of pid: pid_t, keeping kept: [Int]) {
    facts = Self.facts(of: pid, kept)
    let maps = Self.text("/proc/\(pid)/maps").split(separator: "\n").map(String.init)
    let file = open("/proc/\(pid)/mem", O_RDONLY | O_CLOEXEC)
    defer { close(file) }
    memory = maps.compactMap { Self.mapping($0, file) }
  }

  /// The number of pages in the snapshot.
  var pages: Int { memory.reduce(0) { $0 + $1.bytes.count / Self.pageSize } }

  /// The differences from an earlier snapshot.
  func differences(from earlier: Snapshot) -> [String] {
    factDifferences(from: earlier) + zip(earlier.memory, memory).flatMap { Self.differences($0, $1) }
  }

  private func factDifferences(from earlier: Snapshot) -> [String] {
    zip(earlier.facts, facts).filter { $0 != $1 }.map { "\($0.name): '\($0.text)' is now '\($1.text)'" }
      + (earlier.facts.count == facts.count ? [] : ["\(facts.count) facts, not \(earlier.facts.count)"])
  }

  /// The pages of a mapping that differ, with the first byte that differs in each.
  private static func differences(_ old: Mapping, _ new: Mapping) -> [String] {
    if old.bytes.count != new.bytes.count { return ["\(old.name): could not be read"] }
    // These are megabytes, and the comparison of arrays takes too long in a debug build.
    if memcmp(old.bytes, new.bytes, new.bytes.count) == 0 { return [] }
    return stride(from: 0, to: old.bytes.count, by: pageSize).compactMap { page in
      let place = (page..<page + pageSize).first { old.bytes[$0] != new.bytes[$0] }
      return place.map { "\(old.name): the byte at \(String(old.start + $0, radix: 16))" }
    }
  }

  /// Reads the mapping of a line of `/proc/PID/maps`, or returns nil if the process itself could not read it.
  private static func mapping(_ line: String, _ file: Int32) -> Mapping? {
    let words = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true).map(String.init)
    let ends = words[0].split(separator: "-").compactMap { Int($0, radix: 16) }
    // Skips vvar, which the kernel writes all the time, and mappings that can only be executed.
    if !words[1].hasPrefix("r") || line.contains("[vvar") || ends.count != 2 { return nil }
    var bytes = [UInt8](repeating: 0, count: ends[1] - ends[0])
    let count = pread(file, &bytes, bytes.count, off_t(ends[0]))
    bytes.removeLast(bytes.count - max(count, 0))
    return Mapping(name: line, start: ends[0], bytes: bytes)
  }

  private static func facts(of pid: pid_t, _ kept: [Int]) -> [(name: String, text: String)] {
    var facts = [
      ("maps", text("/proc/\(pid)/maps")), ("timer slack", text("/proc/\(pid)/timerslack_ns")),
      ("dirty pages of code", dirtyCode(of: pid)),
    ]
    for number in kept { facts.append(("descriptor \(number)", text("/proc/\(pid)/fdinfo/\(number)"))) }
    for tid in numbers(in: "/proc/\(pid)/task").sorted() {
      facts.append(("status of \(tid)", status("/proc/\(pid)/task/\(tid)/status")))
      facts.append(("call of \(tid)", text("/proc/\(pid)/task/\(tid)/syscall")))
    }
    return facts
  }

  private static let statusFields = [
    "State", "TracerPid", "Threads", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt", "CapEff",
    "NoNewPrivs", "Seccomp", "Seccomp_filters", "Cpus_allowed",
  ]

  private static func status(_ path: String) -> String {
    let lines = text(path).split(separator: "\n").filter { line in
      statusFields.contains(String(line.prefix { $0 != ":" }))
    }
    return lines.joined(separator: "; ")
  }

  /// The dirty pages of private mappings of code, from `/proc/PID/smaps`.
  private static func dirtyCode(of pid: pid_t) -> String {
    var isCode = false
    var found: [Substring] = []
    for line in text("/proc/\(pid)/smaps").split(separator: "\n") {
      let words = line.split(separator: " ", omittingEmptySubsequences: true)
      if !words[0].hasSuffix(":") {
        isCode = words[1].contains("x") && line.contains("/")
        if isCode { found.append(line) }
      } else if isCode && words[0] == "Private_Dirty:" {
        found.append(line)
      }
    }
    return found.joined(separator: "; ")
  }

  private static func text(_ path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    if file < 0 { return "none" }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 17)
    var length = 0
    while length < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        buffer.baseAddress.map { read(file, $0 + length, buffer.count - length) } ?? 0
      }
      if count <= 0 { break }
      length += count
    }
    return String(decoding: bytes[..<length], as: UTF8.self)
  }
}
