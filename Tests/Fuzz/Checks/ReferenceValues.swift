extension ReferenceTerm {
  /// Reads a term without a comparison.
  init(word: [UInt8]) throws(Refusal) {
    if let first = word.first, "0123456789~-,".utf8.contains(first) {
      self = .numbers(
        try Self.items(Self.decoded(word)).map { (item) throws(Refusal) in
          try Self.range(item.map { $0.byte })
        })
      return
    }
    guard let colon = word.firstIndex(of: UInt8(ascii: ":")) else {
      switch String(decoding: word, as: UTF8.self) {
      case "deleted": self = .deleted
      case "tmpfile": self = .temporary
      case "cloexec": self = .flags([])
      case "locked": self = .locked(["posix", "ofd", "flock", "lease", "other"])
      default: throw Refusal()
      }
      return
    }
    let name = String(decoding: word[..<colon], as: UTF8.self)
    try self.init(name: name, Self.decoded(Array(word[(colon + 1)...])))
  }

  /// Reads an option's value, in which quotes and blanks are ordinary characters.
  init(option name: String, _ value: [UInt8]) throws(Refusal) {
    switch name {
    case "deleted", "tmpfile", "cloexec": try self.init(word: Array(name.utf8))
    default: try self.init(name: name, Self.decoded(value, hasQuotes: false))
    }
  }

  init(comparing name: [UInt8], _ relation: String, _ amount: [UInt8]) throws(Refusal) {
    let quantity = String(decoding: name, as: UTF8.self)
    guard ["size", "offset", "links", "idle", "recvq", "sendq"].contains(quantity),
      ["<", "<=", "=", "!=", ">=", ">"].contains(relation)
    else { throw Refusal() }
    let text = Self.decoded(amount).map { $0.byte }
    let isTime = quantity == "idle"
    let number = try isTime ? Self.time(text) : Self.amount(text, hasUnit: quantity != "links")
    // A comparison that every number satisfies, or no number, is refused. The extremes and the neighbours of
    // the amount decide.
    let most: UInt64 = isTime ? 4_294_967 : 1 << 63 - 1
    let probes = [0, most, number, number == 0 ? 0 : number - 1, min(number + 1, most)]
    let answers = Set(probes.map { Self.compares($0, relation, number) })
    guard answers.count == 2 else { throw Refusal() }
    self = .compared(quantity, relation, number)
  }

  /// Reads a time: the kernel counts milliseconds in 32 bits.
  private static func time(_ text: [UInt8]) throws(Refusal) -> UInt64 {
    let digits = text.prefix { $0.isDecimalDigit }
    let unit = String(decoding: text.dropFirst(digits.count), as: UTF8.self)
    guard let number = UInt64(decimal: digits), let factor = unit.isEmpty ? 1 : Vocabulary.times[unit],
      number <= 4_294_967 / factor
    else { throw Refusal() }
    return number * factor
  }

  private static func amount(_ text: [UInt8], hasUnit: Bool) throws(Refusal) -> UInt64 {
    let digits = text.prefix { $0.isDecimalDigit }
    let unit = Array(String(decoding: text.dropFirst(digits.count), as: UTF8.self))
    guard var number = UInt64(decimal: digits), number < 1 << 63, hasUnit || unit.isEmpty else {
      throw Refusal()
    }
    if unit.isEmpty { return number }
    let power = Array("KMGTPE").firstIndex { [String($0), $0.lowercased()].contains(String(unit[0])) }
    guard let power else { throw Refusal() }
    let base: UInt64
    switch unit.count {
    case 2 where unit[1] == "B": base = 1000
    case 3 where unit[1] == "i" && unit[2] == "B", 1: base = 1024
    default: throw Refusal()
    }
    for _ in 0...power {
      let (product, isTooLarge) = number.multipliedReportingOverflow(by: base)
      if isTooLarge || product >= 1 << 63 { throw Refusal() }
      number = product
    }
    return number
  }

  // MARK: Values

  private typealias Letter = ReferenceGlob.Letter

  private init(name: String, _ value: [Letter]) throws(Refusal) {
    if value.isEmpty { throw Refusal() }
    let bytes = value.map { $0.byte }
    switch name {
    case "path": self = .path(try ReferenceGlob(value))
    case "mount": self = .mount(bytes)
    case "fs": self = .fileSystem(bytes)
    case "tty": self = .terminal(bytes)
    case "peer", "local": self = .end(isPeer: name == "peer", try Self.ends(value, isPeer: name == "peer"))
    case "dev":
      self = .device(
        try Self.items(value).map { (item) throws(Refusal) in try Self.device(item.map { $0.byte }) })
    case "inode": self = .inode(try Self.numbers(value, most: .max))
    case "same-as": self = .sameAs(try Self.numbers(value, most: 1 << 32 - 1).map { UInt32($0) })
    case "owner": self = .owner(try Self.numbers(value, most: 1 << 31 - 1).map { Int32($0) })
    default: try self.init(words: try Self.words(name, value), of: name)
    }
  }

  private init(words: Set<String>, of name: String) throws(Refusal) {
    switch name {
    case "mode": self = .mode(words)
    case "locked": self = .locked(words)
    case "flags": self = .flags(Vocabulary.flags.filter { words.contains($0.word) }.map { $0.bits })
    case "state": self = .state(Set(Vocabulary.states.filter { words.contains($0.word) }.map { $0.number }))
    default:
      var types = words
      if words.contains("sock") { types.formUnion(Vocabulary.sockets) }
      if words.contains("anon") { types.formUnion(Vocabulary.anonymousOrOther) }
      if words.contains("bpf") { types.formUnion(Vocabulary.bpf) }
      self = .type(types)
    }
  }

  private static func words(_ name: String, _ value: [Letter]) throws(Refusal) -> Set<String> {
    guard let known = Vocabulary.words[name] else { throw Refusal() }
    var words: Set<String> = []
    for item in try items(value) {
      let folded = item.map { letter in
        letter.byte == 0x5F ? 0x2D : (0x41...0x5A).contains(letter.byte) ? letter.byte + 0x20 : letter.byte
      }
      guard
        let word = known.first(where: { $0.utf8.map { $0 == 0x5F ? 0x2D : $0 } == folded })
      else { throw Refusal() }
      words.insert(word)
    }
    return words
  }

  private static func ends(_ value: [Letter], isPeer: Bool) throws(Refusal) -> [ReferenceEnd] {
    var ends: [ReferenceEnd] = []
    var rest = value[...]
    while true {
      if rest.map({ $0.byte }).starts(with: "unix:".utf8) {
        let name = Array(rest.dropFirst(5))
        if let colon = name.lastIndex(where: { $0.byte == UInt8(ascii: ":") }), !name[colon].isEscaped,
          colon + 1 < name.count, name[(colon + 1)...].allSatisfy({ $0.byte.isDecimalDigit })
        {
          throw Refusal()
        }
        return ends + [.unix(try ReferenceGlob(name))]
      }
      let end = rest.prefix { $0 != Letter(byte: UInt8(ascii: ","), isEscaped: false) }
      if end.isEmpty { throw Refusal() }
      ends.append(try ReferenceEnd(end.map { $0.byte }, isPeer: isPeer))
      if end.count == rest.count { return ends }
      rest = rest.dropFirst(end.count + 1)
    }
  }

  private static func device(_ text: [UInt8]) throws(Refusal) -> UInt64 {
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 2, let major = UInt64(decimal: parts[0]), let minor = UInt64(decimal: parts[1]),
      major < 1 << 12, minor < 1 << 20
    else { throw Refusal() }
    return major << 32 + minor
  }

  private static func numbers(_ value: [Letter], most: UInt64) throws(Refusal) -> [UInt64] {
    var numbers: [UInt64] = []
    for item in try items(value) {
      guard let number = UInt64(decimal: item.map({ $0.byte })[...]), number <= most else { throw Refusal() }
      numbers.append(number)
    }
    return numbers
  }

  private static func range(_ text: [UInt8]) throws(Refusal) -> ClosedRange<UInt32> {
    let ends = text.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard ends.count <= 2 else { throw Refusal() }
    let first = try number(ends[0])
    if ends.count == 1 { return first...first }
    let last = ends[1].isEmpty ? .max : try number(ends[1])
    guard first <= last else { throw Refusal() }
    return first...last
  }

  private static func number(_ text: ArraySlice<UInt8>) throws(Refusal) -> UInt32 {
    let isComplement = text.first == UInt8(ascii: "~")
    guard let number = UInt64(decimal: isComplement ? text.dropFirst() : text), number < 1 << 32 else {
      throw Refusal()
    }
    return UInt32(isComplement ? (1 << 32) - 1 - number : number)
  }

  private static func items(_ value: [Letter]) throws(Refusal) -> [[Letter]] {
    let comma = Letter(byte: UInt8(ascii: ","), isEscaped: false)
    let items = value.split(separator: comma, omittingEmptySubsequences: false).map(Array.init)
    if items.contains(where: { $0.isEmpty }) { throw Refusal() }
    return items
  }

  /// Drops quotes and decodes escapes.
  private static func decoded(_ text: [UInt8], hasQuotes: Bool = true) -> [Letter] {
    var letters: [Letter] = []
    var quote: UInt8?
    var position = 0
    while position < text.count {
      let byte = text[position]
      position += 1
      if byte == UInt8(ascii: "\\"), position < text.count {
        let (meaning, length) = escape(text[position...])
        letters.append(Letter(byte: meaning, isEscaped: true))
        position += length
      } else if hasQuotes, byte == quote {
        quote = nil
      } else if hasQuotes, quote == nil, byte == 0x22 || byte == 0x27 {
        quote = byte
      } else {
        letters.append(Letter(byte: byte, isEscaped: false))
      }
    }
    return letters
  }

  private static func escape(_ rest: ArraySlice<UInt8>) -> (meaning: UInt8, length: Int) {
    if rest.count >= 3, let byte = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8),
      rest.prefix(3).allSatisfy({ $0.isDecimalDigit })
    {
      return (byte, 3)
    }
    let first = rest[rest.startIndex]
    let meanings: [Character: UInt8] = ["n": 0x0A, "t": 0x09, "r": 0x0D, "e": 0x1B]
    return (meanings[Character(Unicode.Scalar(first))] ?? first, 1)
  }
}
