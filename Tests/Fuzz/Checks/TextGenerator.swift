/// Makes up texts in the grammar of the language; most of them are accepted.
struct TextGenerator {
  var random: Entropy

  init(_ random: Entropy) {
    self.random = random
  }

  /// A whole expression.
  mutating func expression(depth: Int = 0) -> [UInt8] {
    let shape = depth > 4 ? 0 : random.below(9)
    switch shape {
    case 0...3: return term()
    case 4: return Array("not".utf8) + blank() + operand(depth)
    case 5: return Array("(".utf8) + optionalBlank() + expression(depth: depth + 1) + Array(")".utf8)
    default:
      let word = random.pick(["and", "or"])
      var text = operand(depth)
      for _ in 0..<1 + random.below(3) {
        text += blank() + Array(word.utf8) + blank() + operand(depth)
      }
      return text
    }
  }

  private mutating func operand(_ depth: Int) -> [UInt8] {
    if random.once(in: 2) { return term() }
    let part = expression(depth: depth + 1)
    return random.once(in: 4) ? part : Array("(".utf8) + part + Array(")".utf8)
  }

  private mutating func blank() -> [UInt8] {
    random.once(in: 12) ? Array(random.pick(["  ", "\t", "\n", " \n "]).utf8) : [0x20]
  }

  private mutating func optionalBlank() -> [UInt8] { random.once(in: 4) ? blank() : [] }

  /// One term, as it stands in an expression.
  mutating func term() -> [UInt8] {
    switch random.below(10) {
    case 0, 1: return Array(ranges().utf8)
    case 2: return Array(random.pick(["deleted", "tmpfile", "cloexec", "locked", "all"]).utf8)
    case 3:
      let name = random.pick(["size", "offset", "links", "idle", "recvq", "sendq"])
      let relation = random.pick(["<", "<=", "=", "!=", ">=", ">"])
      return Array(name.utf8) + optionalBlank() + Array(relation.utf8) + optionalBlank()
        + Array(amount(of: name).utf8)
    default:
      let (name, value) = namedValue()
      return Array("\(name):".utf8) + spelled(value)
    }
  }

  /// A name and a value, escapes included, as an option takes them.
  mutating func namedValue() -> (name: String, value: [UInt8]) {
    let name = random.pick([
      "path", "type", "mode", "flags", "locked", "mount", "fs", "tty", "dev", "inode", "peer", "local",
      "state",
      "same-as", "owner", "peer", "local", "path",
    ])
    if name == "path" { return (name, glob()) }
    if let words = Vocabulary.words[name] { return (name, list { $0.word(among: words) }) }
    return (name, Array(namedText(name).utf8))
  }

  private mutating func namedText(_ name: String) -> String {
    switch name {
    case "tty": random.pick(["/proc/version", "/dev/pts/0", "/no\\\\where"])
    case "mount", "fs": random.pick(["/", "/proc", "/", "/proc", "/srv/my files", "/no\\\\where"])
    case "dev": text { $0.random.pick(["0:5", "8:1", "0:12", "4095:1048575", "08:01", "4096:1"]) }
    case "inode": text { $0.random.pick(["1", "2", "7", "4712", "18446744073709551615"]) }
    case "same-as": text { $0.random.pick(["0", "1", "2", "5", "4294967295"]) }
    case "owner": text { $0.random.pick([Sample.ownPID, Sample.ownPID, "2147483647"]) }
    default: ends(isPeer: name == "peer")
    }
  }

  private mutating func list(_ item: (inout TextGenerator) -> String) -> [UInt8] { Array(text(item).utf8) }

  private mutating func text(_ item: (inout TextGenerator) -> String) -> String {
    var text = item(&self)
    while random.once(in: 3) { text += "," + item(&self) }
    return text
  }

  private mutating func word(among words: [String]) -> String {
    let word = random.pick(words)
    return random.once(in: 12) ? String(word.uppercased().map { $0 == "-" ? "_" : $0 }) : word
  }

  private mutating func ranges() -> String {
    text { generator in
      let first = generator.number()
      switch generator.random.below(3) {
      case 0: return first
      case 1: return first + "-"
      default:
        let dash = generator.random.pick(["-", "-", "-", " - ", "- ", " -"])
        return first + dash + (generator.random.once(in: 6) ? "max" : generator.number())
      }
    }
  }

  private mutating func number() -> String {
    random.pick([
      "0", "1", "2", "3", "5", "7", "9", "007", "~0", "~1", "4294967295", "100", "12",
      "0x10", "0XfFu", "~0U", "3u", "7L", "~0x1ull", "010",
    ])
  }

  private mutating func amount(of name: String) -> String {
    let number = random.pick(["0", "1", "2", "3", "4095", "4096", "999", "1000", "1024", "8"])
    if name == "links" { return number }
    let fraction = random.once(in: 6) ? random.pick([".5", ".25", ".0", ".999999999999999999", "."]) : ""
    if name == "idle" { return number + fraction + random.pick(["", "s", "m", "h", "d", "H", "ms"]) }
    return number + fraction
      + random.pick(["", "", "K", "KiB", "KB", "M", "MB", "GiB", "T", "P", "E", "EB", "gb", "Ki", "kib"])
  }

  private mutating func ends(isPeer: Bool) -> String {
    var text = ""
    while random.once(in: 3) { text += end(isPeer: isPeer) + "," }
    if random.once(in: 3) { return text + "unix:" + String(decoding: glob(), as: UTF8.self) }
    return text + end(isPeer: isPeer)
  }

  private mutating func end(isPeer: Bool) -> String {
    if isPeer, random.once(in: 6) { return "socket:[\(random.pick(["1", "2", "7"]))]" }
    let port = random.pick([":80", ":22", ":*", ":1-80", ":80-65535", ":http", ":0", ":00080"])
    switch random.below(4) {
    case 0: return port
    case 1:
      let host = random.pick(["::1", "2001:db8::1", "::ffff:10.0.0.1", "::", "fe80::1"])
      let length = random.pick(["", "/0", "/32", "/64", "/95", "/96", "/104", "/127", "/128"])
      if random.once(in: 3) { return host + length }
      let ported = random.once(in: 2) ? port : ""
      return random.once(in: 2) ? "[\(host)]\(length)\(ported)" : "[\(host)\(length)]\(ported)"
    default:
      let host = random.pick(["10.0.0.1", "10.0.0.2", "127.0.0.1", "0.0.0.0", "*", "localhost", "10.9.8.7"])
      let length = host.first?.isNumber == true ? random.pick(["", "", "/0", "/8", "/31", "/32"]) : ""
      return host + length + (random.once(in: 2) ? port : "")
    }
  }

  /// A pattern of a few lower-case letters, so that it matches something now and then.
  private mutating func glob() -> [UInt8] {
    let pieces = [
      "/", "/", "/a", "a", "b", "c", ".", "*", "**", "?", "/**/", "[ab]", "[!a]", "[^b-c]", "[]a]", "[a-]",
      "\\*", "\\[", "\\\\", "\\ ", " ", "é", "\\303\\251", "\\n", "(", ")", "\"", "'", ",", ":", "\\:",
      "ü", "€", "[é]", "[!é]", "[à-ü]", "[^a-€]", "[\\303-\\377]", "\\303", "\\377", "[[:", "[[.a.]",
      "[a[=]", "[\\[:]", "{a,b}", "{a,/**/}", "{,b}*", "{", "}", ",", "{a,", "b}", "{[,],c}", "\\{", "{a}",
      "80", "-", "@", "[a\\]]", "***", "\\001", "pipe:[7]", "socket:[7]", "]", "!", "^",
    ]
    var text = random.once(in: 2) ? "/" : ""
    for _ in 0..<1 + random.below(6) { text += random.pick(pieces) }
    return Array(text.utf8)
  }

  /// A value as an expression writes it: bytes that would end it are quoted or escaped.
  mutating func spelled(_ value: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    var rest = value[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\") {
        text += [byte] + [rest.popFirst() ?? byte]
      } else if Vocabulary.ending.contains(byte) {
        let quote = UInt8(ascii: byte == UInt8(ascii: "\"") ? "'" : "\"")
        text += random.once(in: 2) ? [UInt8(ascii: "\\"), byte] : [quote, byte, quote]
      } else {
        text.append(byte)
      }
    }
    return text
  }
}
