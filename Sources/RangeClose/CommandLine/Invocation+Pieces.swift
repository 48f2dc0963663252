import FDCore
import FDSelectors

/// Operands that mean something else than each of them alone.
extension Invocation.Draft {
  /// Throws `expressionInPieces` if an operand is only a word between terms.
  ///
  /// The shell makes several arguments of an expression without quotes.
  func checkPieces(_ parts: [Part]) throws(UsageError) {
    var operands: [ByteString] = []
    for case .operand(let text, _) in parts { operands.append(text) }
    let joints = ["and", "or", "not", "&&", "||", "!", "(", ")"]
    guard operands.count > 1, let joint = operands.first(where: { joints.contains($0.description) }) else {
      return
    }
    throw Self.pieces(joint.description, operands.map { $0.description }.joined(separator: " "))
  }

  /// The error for an expression in several operands, with the fault that the whole of it has, too.
  private static func pieces(_ word: String, _ whole: String) -> UsageError {
    do {
      _ = try Selector(parsing: ByteString(whole))
      return .expressionInPieces(word, whole: whole, problem: nil)
    } catch {
      guard let corrected = Selector.corrected(whole) else {
        return .expressionInPieces(word, whole: whole, problem: error)
      }
      return .expressionInPieces(word, whole: corrected, problem: nil)
    }
  }

  /// The error for an operand that is meant as the value of the option in front of it; nil for any other.
  static func error(_ operand: ByteString, after option: Option?) -> UsageError? {
    guard let option else { return nil }
    if option.long == "output", Column.named(operand.description) != nil { return .columnsApart(operand) }
    if option.accepts(operand) { return .valueNeedsSign(option, operand) }
    let isFile =
      operand.bytes.contains { "./".utf8.contains($0) } && !operand.bytes.contains(UInt8(ascii: ":"))
    return option.long == "replace" && isFile ? .relativePath(operand) : nil
  }

  /// The error for an operand that is refused alone, but means something beside its neighbours.
  ///
  /// - Parameter index: the index of the operand in `parts`.
  static func error(at index: Int, of parts: [Part]) -> UsageError? {
    guard case .operand(let text, let option) = parts[index] else { return nil }
    if let error = error(text, after: option) { return error }
    // These words mean more than the option of the same name.
    let others = ["all", "force", "raw", "except", "not"]
    let name = text.description
    if let option = Option.named(name), !option.isTerm, !others.contains(name) {
      return .optionWithoutDashes(option, value: operands(parts, from: index + 1, count: 1)?.first)
    }
    return joinedError(at: index, of: parts)
  }

  /// The error for an operand that means something together with the operands around it, as `dst :80` in two.
  ///
  /// The longest meaning counts.
  private static func joinedError(at index: Int, of parts: [Part]) -> UsageError? {
    let mostWords = 4
    for start in [index, index - 1] where start >= 0 {
      for count in (2...mostWords).reversed() where start + count > index {
        guard let words = operands(parts, from: start, count: count) else { continue }
        let whole = words.map { $0.description }.joined(separator: " ")
        if let error = error(ofWhole: whole, first: words[0].description) { return error }
      }
    }
    return nil
  }

  private static func error(ofWhole whole: String, first: String) -> UsageError? {
    do throws(SelectorError) {
      _ = try Selector(parsing: ByteString(whole))
      return .expressionInPieces(first, whole: whole, problem: nil)
    } catch {
      let isWhole = error.snippet.bytes.count == whole.utf8.count
      guard case .foreign = error.problem, isWhole else { return nil }
      return .selector(error)
    }
  }

  /// The texts of `count` operands side by side; nil if there are not that many.
  private static func operands(_ parts: [Part], from start: Int, count: Int) -> [ByteString]? {
    guard start + count <= parts.count else { return nil }
    var texts: [ByteString] = []
    for case .operand(let text, _) in parts[start..<start + count] where !text.bytes.isEmpty {
      texts.append(text)
    }
    return texts.count == count ? texts : nil
  }
}
