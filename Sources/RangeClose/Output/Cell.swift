import FDCore
import FDSelectors

/// The value of a column in a row.
enum Cell {
  /// The column does not apply to the row.
  case none
  /// rangeclose could not read the fact.
  case unknown
  case number(UInt64)
  /// A number that may need all of its 64 bits, which is a string in JSON.
  case identifier(UInt64)
  /// A device number, `(major << 32) | minor`, which is a string in JSON.
  case device(UInt64)
  /// A size in bytes.
  case bytes(UInt64)
  case flag(Bool)
  /// A text from a table of rangeclose.
  case word(String)
  /// A text that may contain any bytes, because the target chose it.
  case name(ByteString)
  case list([String])

  /// The value of a fact that may be unknown.
  init<Value>(_ fact: Fact<Value>, _ cell: (Value) -> Cell) {
    self = fact.value.map(cell) ?? .unknown
  }
}

extension Cell {
  /// The text in a table: `-` if the column does not apply, and `?` if the fact is unknown.
  ///
  /// - Parameter inBytes: whether a size is printed as its exact number of bytes.
  func text(inBytes: Bool) -> String {
    switch self {
    case .none: "-"
    case .unknown: "?"
    case .number(let number), .identifier(let number): "\(number)"
    case .device(let number): "\(number >> 32):\(number & 0xFFFF_FFFF)"
    case .bytes(let size): inBytes ? "\(size)" : ByteSize(size).short
    case .flag(let isSet): isSet ? "yes" : "no"
    case .word(let word): word
    case .name(let name): name.bytes.isEmpty ? "-" : name.cell
    case .list(let words): words.isEmpty ? "-" : words.joined(separator: ",")
    }
  }

  /// Whether this value comes before another value of the same column.
  ///
  /// A value that is not known or does not apply comes first.
  func precedes(_ other: Cell) -> Bool {
    switch (self, other) {
    case (.number(let one), .number(let two)), (.bytes(let one), .bytes(let two)),
      (.identifier(let one), .identifier(let two)), (.device(let one), .device(let two)):
      one < two
    case (.flag(let one), .flag(let two)): !one && two
    // An inode number is a word, because JSON has it as a string.
    case (.word(let one), .word(let two)) where one.isDecimal && two.isDecimal:
      (one.utf8.count, one) < (two.utf8.count, two)
    default: sortText.lexicographicallyPrecedes(other.sortText)
    }
  }

  private var sortText: [UInt8] {
    switch self {
    case .none, .unknown: []
    case .name(let name): name.bytes
    default: Array(text(inBytes: true).utf8)
    }
  }
}

/// A number of bytes, in words for people.
struct ByteSize {
  private let count: UInt64
  private let number: String
  private let unit: Int

  private static let units = ["", "K", "M", "G", "T", "P", "E"]

  init(_ count: UInt64) {
    self.count = count
    var (tenths, unit) = (Double(count) * 10, 0)
    // A size that rounds to 1024.0 belongs to the next unit.
    while tenths.rounded() >= 10240 && unit < Self.units.count - 1 {
      tenths /= 1024
      unit += 1
    }
    self.unit = unit
    let rounded = UInt64(tenths.rounded())
    number = "\(rounded / 10).\(rounded % 10)"
  }

  /// The size for a table, such as `64M`, `1.5G` or `17`.
  var short: String {
    if unit == 0 { return "\(count)" }
    return (number.hasSuffix(".0") ? String(number.dropLast(2)) : number) + Self.units[unit]
  }

  /// The size for a sentence, such as `64.0 MiB` or `17 bytes`.
  ///
  /// - Parameter inBytes: whether the size is the exact number of bytes.
  func words(inBytes: Bool) -> String {
    if unit == 0 || inBytes { return counted(count, "byte") }
    return "\(number) \(Self.units[unit])iB"
  }
}
