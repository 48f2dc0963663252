/// Compares one descriptor table with the tables of the leaders of all processes.
///
/// Most tables are different, and rangeclose asks nothing else about their processes. If there are many
/// processes, two threads read `/proc`. The listing and `kcmp(2)` take longer than everything else.
final class ProcessScan {
  private let table: TableIdentity
  /// The processes that matter even if their leader has another table.
  private let relatives: Set<Int32>?
  private let own = Findings()
  private let beside = Findings()

  /// The processes that one thread found, or the error that ended its reads.
  private final class Findings {
    var found: [Int32] = []
    var error: Errno?
  }

  /// With fewer processes than this a second thread costs more than it saves.
  private static let many = 600
  /// The size of the first read, in bytes, which has room for `many` processes.
  ///
  /// An entry takes 32 bytes, or 24 if the process ID has up to four digits. About 60 other entries of
  /// `/proc` come first.
  private static let firstRead = 32 * (many + 128)
  /// The size of the second read in one thread, in bytes: in most cases, nothing is left.
  private static let secondRead = 1 << 12
  /// The size of each later read in one thread, in bytes.
  private static let laterRead = 1 << 15
  /// The size of each read in two threads, in bytes.
  ///
  /// A read may exceed the part of its thread, so it is small.
  private static let sharedRead = 1 << 10
  /// The size of a read that finds out whether a part has any process, in bytes.
  private static let probe = 1 << 6

  private init(_ table: TableIdentity, _ relatives: Set<Int32>?) {
    (self.table, self.relatives) = (table, relatives)
  }

  /// The processes whose leader has the table, those that cannot be compared, and the relatives, ascending.
  ///
  /// Throws if `/proc` cannot be read.
  static func run(_ table: TableIdentity, relatives: Set<Int32>?) throws(Errno) -> [Int32] {
    let scan = ProcessScan(table, relatives)
    let processes = try open()
    let first = try processes.nextNumericEntries(atMost: firstRead) ?? []
    scan.own.found = scan.candidates(among: first)
    if first.count >= many, TwoThreads.areFaster {
      try scan.runTwice(processes)
    } else {
      try scan.run(processes)
    }
    if let error = scan.own.error ?? scan.beside.error { throw error }
    return (scan.own.found + scan.beside.found).sorted()
  }

  private static func open() throws(Errno) -> OwnedDescriptor { try .open("/proc", as: .directory) }

  private func candidates(among numbers: [UInt32]) -> [Int32] {
    numbers.compactMap { number in
      let pid = Int32(truncatingIfNeeded: number)
      let isRelative = relatives?.contains(pid) ?? true
      return isRelative || table.compare(with: pid) != .different ? pid : nil
    }
  }

  private func run(_ processes: borrowing OwnedDescriptor) throws(Errno) {
    var size = Self.secondRead
    while let numbers = try processes.nextNumericEntries(atMost: size) {
      own.found += candidates(among: numbers)
      size = Self.laterRead
    }
  }

  // MARK: - Two threads

  /// Scans the rest of `/proc` in two threads, each of which has it open by itself.
  ///
  /// The kernel lets one thread at a time read an open directory, but any number of threads read the same
  /// directory; see `f_pos_lock` in fs/file.c and `iterate_shared` in fs/proc/root.c. The position in `/proc`
  /// is the process ID plus a constant, see `TGID_OFFSET` in fs/proc/base.c. rangeclose learns the constant
  /// from the next entry. If that process has just exited, the constant is too small, and reads only begin
  /// too early.
  private func runTwice(_ processes: borrowing OwnedDescriptor) throws(Errno) {
    let position = try processes.position
    guard let next = try processes.nextNumericEntries(atMost: Self.probe), let first = next.first,
      position >= Int(first)
    else { return try run(processes) }
    own.found += candidates(among: next)
    let offset = position - Int(first)
    let shares = ProcessShares(from: (next.last ?? first) + 1)
    TwoThreads.run {
      self.read(shares, .own, offset, self.own)
    } beside: {
      self.read(shares, .beside, offset, self.beside)
    }
  }

  private func read(
    _ shares: ProcessShares, _ part: ProcessShares.Part, _ offset: Int, _ findings: Findings
  ) {
    do {
      let processes = try Self.open()
      while let first = shares.next(for: part) {
        try processes.seek(to: Int(first) + offset)
        var size = Self.probe
        var hasMore = true
        while hasMore {
          guard let read = try processes.nextNumericEntries(atMost: size) else {
            shares.finish(part)
            break
          }
          let claim = shares.claim(read, for: part)
          findings.found += candidates(among: claim.numbers)
          (hasMore, size) = (claim.hasMore, Self.sharedRead)
        }
      }
    } catch {
      findings.error = error
    }
  }
}
