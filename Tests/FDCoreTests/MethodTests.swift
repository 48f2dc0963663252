import Testing

@testable import FDCore

/// The mechanisms that a method leaves of an operation.
@Suite struct MethodTests {
  private func operation(_ mechanisms: [any Mechanism]) -> FDCore.Operation {
    FDCore.Operation(
      types: .all, mechanisms: mechanisms, freesNumbers: true, words: FDCore.Operation.close.words)
  }

  private let single = FDCore.Operation.close.mechanisms.filter { $0.method == .close }
  private let ranges = FDCore.Operation.close.mechanisms.filter { $0.method == .closeRange }

  /// If an operation lacks the mechanism of a method, the method is refused: the operation would do nothing.
  @Test func aMethodNeedsAMechanism() {
    #expect(single.count == 1 && ranges.count == 1)
    let rows: [(FDCore.Operation, [Method])] = [
      (.close, Method.allCases), (.closeOnExec, Method.allCases), (operation(single), [.auto, .close]),
      (operation(ranges), [.auto, .closeRange]),
    ]
    for (operation, allowed) in rows {
      #expect(Method.allCases.filter(operation.allows) == allowed)
      for method in allowed {
        #expect(!operation.mechanismsUnderFilter(by: method).isEmpty, "\(method)")
      }
    }
  }

  /// A filter may be older than close_range(2), so `auto` prefers another call.
  @Test func aFilterLeavesOutNewCallsIfThereIsAnother() {
    let names = { (operation: FDCore.Operation, method: Method) in
      operation.mechanismsUnderFilter(by: method).map { $0.call }
    }
    #expect(names(.close, .auto) == ["close(2)"] && names(.close, .closeRange) == ["close_range(2)"])
    #expect(names(operation(ranges), .auto) == ["close_range(2)"])
  }
}
