/// The tokens of a Swift source, without comments and without the text of string literals.
///
/// It keeps the code of interpolations. An identifier is one token; every other byte that is not blank is
/// one.
struct SwiftTokens {
  private(set) var tokens: [String] = []
  private let bytes: [UInt8]
  private var position = 0

  /// Splits a source into its tokens.
  init(_ source: String) {
    bytes = Array(source.utf8)
    while position < bytes.count { readCode() }
  }

  /// Reads to the end, or over the closing parenthesis of an interpolation.
  private mutating func readCode() {
    var depth = 0
    while position < bytes.count {
      if skip("//") {
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
      } else if skip("/*") {
        skipBlockComment()
      } else if let hashes = startOfLiteral() {
        skipLiteral(hashes)
      } else {
        let token = readToken()
        if token == "(" { depth += 1 }
        if token == ")" { depth -= 1 }
        if depth < 0 { return }
      }
    }
  }

  private mutating func readToken() -> String {
    let start = position
    while position < bytes.count, Self.isOfIdentifier(bytes[position]) { position += 1 }
    if position == start { position += 1 }
    let token = String(decoding: bytes[start..<position], as: UTF8.self)
    if token.contains(where: { !$0.isWhitespace }) { tokens.append(token) }
    return token
  }

  private static func isOfIdentifier(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }

  /// Block comments nest.
  private mutating func skipBlockComment() {
    var depth = 1
    while position < bytes.count, depth > 0 {
      if skip("/*") {
        depth += 1
      } else if skip("*/") {
        depth -= 1
      } else {
        position += 1
      }
    }
  }

  /// The number of `#` before the quote of a string literal that begins here; nil if none begins here.
  private func startOfLiteral() -> Int? {
    let hashes = bytes[position...].prefix { $0 == UInt8(ascii: "#") }.count
    let quote = position + hashes
    return quote < bytes.count && bytes[quote] == UInt8(ascii: "\"") ? hashes : nil
  }

  private mutating func skipLiteral(_ hashes: Int) {
    let sign = String(repeating: "#", count: hashes)
    position += hashes
    let quote = skip("\"\"\"") ? "\"\"\"" : "\""
    if quote == "\"" { position += 1 }
    while position < bytes.count, !skip(quote + sign) {
      if skip("\\" + sign + "(") {
        readCode()
      } else {
        _ = skip("\\" + sign)
        position += 1
      }
    }
  }

  private mutating func skip(_ text: String) -> Bool {
    guard bytes[position...].starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }
}

// MARK: - Declarations

extension SwiftTokens {
  /// The names that a source declares for other files.
  struct Declarations {
    /// Names outside of every type: types, functions and variables.
    var topLevel: Set<String> = []
    /// Names of the members in extensions, with the type that each extends.
    var extensionMembers: [(type: String, member: String)] = []
    /// Names of members of any type at any depth.
    var members: Set<String> = []
  }

  private static let introducers: Set<String> = [
    "struct", "class", "enum", "protocol", "actor", "typealias", "func", "let", "var", "case",
  ]

  /// The names that the source declares, except `private` and `fileprivate` names.
  var declarations: Declarations {
    var found = Declarations()
    var depth = 0
    var extended: String?
    for index in tokens.indices {
      switch tokens[index] {
      case "{": depth += 1
      case "}": depth -= 1
      case "extension" where depth == 0:
        extended = token(index + 1)
      case let word where Self.introducers.contains(word):
        if depth == 0 { extended = nil }
        guard let name = token(index + 1), name.first?.isLetter == true, !isPrivate(index) else { continue }
        if depth > 0 {
          found.members.insert(name)
          if depth == 1, let extended { found.extensionMembers.append((extended, name)) }
        } else {
          found.topLevel.insert(name)
        }
      default: break
      }
    }
    return found
  }

  private func token(_ index: Int) -> String? {
    tokens.indices.contains(index) ? tokens[index] : nil
  }

  /// Whether one of the modifiers before a declaration is `private` or `fileprivate`.
  private func isPrivate(_ index: Int) -> Bool {
    let modifiers: Set<String> = [
      "private", "fileprivate", "package", "static", "final", "mutating", "indirect", "lazy", "weak",
    ]
    return tokens[..<index].reversed().prefix { modifiers.contains($0) }.contains { $0.hasSuffix("private") }
  }
}

// MARK: - Uses

extension SwiftTokens {
  /// The names that the source uses outside of a member access.
  ///
  /// A name in lower case counts only as a call: argument labels and local variables may be called the same.
  var usedNames: Set<String> {
    Set(
      tokens.indices.filter { index in
        guard token(index - 1) != "." || token(index - 2) == "FDCore", token(index - 1) != "func" else {
          return false
        }
        return tokens[index].first?.isUppercase == true || token(index + 1) == "("
      }.map { tokens[$0] })
  }

  /// The names that the source uses in a member access: after a dot.
  var usedMembers: Set<String> {
    Set(tokens.indices.filter { token($0 - 1) == "." }.map { tokens[$0] })
  }
}
