import TestSupport
import Testing

/// The directories of FDCore are rooms with one-way doors: each uses only the rooms before it.
@Suite struct RoomTests {
  private static let order = [
    "System", "Procfs", "Descriptors", "Target", "Duplicates", "Hazards", "Injection/Arch",
    "Injection/Threads",
    "Injection/Calls", "Injection/Session", "Saving", "Operations",
  ]

  private struct File {
    let path: String
    let room: Int
    let source: SwiftTokens
    let declarations: SwiftTokens.Declarations

    init(_ path: String, room: Int, _ text: String) {
      (self.path, self.room) = (path, room)
      source = SwiftTokens(text)
      declarations = source.declarations
    }
  }

  /// The position of a file's room in the order; nil if it is in none.
  private static func room(_ path: some StringProtocol) -> Int? {
    order.firstIndex { path.hasPrefix("\($0)/") }
  }

  private static let root =
    #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/Sources/FDCore"

  /// The names that a file uses although a later room declares them.
  ///
  /// A member counts if the later room adds it to a type of an earlier one, and if no room up to the file's
  /// own declares a member of that name.
  private static func violations(_ file: File, among files: [File]) -> Set<String> {
    let later = files.filter { $0.room > file.room }, others = files.filter { $0.room <= file.room }
    let types = Set(others.flatMap { $0.declarations.topLevel })
    let members = Set(others.flatMap { $0.declarations.members })
    let foreign = later.flatMap { $0.declarations.extensionMembers }
      .filter { types.contains($0.type) && !members.contains($0.member) }.map { $0.member }
    return file.source.usedNames.intersection(later.flatMap { $0.declarations.topLevel })
      .union(file.source.usedMembers.intersection(foreign))
  }

  @Test func everyRoomUsesOnlyTheRoomsBeforeIt() throws {
    let paths = try Target("sh", ["-c", "cd '\(Self.root)' && find * -name '*.swift' | sort"]).rest()
    var files: [File] = []
    for path in paths.split(separator: "\n") {
      guard let room = Self.room(path) else {
        Issue.record("Sources/FDCore/\(path) is in no room of the order")
        continue
      }
      files.append(File(String(path), room: room, try Target("cat", ["\(Self.root)/\(path)"]).rest()))
    }
    #expect(files.count > 20)
    for file in files {
      for name in Self.violations(file, among: files).sorted() {
        Issue.record("\(file.path) uses \(name), which a later room declares")
      }
    }
  }

  /// The check finds what it is meant to find.
  @Test func everyKindOfViolationIsFound() {
    let later = [
      File("Target/Error.swift", room: 3, "package enum TargetError: Error {}\nfunc explain(_ code: Int) {}"),
      File("Target/Reader.swift", room: 3, "extension Reader {\n  func numbers(of target: Int) {}\n}"),
    ]
    func violations(_ text: String) -> Set<String> {
      let file = File("System/Reader.swift", room: 0, "struct Reader { var x: Int }\n" + text)
      return Self.violations(file, among: later + [file])
    }
    #expect(violations("let error: TargetError? = nil") == ["TargetError"])
    #expect(violations("let text = \"\\(TargetError.self)\"") == ["TargetError"])
    #expect(violations("let text = #\"\\#([explain(1), 2])\"#") == ["explain"])
    #expect(violations("func f(_ reader: Reader) { reader.numbers(of: 1) }") == ["numbers"])
    #expect(violations("/// TargetError\n// explain(1)\n/* /* */ TargetError */") == [])
    #expect(violations("let text = \"TargetError \\\" explain(1)\", raw = #\"\\(TargetError)\"#") == [])
    #expect(violations("let text = \"\"\"\n  \"TargetError\" .numbers\n  \"\"\"") == [])
    #expect(violations("func f(explain: Int) -> Int { explain + numbers.count }") == [])
    #expect(violations("extension Reader { var numbers: Int { self.numbers } }") == [])
  }
}
