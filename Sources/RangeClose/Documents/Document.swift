import CLinux
import FDCore

/// A text that the command carries and prints, for `--generate`.
///
/// One static file is then complete on a host that has nothing else of rangeclose.
enum Document: String, CaseIterable {
  case man
  case manSelectors = "man-selectors"
  case bash, zsh, fish

  /// The names for `--generate`, as a message lists them.
  static var list: String { allCases.map { $0.rawValue }.joined(separator: ", ") }

  /// The whole text in UTF-8.
  var text: [UInt8] {
    switch self {
    case .man: Self.embedded(clinux_page)
    case .manSelectors: Self.embedded(clinux_page_of_selectors)
    case .bash: Array(Completion.tables(for: self).utf8) + Self.embedded(clinux_bash_completion)
    case .zsh:
      // compinit of zsh reads the first line.
      Array(("#compdef rangeclose\n" + Completion.tables(for: self)).utf8)
        + Self.embedded(clinux_zsh_completion)
    case .fish: Array(Completion.tables(for: self).utf8) + Self.embedded(clinux_fish_completion)
    }
  }

  private static func embedded(_ name: clinux_document_name) -> [UInt8] {
    let document = unsafe clinux_document(name)
    return unsafe Array(UnsafeRawBufferPointer(start: document.bytes, count: document.count))
  }
}
