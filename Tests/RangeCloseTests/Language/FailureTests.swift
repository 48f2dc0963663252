import Glibc
import TestSupport
import Testing

/// Every system call of a scan fails once.
///
/// A failed call of rangeclose proves nothing about the target. It may turn facts into unknown. It never
/// makes a term or its negation pick more.
@Suite(.enabled(if: Programs.isRoot && Programs.has("strace"))) struct FailureTests {
  private let scratch = Scratch()

  /// The number of descriptors for which each part of the selector holds, from a run of `--explain`.
  private func picks(_ output: String) -> [String: Int] {
    var picks: [String: Int] = [:]
    for line in output.split(separator: "\n") {
      let columns = line.split(separator: " ", maxSplits: 2)
      guard columns.count == 3, let picked = Int(columns[0]), Int(columns[1]) != nil else { continue }
      picks[columns[2].drop { $0 == " " }.description] = picked
    }
    return picks
  }

  /// A holder of every sort of descriptor that rangeclose recognizes by a call of its own.
  private func target() throws -> Target {
    mkfifo(scratch("fifo"), 0o600)
    _ = try scratch.mountQueues("queues")
    let queue = scratch.write("queues/queue")
    let named = scratch.write("named (deleted)")
    let target = try holder(
      "open 10 \(scratch("kept"))", "open 11 \(scratch("gone"))", "unlink \(scratch("gone"))", "memfd 12",
      "read 13 /proc/self/ns/net", "read 14 /proc/self/ns/uts", "eventfd 15", "pipe 16 17", "pair 18 19",
      "flags 20 2 \(scratch("fifo"))", "unix-listen 21 \(scratch("x"))", "unix-connect 22 \(scratch("x"))",
      "accept 21 23", "unix-bind 24 \(scratch("y"))", "flags 25 10000000 \(scratch("y"))",
      "unlink \(scratch("y"))", "udp 26 53 127.0.0.1", "socket 27 2 1", "socket 28 2 2", "socket 29 16 3")
    let port = try target.ask("tcp-bind 30 8")
    try target.order("tcp 31 \(port) 127.0.0.1", "accept 30 32", "pair 33 34", "close 34")
    try target.order("flags 35 0 \(queue)", "flags 36 0 \(named)")
    return target
  }

  /// The calls of the scan, which begins with the directory of a process, by name and place in the run.
  ///
  /// Memory and threads are the run time's own, and their failure ends the process.
  private func calls(_ target: Target, _ selector: String) throws -> [(name: String, numbers: [Int])] {
    let trace = try Trace(target, ["--explain", selector])
    #expect(trace.status == 0)
    // The names of the selector are looked up first: `owner:` reads other processes.
    let start = try #require(
      trace.calls.firstIndex { call in
        guard let path = call.firstRange(of: "\"/proc/") else { return false }
        return call[path.upperBound].isNumber
      })
    let excluded = [
      "mmap", "munmap", "mprotect", "brk", "mremap", "madvise", "futex", "exit_group", "exit", "close",
    ]
    var counts: [String: Int] = [:]
    var numbers: [String: [Int]] = [:]
    for (index, call) in trace.calls.enumerated() {
      let name = String(call.prefix { $0 != "(" })
      guard name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }), !excluded.contains(name) else {
        continue
      }
      counts[name, default: 0] += 1
      if index >= start { numbers[name, default: []].append(counts[name] ?? 0) }
    }
    return numbers.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
  }

  @Test(arguments: ["ENOSYS", "ENOENT"]) func aFailedCallNeverPicksMore(error: String) throws {
    let target = try target()
    let child = try target.ask("fork 17 18")
    let terms = [
      "deleted", "type:reg", "type:ns", "type:memfd", "type:sock", "type:unix", "type:tcp", "type:udp",
      "type:anon", "owner:\(child)", "owner:\(target.pid)", "state:established", "state:closed",
      "state:listen", "state:hung-up", "recvq<1", "sendq<1", "idle<1d", "peer:127.0.0.1", "peer:*", "local:*",
      "peer:unix:**", "local:unix:**",
      "peer:socket:[1]", "links=0", "size<1", "offset<1", "mode:rw", "flags:append", "locked",
      "same-as:10", "inode:1", "mount:/proc", "path:\(scratch.path)/**",
      "path:\(scratch.path)/named",
    ]
    let selector = terms.map { "\($0) or not \($0)" }.joined(separator: " or ")
    let before = picks(try rangeclose("--explain", "\(target.pid)", selector).output)
    #expect(before.count > 2 * terms.count)
    for (name, numbers) in try calls(target, selector) {
      // openat2(2) looks up the names of files. ENOENT is then no failure: it says that there is no such
      // file.
      if name == "openat2", error == "ENOENT" { continue }
      for number in numbers {
        let fault = "\(name):error=\(error):when=\(number)"
        let trace = try Trace(target, ["--explain", selector], injecting: fault)
        #expect((0...4).contains(trace.status), "\(fault): \(trace.status)")
        for (part, picked) in picks(trace.output) where picked > before[part] ?? 0 {
          Issue.record("\(fault): \(part) picks \(picked), and \(before[part] ?? -1) without the failure")
        }
      }
    }
    #expect(try target.ask("list") == "0-2 10-33 35-36")
  }
}
