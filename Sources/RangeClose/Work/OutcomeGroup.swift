import FDCore
import FDSelectors

/// An outcome, and the descriptors that have it.
struct OutcomeGroup {
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

  /// The noun and the numbers, as in `descriptors 3-5, 9`.
  private var subject: String {
    let names = ranges.prefix(Self.named).map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
    }
    let more = ranges.dropFirst(Self.named).reduce(0) { $0 + $1.count }
    return "\(count == 1 ? "descriptor" : "descriptors") \(names.joined(separator: ", "))"
      + (more > 0 ? " and \(more) more" : "")
  }

  /// The descriptors and the remark, as in `descriptor 3: left alone, not connected`.
  func remark(_ words: Operation.Words) -> String { "\(subject): \(outcome.text(words))" }

  /// The same before the operation, as in `descriptor 3: would be left alone, not connected`.
  func forecast(_ words: Operation.Words) -> String { "\(subject): would be \(outcome.text(words))" }

  /// The descriptors, the error and its meaning, as in `descriptors 3-5: Input/output error (EIO); they are`
  /// `still open`.
  func text(_ operation: Operation, by method: Method) -> String {
    let verb = count == 1 ? "it is" : "they are"
    let state: String
    switch outcome {
    case .doneWithError: state = "; \(verb) \(operation.words.doneWithError)"
    case .failed:
      state = "; \(verb) \(operation.words.failed)\(method == .closeRange ? "; try --method=auto" : "")"
    case .halfDone: state = "; \(verb) \(operation.words.halfDone)"
    case .done, .leftAlone, .notDone, .doneNoting, .unserved: state = ""
    }
    let error = outcome.error.map { "\($0)" } ?? ""
    return "\(subject): \(error)\(state)"
  }
}

extension ReportRows {
  /// The errors, each once, in the order of the first descriptors.
  var failures: [OutcomeGroup] { groups { $0.error != nil } }

  /// The remarks, each once, in the order of the first descriptors.
  var remarks: [OutcomeGroup] { groups { $0.remark != nil } }

  private func groups(_ isWanted: (Outcome) -> Bool) -> [OutcomeGroup] {
    var groups: [OutcomeGroup] = []
    for row in self where isWanted(row.outcome) { groups.add(row.outcome, row.descriptor.number) }
    return groups
  }
}

extension [OutcomeGroup] {
  /// Adds a descriptor, whose number is greater than those before.
  mutating func add(_ outcome: Outcome, _ number: UInt32) {
    if let index = firstIndex(where: { $0.outcome == outcome }) {
      self[index].add(number)
    } else {
      append(OutcomeGroup(outcome, number))
    }
  }
}
