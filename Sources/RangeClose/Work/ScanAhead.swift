import FDCore
import FDSelectors

/// The scans of the next processes of a listing, made in two threads.
///
/// The kernel takes most of the time of such a scan. So two threads take little more than half of it. Only
/// selectors that can hold for a few numbers are scanned ahead, because the scans of others may take too much
/// memory. The scans read no tables of sockets, because one cache of tables serves all of them.
struct ScanAhead {
  typealias Scan = Result<ProcessWork.Scan, CommandError>

  /// The number of processes; each takes two descriptors of rangeclose.
  static let most = 64

  /// The scans that are not used yet, by process ID; nil for a process that has to be scanned again.
  private var scans: [Int32: Scan?] = [:]

  /// Whether two threads are faster for a listing.
  static func isUseful(_ invocation: Invocation, _ selector: Selector) -> Bool {
    invocation.isDryRun && !invocation.processes.isSingle
      && selector.bound?.numbers(atMost: DescriptorReader.fewNumbers) != nil && !selector.facts.isTabular
      && TwoThreads.areFaster
  }

  /// Whether the process was scanned.
  func hasScanned(_ pid: Int32) -> Bool { scans[pid] != nil }

  /// The scan of a process; nil if there is none.
  mutating func take(_ pid: Int32) -> Scan? { scans.removeValue(forKey: pid) ?? nil }

  /// Scans processes.
  mutating func scan(_ works: [ProcessWork]) {
    let middle = works.count / 2
    var (first, second): ([Scan?], [Scan?]) = ([], [])
    TwoThreads.run {
      first = works[..<middle].map(Self.scan)
    } beside: {
      second = works[middle...].map(Self.scan)
    }
    for (work, scan) in zip(works, first + second) { scans[work.pid] = .some(scan) }
  }

  /// The scan of a process; nil if it failed for a reason that may pass.
  ///
  /// For example, it may have failed because other scans have too many descriptors open.
  private static func scan(_ work: ProcessWork) -> Scan? {
    do {
      return .success(try work.scan())
    } catch {
      if case .target(let reason, _) = error, reason.meansNoTarget { return .failure(error) }
      return nil
    }
  }
}
