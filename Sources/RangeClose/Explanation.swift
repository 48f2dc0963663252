import FDCore
import FDSelectors

/// How a selector was read: its normal form, what has to be known for it, and what each part of it picks.
struct Explanation {
  private let selector: Selector
  private let descriptors: [Descriptor]

  /// - Parameter descriptors: everything that is open, with all of the facts that the selector needs.
  init(_ selector: Selector, _ descriptors: [Descriptor]) {
    self.selector = selector
    self.descriptors = descriptors
  }

  /// The explanation, in lines.
  var text: String {
    let facts =
      selector.facts.words.isEmpty
      ? "none, numbers alone decide" : selector.facts.words.joined(separator: ", ")
    var rows = [["PICKED", "UNKNOWN", "PART"], ["\(descriptors.count)", "0", "all that is open"]]
    add(selector, depth: 0, to: &rows)
    let widths = [0, 1].map { column in rows.map { $0[column].columns }.max() ?? 0 }
    let table = rows.map { row in
      "\(row[0].rightAligned(in: widths[0]))  \(row[1].rightAligned(in: widths[1]))  \(row[2])\n"
    }
    return "selector: \(selector)\nfacts: \(facts)\n" + table.joined()
  }

  private func add(_ part: Selector, depth: Int, to rows: inout [[String]]) {
    let verdicts = descriptors.map(part.evaluate)
    rows.append([
      "\(verdicts.count { $0 == true })", "\(verdicts.count { $0 == nil })",
      String(repeating: "  ", count: depth) + part.description,
    ])
    switch part {
    case .leaf: break
    case .not(let inner): add(inner, depth: depth + 1, to: &rows)
    case .all(let parts), .any(let parts):
      for inner in parts { add(inner, depth: depth + 1, to: &rows) }
    }
  }
}
