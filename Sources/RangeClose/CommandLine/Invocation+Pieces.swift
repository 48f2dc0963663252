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
  ///
  /// - Parameters:
  ///   - next: the operand after it.
  ///   - isOnly: whether there is no other selector.
  static func error(
    _ operand: ByteString, after option: Option?, next: ByteString?, isOnly: Bool
  ) -> UsageError? {
    guard let option else { return nil }
    if option.long == "output" {
      let name = operand.description
      let column = Column.named(name).map { _ in name } ?? Column.meant(by: name)
      return column.map { .columnsApart(operand, $0) }
    }
    if option.long == "replace", operand.isLikeFile {
      if let next, next.isLikeFile {
        return next.hasPrefix("/") ? .replacesOldByNew(old: operand, new: next) : .relativePath(next)
      }
      if isOnly { return .replacesOneFile(operand) }
      return operand.hasPrefix("/") ? .valueNeedsSign(option, operand) : .relativePath(operand)
    }
    if option.long == "shutdown", let half = operand.half, (try? Selector(parsing: operand)) == nil {
      return .valueNeedsSign(option, ByteString(half))
    }
    return option.accepts(operand) ? .valueNeedsSign(option, operand) : nil
  }

  /// The error for an absolute path that is no selector, if `--replace` has no path, as in
  /// `--replace 4 /dev/full`; nil otherwise.
  static func errorOfReplacement(at index: Int, of parts: [Part]) -> UsageError? {
    guard case .operand(let text, nil) = parts[index], text.hasPrefix("/") else { return nil }
    for case .operand(let other, let option?) in parts[..<index] where option.long == "replace" {
      return other.isLikeFile ? nil : .valueNeedsSign(option, text)
    }
    return nil
  }

  /// The error for an operand that is refused alone, but means something beside its neighbours.
  ///
  /// - Parameter index: the index of the operand in `parts`.
  static func error(at index: Int, of parts: [Part]) -> UsageError? {
    guard case .operand(let text, let option) = parts[index] else { return nil }
    let next = operands(parts, from: index + 1, count: 1)?.first
    let isOnly = parts.count == (next?.isLikeFile == true ? 2 : 1)
    if let error = error(text, after: option, next: next, isOnly: isOnly)
      ?? errorOfReplacement(at: index, of: parts)
    {
      return error
    }
    // These words mean more than the option of the same name.
    let others = ["all", "force", "raw", "except", "not"]
    let name = text.description
    if let option = Option.named(name), !option.isTerm, !others.contains(name) {
      return .optionWithoutDashes(option, value: operands(parts, from: index + 1, count: 1)?.first)
    }
    return expandedPattern(at: index, of: parts) ?? joinedError(at: index, of: parts)
  }

  /// The error for one of several paths that the shell has made of a pattern, as in `--path /srv/*.log`; nil
  /// for a path alone.
  private static func expandedPattern(at index: Int, of parts: [Part]) -> UsageError? {
    guard case .operand(let path, _) = parts[index], path.hasPrefix("/") else { return nil }
    var others: [ByteString] = []
    if index > 0, case .selector(let selector) = parts[index - 1] {
      others += selector.leaves.compactMap { $0.term.literalPath }
    }
    others += operands(parts, from: index + 1, count: 1) ?? []
    guard let other = others.first(where: { $0.directory == path.directory }) else { return nil }
    let endings = [path, other].map {
      $0.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).last
    }
    let ending = endings[0] == endings[1] ? endings[0].map { "." + String(decoding: $0, as: UTF8.self) } : nil
    return .patternWithoutQuotes(path, pattern: "path:\(path.directory)*\(ending ?? "")")
  }

  /// The error for an operand that means something together with the operands around it, as `dst :80` in two.
  ///
  /// The longest meaning counts.
  private static func joinedError(at index: Int, of parts: [Part]) -> UsageError? {
    let mostWords = 4
    for count in (2...mostWords).reversed() {
      for start in [index, index - 1] where start >= 0 && start + count > index {
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

extension ByteString {
  /// The path up to its last slash.
  fileprivate var directory: ByteString {
    ByteString(Array(bytes[...(bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0)]))
  }

  /// Whether a text is written like the name of a file.
  fileprivate var isLikeFile: Bool {
    bytes.contains { "./".utf8.contains($0) } && !bytes.contains(UInt8(ascii: ":"))
  }
}
