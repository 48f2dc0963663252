import FDCore
import FDSelectors

/// An error, and the descriptors for which it was reported.
struct ReportFailure {
  let outcome: Outcome
  private var ranges: [DescriptorRange]
  private var count = 1

  /// The number of ranges that a message names.
  private static let named = 8

  fileprivate init(_ outcome: Outcome, _ number: UInt32) {
    (self.outcome, ranges) = (outcome, [number...number])
  }

  /// Adds a number that is greater than those before.
  fileprivate mutating func add(_ number: UInt32) {
    count += 1
    if let last = ranges.last, last.upperBound + 1 == number {
      ranges[ranges.count - 1] = last.lowerBound...number
    } else {
      ranges.append(number...number)
    }
  }

  /// The descriptors, the error and its meaning, as in `descriptors 3-5: Input/output error (EIO); they are`
  /// `still open`.
  func text(_ operation: Operation, by method: Method) -> String {
    let names = ranges.prefix(Self.named).map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
    }
    let more = ranges.dropFirst(Self.named).reduce(0) { $0 + $1.count }
    let (noun, verb) = count == 1 ? ("descriptor", "it is") : ("descriptors", "they are")
    let state: String
    switch outcome {
    case .doneWithError: state = "; \(verb) \(operation.words.doneWithError)"
    case .failed:
      state = "; \(verb) \(operation.words.failed)\(method == .closeRange ? "; try --method=auto" : "")"
    case .done, .leftAlone, .notDone: state = ""
    }
    let error = outcome.error.map { "\($0)" } ?? ""
    return "\(noun) \(names.joined(separator: ", "))\(more > 0 ? " and \(more) more" : ""): \(error)\(state)"
  }
}

extension ReportRows {
  /// The errors, each once, in the order of the first descriptors.
  var failures: [ReportFailure] {
    var failures: [ReportFailure] = []
    for row in self where row.outcome.error != nil {
      if let index = failures.firstIndex(where: { $0.outcome == row.outcome }) {
        failures[index].add(row.descriptor.number)
      } else {
        failures.append(ReportFailure(row.outcome, row.descriptor.number))
      }
    }
    return failures
  }
}
