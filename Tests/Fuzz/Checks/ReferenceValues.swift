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
      case "all": self = .numbers([0 ... .max])
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
    case "all", "deleted", "tmpfile", "cloexec": try self.init(word: Array(name.utf8))
    case "size", "offset", "links", "idle", "recvq", "sendq":
      let letters = Self.decoded(value, hasQuotes: false)
      let isBlank = { (letter: Letter) in [0x20, 9, 10, 11, 12, 13].contains(letter.byte) }
      let text = letters.drop(while: isBlank)
      let relation = text.prefix { "<=>!".utf8.contains($0.byte) }
      var amount = text.dropFirst(relation.count).drop(while: isBlank)
      while let last = amount.last, isBlank(last) { amount.removeLast() }
      try self.init(
        comparing: Array(name.utf8), String(decoding: relation.map { $0.byte }, as: UTF8.self),
        decoded: amount.map { $0.byte })
    default: try self.init(name: name, Self.decoded(value, hasQuotes: false))
    }
  }

  init(comparing name: [UInt8], _ relation: String, _ amount: [UInt8]) throws(Refusal) {
    try self.init(comparing: name, relation, decoded: Self.decoded(amount).map { $0.byte })
  }

  private init(comparing name: [UInt8], _ relation: String, decoded text: [UInt8]) throws(Refusal) {
    let quantity = String(decoding: name, as: UTF8.self)
    guard ["size", "offset", "links", "idle", "recvq", "sendq"].contains(quantity),
      ["<", "<=", "=", "!=", ">=", ">"].contains(relation)
    else { throw Refusal() }
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
    let (digits, fraction, unit) = try parts(text)
    guard let factor = unit.isEmpty ? 1 : Vocabulary.times[unit] else { throw Refusal() }
    return try product(digits, fraction, UInt128(factor), most: 4_294_967)
  }

  private static func amount(_ text: [UInt8], hasUnit: Bool) throws(Refusal) -> UInt64 {
    let (digits, fraction, unit) = try parts(text)
    guard hasUnit || unit.isEmpty else { throw Refusal() }
    var factor: UInt128 = 1
    if !unit.isEmpty {
      let letters = Array(unit.lowercased())
      guard let power = Array("kmgtpe").firstIndex(of: letters[0]),
        let base = ["": 1024, "i": 1024, "ib": 1024, "b": 1000][String(letters.dropFirst())]
      else { throw Refusal() }
      for _ in 0...power { factor *= UInt128(base as Int) }
    }
    return try product(digits, fraction, factor, most: 1 << 63 - 1)
  }

  /// The digits before and after a decimal point, and the unit.
  private static func parts(_ text: [UInt8]) throws(Refusal) -> (
    digits: [UInt8], fraction: [UInt8], unit: String
  ) {
    let digits = text.prefix { $0.isDecimalDigit }
    var rest = text.dropFirst(digits.count)
    var fraction: [UInt8] = []
    if rest.first == UInt8(ascii: ".") {
      fraction = Array(rest.dropFirst().prefix { $0.isDecimalDigit })
      rest = rest.dropFirst(1 + fraction.count)
      if fraction.isEmpty || fraction.count > 18 || rest.isEmpty { throw Refusal() }
    }
    guard !digits.isEmpty, rest.allSatisfy({ $0.isNameByte }) else { throw Refusal() }
    return (Array(digits), fraction, String(decoding: rest, as: UTF8.self))
  }

  /// All digits as one number, times the factor, without as many digits as the fraction has.
  private static func product(
    _ digits: [UInt8], _ fraction: [UInt8], _ factor: UInt128, most: UInt64
  ) throws(Refusal) -> UInt64 {
    guard let whole = UInt64(decimal: digits[...]), whole <= most else { throw Refusal() }
    var number = UInt128(whole)
    for digit in fraction { number = number * 10 + UInt128(digit - 0x30) }
    let (product, isTooLarge) = number.multipliedReportingOverflow(by: factor)
    let result = fraction.reduce(product) { rest, _ in rest / 10 }
    if isTooLarge || result > UInt128(most) { throw Refusal() }
    return UInt64(result)
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
    let isOpen = ends[1].isEmpty || ends[1].elementsEqual("max".utf8)
    let last = isOpen ? .max : try number(ends[1])
    guard first <= last else { throw Refusal() }
    return first...last
  }

  private static func number(_ text: ArraySlice<UInt8>) throws(Refusal) -> UInt32 {
    let isComplement = text.first == UInt8(ascii: "~")
    var letters = String(decoding: isComplement ? text.dropFirst() : text, as: UTF8.self).lowercased()
    guard letters.utf8.allSatisfy({ $0 < 0x80 }), text.allSatisfy({ $0 < 0x80 }) else { throw Refusal() }
    let isHexadecimal = letters.hasPrefix("0x")
    if isHexadecimal { letters.removeFirst(2) }
    if let suffix = ["ull", "llu", "ul", "lu", "ll", "u", "l"].first(where: letters.hasSuffix) {
      letters.removeLast(suffix.count)
    }
    let isNumber = letters.allSatisfy { $0.isNumber || isHexadecimal && "abcdef".contains($0) }
    guard isNumber, let number = UInt64(letters, radix: isHexadecimal ? 16 : 10), number < 1 << 32 else {
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
