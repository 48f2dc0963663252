import FDCore
import FDSelectors

/// The scans of the next processes of a listing, made in two threads.
///
/// The kernel takes most of the time of such a scan. So two threads take little more than half of it. The
/// scans read no tables of sockets, because one cache of tables serves all of them.
final class ScanAhead {
  typealias Scan = Result<ProcessWork.Scan, CommandError>

  /// The number of scans that are not used yet, for a selector that can hold for a few numbers.
  ///
  /// Each of them takes two descriptors of rangeclose.
  private static let most = 64
  /// The same for any other selector, whose scans may take much memory.
  private static let mostOfAny = 4
  /// For fewer processes, a second thread costs more than it saves.
  static let few = 16

  private let pids: [Int32]
  /// The index of the next process.
  private var position = 0
  /// Nil for a scan that failed for a reason that may pass.
  private let scans: WorkAhead<Scan?>

  /// - Parameter works: the work on the processes, in the order of `take(_:)`.
  init(_ works: [ProcessWork], by selector: Selector) {
    pids = works.map { $0.pid }
    let most = selector.isOfFewNumbers ? Self.most : Self.mostOfAny
    scans = WorkAhead(works.count, atMost: most) { Self.scan(works[$0]) }
  }

  /// Whether two threads are faster for a listing.
  static func isUseful(_ invocation: Invocation, _ selector: Selector) -> Bool {
    invocation.isDryRun && !invocation.processes.isSingle && !selector.facts.isTabular
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

extension Selector {
  /// Whether the selector can hold only for a few numbers, each of which is looked up.
  var isOfFewNumbers: Bool { bound?.numbers(atMost: DescriptorReader.fewNumbers) != nil }
}
