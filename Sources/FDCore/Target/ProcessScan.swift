/// Compares one descriptor table with the tables of the leaders of all processes.
///
/// Most tables are different, and rangeclose asks nothing else about their processes. If there are many
/// processes, two threads take turns to read `/proc`. The listing and `kcmp(2)` take longer than everything
/// else.
final class ProcessScan {
  private let table: TableIdentity
  private let processes: OwnedDescriptor
  /// The processes that matter even if their leader has another table.
  private let relatives: Set<Int32>?
  /// The processes that the first thread found, and those that the second thread found.
  private var (found, foundBeside): ([Int32], [Int32]) = ([], [])
  private var error: Errno?

  /// With fewer processes than this a second thread costs more than it saves.
  private static let many = 600
  /// The size of the first read, in bytes, which has room for `many` processes.
  private static let firstRead = 1 << 14
  /// The size of each later read, in bytes.
  ///
  /// The kernel lets one thread at a time read the directory. With small reads the other thread compares
  /// meanwhile, and neither waits for long.
  private static let laterRead = 1 << 12

  private init(_ table: TableIdentity, _ relatives: Set<Int32>?, _ processes: consuming OwnedDescriptor) {
    self.table = table
    self.relatives = relatives
    self.processes = processes
  }

  /// The processes whose leader has the table, those that cannot be compared, and the relatives, ascending.
  ///
  /// Throws if `/proc` cannot be read.
  static func run(_ table: TableIdentity, relatives: Set<Int32>?) throws(Errno) -> [Int32] {
    let scan = ProcessScan(table, relatives, try OwnedDescriptor.open("/proc", as: .directory))
    let first = try scan.processes.nextNumericEntries(atMost: firstRead) ?? []
    if first.count < many || !TwoThreads.areFaster {
      scan.found = scan.candidates(among: first) + scan.candidatesOfRest()
    } else {
      scan.runTwice(after: first)
    }
    if let error = scan.error { throw error }
    return (scan.found + scan.foundBeside).sorted()
  }

  private func candidates(among numbers: [UInt32]) -> [Int32] {
    numbers.compactMap { number in
      let pid = Int32(truncatingIfNeeded: number)
      let isRelative = relatives?.contains(pid) ?? true
      return isRelative || table.compare(with: pid) != .different ? pid : nil
    }
  }

  private func candidatesOfRest() -> [Int32] {
    var found: [Int32] = []
    do {
      while let numbers = try processes.nextNumericEntries(atMost: Self.laterRead) {
        found += candidates(among: numbers)
      }
    } catch {
      self.error = error
    }
    return found
  }

  /// Scans in two threads.
  ///
  /// The calling thread also compares the process IDs in `first`, which were read already.
  private func runTwice(after first: [UInt32]) {
    TwoThreads.run {
      self.found = self.candidates(among: first) + self.candidatesOfRest()
    } beside: {
      self.foundBeside = self.candidatesOfRest()
    }
  }
}
