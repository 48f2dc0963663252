import CLinux
import FDCore

/// Scans the command line of this process with `getopt_long(3)` and `Option.all`.
struct OptionScanner {
  enum Element {
    case option(Option, value: ByteString?)
    case operand(ByteString)
    case unknown(RefusedOption)
    case missingValue(Option)
    case unexpectedValue(Option, ByteString)
  }

  /// The index of the argument that getopt reads next; nil before the first.
  private var nextIndex: Int?
  /// The index of the next operand after getopt has reached its end; nil before that.
  private var operandsFrom: Int?

  /// Declares the options.
  ///
  /// A process may have only one scanner, because getopt has global state.
  init() {
    for (index, option) in Option.all.enumerated() {
      _ = unsafe clinux_declare_option(option.name.utf8Start, Option.code(at: index), option.valueRule)
    }
  }

  /// The next element, or nil at the end.
  mutating func next() -> Element? {
    if let index = operandsFrom {
      guard let argument = argument(index) else { return nil }
      operandsFrom = index + 1
      return .operand(argument)
    }
    let found = unsafe clinux_next_option()
    let value = unsafe found.argument.map { unsafe ByteString(cString: $0) }
    let (code, refused, index) = unsafe (found.code, found.refused, Int(found.index))
    nextIndex = index
    if code == -1 {
      operandsFrom = index
      return next()
    }
    if code == 1 { return .operand(value ?? ByteString([])) }
    if let option = Option.known(by: code) {
      if let refused = shortened(option, index) { return .unknown(refused) }
      return .option(option, value: value)
    }
    if code == Int32(UInt8(ascii: ":")), let option = Option.known(by: refused) {
      return .missingValue(option)
    }
    if let option = Option.known(by: refused) {
      let parts = argument(index - 1)?.bytes.split(separator: UInt8(ascii: "="), maxSplits: 1) ?? []
      return .unexpectedValue(option, ByteString(parts.count > 1 ? Array(parts[1]) : []))
    }
    return .unknown(refusedOption(refused, index))
  }

  /// The word of another tool that getopt took for a group of short options, such as find's `-path`.
  ///
  /// It is nil if the argument that was read last is no such word.
  var foreignWord: RefusedOption? {
    guard let index = nextIndex, let text = text(index - 1), text.hasPrefix("-"), !text.hasPrefix("--"),
      text.unicodeScalars.count > 2
    else { return nil }
    let word = RefusedOption(text: text, letter: nil, next: self.text(index))
    return word.isWord ? word : nil
  }

  /// The option that the user shortened so much that it may mean something else; nil for any other option.
  ///
  /// getopt takes each unambiguous beginning of a name. `--a` would be every process, and `--list` a list of
  /// columns.
  private func shortened(_ option: Option, _ index: Int) -> RefusedOption? {
    guard let typed = text(index - 1), typed.hasPrefix("--"), option.mustBeWhole else { return nil }
    let name = typed.dropFirst(2)
    guard !name.isEmpty, option.long.hasPrefix(name), name != option.long else { return nil }
    return RefusedOption(text: typed, letter: nil, next: text(index))
  }

  /// The argument that getopt refused.
  ///
  /// In a group of short options, getopt may not have moved past this argument yet.
  private func refusedOption(_ refused: Int32, _ index: Int) -> RefusedOption {
    let previous = text(index - 1) ?? ""
    guard refused > 0, refused < 128, let letter = Unicode.Scalar(UInt32(refused)) else {
      return RefusedOption(text: previous, letter: nil, next: text(index))
    }
    let hasPassedIt = previous.hasPrefix("-") && previous.unicodeScalars.contains(letter)
    return RefusedOption(
      text: hasPassedIt ? previous : text(index) ?? previous, letter: letter,
      next: text(hasPassedIt ? index : index + 1))
  }

  /// Whether an argument after those that were read is this option.
  func hasOption(_ option: String) -> Bool {
    var index = nextIndex ?? 0
    while let text = text(index) {
      if text == option { return true }
      index += 1
    }
    return false
  }

  private func text(_ index: Int) -> String? {
    argument(index).map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  private func argument(_ index: Int) -> ByteString? {
    unsafe clinux_argument(Int32(index)).map { unsafe ByteString(cString: $0) }
  }
}

extension Option {
  /// Whether the option has a value, for getopt.
  fileprivate var valueRule: clinux_option_value {
    value == nil ? clinux_no_value : isValueOptional ? clinux_optional_value : clinux_required_value
  }

  private static let longOnly: Int32 = 256

  /// The number by which getopt knows an option.
  ///
  /// The number is the letter of the option's short form, or a number above every character.
  fileprivate static func code(at index: Int) -> Int32 {
    all[index].short.map { Int32($0.value) } ?? longOnly + Int32(index)
  }

  /// The option that getopt knows by this number; nil if there is none.
  fileprivate static func known(by code: Int32) -> Option? {
    all.indices.first { Self.code(at: $0) == code }.map { all[$0] }
  }
}

extension ByteString {
  /// The exact bytes of an argument.
  ///
  /// Swift's `CommandLine.arguments` replaces bytes that are not UTF-8.
  fileprivate init(cString text: UnsafePointer<CChar>) {
    self.init(unsafe UnsafeRawBufferPointer(start: text, count: strlen(text)).map { $0 })
  }
}
