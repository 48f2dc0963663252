import FDCore
import FDSelectors

/// The scans of the next processes of a listing, made in two threads.
///
/// The kernel takes most of the time of such a scan. So two threads take little more than half of it. Only
/// selectors that can hold for a few numbers are scanned ahead, because the scans of others may take too much
/// memory. The scans read no tables of sockets, because one cache of tables serves all of them.
final class ScanAhead {
  typealias Scan = Result<ProcessWork.Scan, CommandError>

  /// The number of scans that are not used yet; each takes two descriptors of rangeclose.
  private static let most = 64
  /// For fewer processes, a second thread costs more than it saves.
  static let few = 16

  private let pids: [Int32]
  /// The index of the next process.
  private var position = 0
  /// Nil for a scan that failed for a reason that may pass.
  private let scans: WorkAhead<Scan?>

  /// - Parameter works: the work on the processes, in the order of `take(_:)`.
  init(_ works: [ProcessWork]) {
    pids = works.map { $0.pid }
    scans = WorkAhead(works.count, atMost: Self.most) { Self.scan(works[$0]) }
  }

  /// Whether two threads are faster for a listing.
  static func isUseful(_ invocation: Invocation, _ selector: Selector) -> Bool {
    invocation.isDryRun && !invocation.processes.isSingle
      && selector.bound?.numbers(atMost: DescriptorReader.fewNumbers) != nil && !selector.facts.isTabular
      && TwoThreads.areFaster
  }

  /// Whether no process is left.
  var isAtEnd: Bool { position == pids.count }

  /// The scan of a process; nil if it has to be scanned again.
  ///
  /// Processes may be left out, but not taken in another order.
  func take(_ pid: Int32) -> Scan? {
    guard let index = pids[position...].firstIndex(of: pid) else { return nil }
    position = index + 1
    return scans.take(index)
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
