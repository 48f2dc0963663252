import FDCore
import FDSelectors

/// An explanation of a selector: its normal form, the facts that it needs, and what each part of it picks.
struct Explanation {
  private let selector: Selector
  private let descriptors: [Descriptor]

  /// - Parameter descriptors: all open descriptors, with all of the facts that the selector needs.
  init(_ selector: Selector, _ descriptors: [Descriptor]) {
    self.selector = selector
    self.descriptors = descriptors
  }

  /// The explanation, in lines.
  var text: String {
    let facts =
      selector.facts.words.isEmpty
      ? "none, numbers alone decide" : selector.facts.words.joined(separator: ", ")
    var table = TextTable([.right, .right, .left])
    table.add(["PICKED", "UNKNOWN", "PART"])
    table.add(["\(descriptors.count)", "0", "all that is open"])
    add(selector, depth: 0, to: &table)
    return "selector: \(selector)\nfacts: \(facts)\n" + table.text
  }

  private func add(_ part: Selector, depth: Int, to table: inout TextTable) {
    let verdicts = descriptors.map(part.evaluate)
    table.add([
      "\(verdicts.count { $0 == true })", "\(verdicts.count { $0 == nil })",
      String(repeating: "  ", count: depth) + part.description,
    ])
    switch part {
    case .leaf: break
    case .not(let inner): add(inner, depth: depth + 1, to: &table)
    case .all(let parts), .any(let parts):
      for inner in parts { add(inner, depth: depth + 1, to: &table) }
    }
  }
}
