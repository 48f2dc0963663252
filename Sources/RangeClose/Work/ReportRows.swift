import FDCore

/// The descriptors of a report with their outcomes, in the order of their numbers.
///
/// The rows are made one at a time from lists that exist already, because a process may have a million of
/// them.
struct ReportRows: Sequence {
  /// A descriptor and its outcome.
  typealias Entry = (descriptor: Descriptor, outcome: Outcome)

  /// The descriptors that the scan picked.
  let picked: [Descriptor]
  /// The descriptors that were picked again in the stop, or were new then.
  let confirmed: [Descriptor]
  /// The numbers that the session worked on.
  let numbers: [UInt32]
  /// An outcome for each of the numbers.
  let outcomes: [Outcome]

  func makeIterator() -> Iterator { Iterator(rows: self) }

  /// The number of rows that a condition holds for.
  func count(_ condition: (Outcome) -> Bool) -> Int {
    reduce(0) { condition($1.outcome) ? $0 + 1 : $0 }
  }

  struct Iterator: IteratorProtocol {
    let rows: ReportRows
    private var (number, pick, known) = (0, 0, 0)

    init(rows: ReportRows) {
      self.rows = rows
    }

    /// The next row.
    ///
    /// A number that was picked, and that the session did not work on, was left alone.
    mutating func next() -> Entry? {
      let next = number < rows.numbers.count ? rows.numbers[number] : nil
      if pick < rows.picked.count {
        let picked = rows.picked[pick]
        if picked.number <= next ?? .max { pick += 1 }
        if picked.number < next ?? .max { return (picked, .leftAlone) }
      }
      guard let next else { return nil }
      defer { number += 1 }
      while known < rows.confirmed.count, rows.confirmed[known].number < next { known += 1 }
      let isKnown = known < rows.confirmed.count && rows.confirmed[known].number == next
      return (isKnown ? rows.confirmed[known] : Descriptor(number: next), rows.outcomes[number])
    }
  }
}
