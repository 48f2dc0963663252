/// The words of `find(1)` and `gdb(1)`, and the words of other tools that rangeclose has nothing for.
extension ForeignWord {
  static let find: [ForeignWord] = [
    ForeignWord("find", "-name", "'*.log'") { "--path \(quoted("**/" + unquoted($0)))" },
    ForeignWord("find", "-iname", "'*.log'") { "--path \(quoted("**/" + unquoted($0))); case counts" },
    ForeignWord("find", "-path", "'*/log/*'") { "--path \(quoted(acrossSlashes(unquoted($0))))" },
    ForeignWord("find", "-wholename", "'*/log/*'") { "--path \(quoted(acrossSlashes(unquoted($0))))" },
    ForeignWord("find", "-samefile", "/etc/passwd") { "--path \(quoted($0))" },
    ForeignWord("find", "-type", "f") { typeOfFind($0).map { "--type \($0)" } },
    ForeignWord("find", "-size", "+1G") { size($0).map { "--size '\($0)'" } },
    ForeignWord("find", "-empty", means: "--size '=0'"),
    ForeignWord("find", "-links", "0") { links($0) },
    ForeignWord("find", "-links", "+1") { links($0) },
    ForeignWord("find", "-inum", "4711") { $0.isDecimal ? "the operand inode:\($0)" : nil },
    ForeignWord("find", "-print", means: "-n"),
    ForeignWord("find", "-ls", means: "-n"),
    ForeignWord("find", "-and", means: "the default, so leave it out; different selectors must all hold"),
    ForeignWord("find", "-or", means: "an operand such as 'deleted or type:tcp'"),
    ForeignWord("find", "-not", means: "--except SELECTOR"),
  ]

  static let gdb: [ForeignWord] = [
    ForeignWord("gdb", "call", "close(4)", .operand) { called($0) },
    ForeignWord("gdb", "p", "close(4)", .operand) { called($0) },
    ForeignWord("gdb", "print", "close(4)", .operand) { called($0) },
    ForeignWord("gdb", "-ex", "'call close(4)'") { called(unquoted($0)) },
    ForeignWord("gdb", "attach", "1000", .operand) { $0.isDecimal ? "\($0) as the first operand" : nil },
  ]

  /// Options of other tools without a replacement.
  package static let strangers: [(tool: String, words: [String])] = [
    (
      "find",
      [
        "-amin", "-anewer", "-atime", "-cmin", "-cnewer", "-ctime", "-daystart", "-delete", "-depth", "-exec",
        "-execdir", "-executable", "-fls", "-follow", "-fprint", "-fstype", "-gid", "-group", "-ignore",
        "-ilname", "-ipath", "-iregex", "-iwholename", "-lname", "-maxdepth", "-mindepth", "-mmin", "-mtime",
        "-newer", "-nogroup", "-noleaf", "-nouser", "-ok", "-okdir", "-perm", "-print0", "-printf", "-prune",
        "-quit", "-readable", "-regex", "-regextype", "-uid", "-used", "-user", "-warn", "-writable", "-xdev",
        "-xtype",
      ]
    ),
    ("gdb", ["-batch", "--batch", "-iex", "--args", "-nx", "--nx"]),
  ]

  // MARK: Their arguments

  /// A call in an expression of gdb, or the number that is meant to be closed.
  private static func called(_ text: String) -> String? {
    let words = text.split(separator: " ").map(String.init)
    let bare = words.count > 1 && ["call", "p", "print"].contains(words[0]) ? words[1...].joined() : text
    return call(bare) ?? descriptors(bare)
  }

  /// A count of links of find(1); a file without links is deleted.
  private static func links(_ text: String) -> String? {
    if text == "0" || text == "-1" { return "--deleted" }
    return size(text).map { "the operand 'links\($0)'" }
  }

  /// A pattern of find(1), in which a single star crosses slashes.
  private static func acrossSlashes(_ pattern: String) -> String {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    return parts.enumerated().filter { $0.offset == 0 || $0.offset == parts.count - 1 || !$0.element.isEmpty }
      .map { String($0.element) }.joined(separator: "**")
  }
}
