import Glibc
import TestSupport

/// The process that is measured, from `Tests/Benchmarks/subject`.
final class Subject {
  private let target: Target

  init(threads: Int = 1) throws {
    target = try Target(Programs.directory + "/subject")
    guard try target.hear() == "ready" else { throw Failure("the subject did not start") }
    if threads > 1 { try order("threads \(threads)") }
  }

  /// Makes child processes until there are so many.
  func fork(_ count: Int) throws {
    // In small steps, because each answer has a deadline.
    for step in stride(from: 500, to: count, by: 500) { try order("processes \(step)") }
    try order("processes \(count)")
  }

  var pid: String { "\(target.pid)" }

  func open(_ numbers: ClosedRange<Int>) throws {
    try order("open \(numbers.lowerBound) \(numbers.upperBound)")
  }

  func connect(_ numbers: ClosedRange<Int>) throws {
    try order("connect \(numbers.lowerBound) \(numbers.upperBound)")
  }

  /// Does some work, and returns the longest pause of the process meanwhile, in seconds.
  func pause(during work: () throws -> Void) throws -> Double {
    try order("watch")
    usleep(20_000)
    try work()
    usleep(20_000)
    let answer = try target.ask("gap")
    guard let gap = answer.split(separator: " ").first.flatMap({ Double($0) }) else { throw Failure(answer) }
    return gap / 1e6
  }

  private func order(_ line: String) throws {
    let answer = try target.ask(line)
    guard answer.hasSuffix("ok") else { throw Failure("\(line): \(answer)") }
  }
}
