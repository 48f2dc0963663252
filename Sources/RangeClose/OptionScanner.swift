import CLinux
import FDCore

/// `getopt_long(3)` over the command line of this process, by the table of options.
struct OptionScanner {
  enum Element: Equatable {
    case option(Option, value: ByteString?)
    case operand(ByteString)
    case unknown(String)
    case missingValue(Option)
  }

  /// Where the operands after `--` begin, once getopt has come to its end.
  private var operandsFrom: Int?

  /// There may be one scanner in a process: getopt has global state.
  init() {
    for option in Option.allCases {
      let specification = option.specification
      _ = unsafe clinux_declare_option(specification.name.utf8Start, option.code, specification.value != nil)
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
    if code == -1 {
      operandsFrom = index
      return next()
    }
    if code == 1 { return .operand(value ?? ByteString([])) }
    if let option = Option(code: code) { return .option(option, value: value) }
    if code == Int32(UInt8(ascii: ":")), let option = Option(code: refused) { return .missingValue(option) }
    return .unknown(refusedText(refused, index))
  }

  /// The element that getopt refused: in a group of short options it has not gone past it yet.
  private func refusedText(_ refused: Int32, _ index: Int) -> String {
    let previous = text(index - 1) ?? ""
    guard refused > 0, refused < 128, let letter = Unicode.Scalar(UInt32(refused)) else { return previous }
    let hasPassedIt = previous.hasPrefix("-") && previous.unicodeScalars.contains(letter)
    return hasPassedIt ? previous : text(index) ?? previous
  }

  private func text(_ index: Int) -> String? {
    argument(index).map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  private func argument(_ index: Int) -> ByteString? {
    unsafe clinux_argument(Int32(index)).map { unsafe ByteString(cString: $0) }
  }
}

extension Option {
  private static let longOnly: Int32 = 256

  /// What getopt knows the option by: its short form, or a number above every character.
  fileprivate var code: Int32 {
    if let short = specification.short { return Int32(short.value) }
    return Self.longOnly + Int32(rawValue)
  }

  fileprivate init?(code: Int32) {
    let option =
      code < Self.longOnly
      ? Self.allCases.first { $0.code == code } : Option(rawValue: Int(code - Self.longOnly))
    guard let option else { return nil }
    self = option
  }
}

extension ByteString {
  /// An argument as it was given: Swift's own would have replaced what is no UTF-8.
  fileprivate init(cString text: UnsafePointer<CChar>) {
    self.init(unsafe UnsafeRawBufferPointer(start: text, count: strlen(text)).map { $0 })
  }
}
