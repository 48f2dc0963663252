import FDCore

/// Sizes and times in another notation.
extension Guess {
  /// A size without a sign, a time with a longer unit, or a device by its name.
  func value(for problem: SelectorError.Problem) -> String? {
    switch problem {
    case .missingRelation(let syntax):
      let ends = text.split(separator: "-", omittingEmptySubsequences: false).compactMap {
        ForeignWord.amount($0)
      }
      if ends.count == 2, let both = ForeignWord.comparisons(of: syntax.name, text) {
        return "the operand '\(both)' in place of the option"
      }
      if text.hasSuffix("+") { return ForeignWord.amount(text.dropLast()).map { "'>=\($0)'" } }
      return ForeignWord.comparisons(of: "", text.filter { $0 != " " }).map { "'\($0)'" }
    case .notATime:
      let digits = text.prefix { $0.isNumber || $0 == "." }
      let unit = Spelling.folded(String(text.dropFirst(digits.count).drop { $0 == " " }))
      if unit.hasPrefix("w"), let weeks = UInt64(digits), weeks < 8 { return "\(weeks * 7)d" }
      let words = ["s": "seconds", "m": "minutes", "h": "hours", "d": "days"]
      guard !digits.isEmpty, let letter = unit.first,
        words["\(letter)"]?.hasPrefix(unit) == true || unit == "hr"
      else { return Self.sum(text, isTime: true) }
      return "\(digits)\(letter)"
    case .notAnAmount:
      let amount = ForeignWord.bytes(text) ?? Self.sum(text, isTime: false)
      return amount == text ? nil : amount
    case .notADevice:
      let name = text.hasPrefix("/dev/") ? String(text.dropFirst(5)) : text
      guard name.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }), !name.isDecimal else {
        return nil
      }
      return "fs:/dev/\(name) in place of the whole term"
    default: return nil
    }
  }

  /// `size > 10 MB` and `idle > 2 hours`: a blank between the number and its unit.
  func joiningUnit(at place: Snippet) -> String? {
    let before = place.source.bytes[..<place.range.lowerBound]
    let number = String(
      decoding: before.reversed().drop { $0.isBlank }.prefix { $0.isDigit }.reversed(), as: UTF8.self)
    let kept = before.count - before.reversed().prefix { $0.isBlank }.count
    guard !number.isEmpty, before.contains(where: { $0.isComparison }),
      place.bytes.first.map({ $0 > 0x39 }) == true
    else { return nil }
    let text = String(
      decoding: before[..<kept] + place.source.bytes[place.range.lowerBound...], as: UTF8.self)
    return Selector.corrected(text).map { "'\($0)'" }
  }

  /// `idle>1h 30m`: an amount in several parts.
  var joiningParts: String? {
    guard let sign = text.firstIndex(where: { "<>=!".contains($0) }) else { return nil }
    let name = String(text[..<sign].filter { $0 != " " })
    let signs = text[sign...].prefix { "<>=!".contains($0) }
    guard Comparison.Quantity.names.contains(name),
      let sum = Self.sum(String(text[signs.endIndex...]), isTime: name == "idle")
    else { return nil }
    return Selector.corrected(name + signs + sum).map { "'\($0)'" }
  }

  /// The sum of an amount in several parts, such as `1h 30m` and `1G500M`; nil for any other text.
  private static func sum(_ text: String, isTime: Bool) -> String? {
    let units: [(letter: Character, factor: UInt64)] =
      isTime
      ? [("D", 86400), ("H", 3600), ("M", 60), ("S", 1)]
      : [("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)]
    var (rest, sum, count) = (text.uppercased().filter { $0 != " " }[...], 0 as UInt64, 0)
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isNumber }
      let unit = rest.dropFirst(digits.count).prefix { $0.isLetter }
      guard digits.isDecimal, let number = UInt64(digits), number < 1 << 20,
        let factor = units.first(where: { $0.letter == unit.first })?.factor
      else { return nil }
      sum += number * factor
      count += 1
      rest = rest.dropFirst(digits.count + unit.count)
    }
    guard count > 1, let unit = units.first(where: { sum % $0.factor == 0 }) else { return nil }
    return "\(sum / unit.factor)" + (isTime ? unit.letter.lowercased() : "\(unit.letter)")
  }

  /// `size>1M<3M` and `size>1M and <3M`: the second comparison lacks its name.
  func repeatingName(at place: Snippet) -> String? {
    guard place.bytes.first?.isComparison == true else { return nil }
    let bytes = place.source.bytes
    let before = String(decoding: bytes[..<place.range.lowerBound], as: UTF8.self)
    let name = before.prefix { $0.isLetter }
    guard Comparison.Quantity.names.contains(String(name)) else { return nil }
    let hasAnd = before.split(separator: " ").last == "and"
    let rest = String(decoding: bytes[place.range.lowerBound...], as: UTF8.self)
    return Selector.corrected(before + (hasAnd ? "" : " and ") + name + rest).map { "'\($0)'" }
  }
}
