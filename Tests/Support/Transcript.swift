/// The last lines that a test and its target exchanged, for the description of a failure.
struct Transcript {
  /// How many bytes of lines it keeps, and how many characters of one line.
  private static let capacity = 4096
  private static let lineCapacity = 1000

  private var lines: [String] = []
  private var size = 0
  private var isCut = false

  /// Adds a line that the test sent.
  mutating func noteSent(_ line: some StringProtocol) { add("> ", line) }

  /// Adds a line that the target printed.
  mutating func noteHeard(_ line: some StringProtocol) { add("< ", line) }

  /// Adds the lines at the end of a longer output.
  mutating func noteHeard(_ output: [UInt8]) {
    if output.isEmpty { return }
    isCut = isCut || output.count > Self.capacity
    let end = String(decoding: output.suffix(Self.capacity), as: UTF8.self)
    for line in end.split(separator: "\n") { noteHeard(line) }
  }

  private mutating func add(_ mark: String, _ line: some StringProtocol) {
    let isLong = line.utf8.count > Self.lineCapacity
    let text = mark + (isLong ? line.prefix(Self.lineCapacity) + "..." : String(line))
    lines.append(text)
    size += text.utf8.count
    while size > Self.capacity, lines.count > 1 {
      size -= lines.removeFirst().utf8.count
      isCut = true
    }
  }

  /// The lines, each with its mark: `>` for a line that the test sent, `<` for one that the target printed.
  var text: String {
    if lines.isEmpty { return "  nothing" }
    return ((isCut ? ["..."] : []) + lines).map { "  \($0)" }.joined(separator: "\n")
  }
}
