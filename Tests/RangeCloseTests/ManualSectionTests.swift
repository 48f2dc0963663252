import TestSupport
import Testing

/// The manual page of the command has the usual sections, and in them what the sources use.
@Suite struct ManualSectionTests {
  private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

  /// The lines of a section.
  private func section(_ heading: String) throws -> [String] {
    let lines = try Target("cat", ["\(Self.root)/man/rangeclose.1"]).rest()
      .split(separator: "\n").map(String.init)
    let begin = try #require(lines.firstIndex(of: ".SH \(heading)"), "there is no section \(heading)")
    return Array(lines[(begin + 1)...].prefix { !$0.hasPrefix(".SH") })
  }

  /// What a pattern finds in the sources, without repetitions.
  private func inSources(_ pattern: String) throws -> Set<String> {
    let script = "cd '\(Self.root)' && grep -rhoE --include='*.swift' --include='*.c' -e \"$0\" Sources"
    return Set(try Target("sh", ["-c", script, pattern]).rest().split(separator: "\n").map(String.init))
  }

  @Test(arguments: [
    "NAME", "SYNOPSIS", "DESCRIPTION", "OUTPUT", "JSON", "\"EXIT STATUS\"", "ENVIRONMENT", "PERMISSIONS",
    "ERRORS", "FILES", "EXAMPLES", "HISTORY", "NOTES", "CAVEATS", "\"SEE ALSO\"", "AUTHORS",
    "\"REPORTING BUGS\"", "COPYRIGHT",
  ])
  func theUsualSectionsAreThere(heading: String) throws {
    #expect(try !section(heading).isEmpty)
  }

  @Test func everyEnvironmentVariableIsThereAndNoOther() throws {
    let used = try inSources(#"clinux_has_environment\("[A-Z_]+""#).map { $0.split(separator: "\"")[1] }
    let lines = try section("ENVIRONMENT")
    let heads = zip(lines, lines.dropFirst()).filter { $0.0 == ".TP" }.map { $0.1.dropFirst(".B ".count) }
    #expect(!used.isEmpty && Set(heads) == Set(used))
  }

  /// The files of the system with a fixed name.
  ///
  /// The sources put the names of files below /proc/PID together.
  @Test func everyFileOfTheSystemIsThere() throws {
    let section = try section("FILES").joined(separator: "\n").filter { $0 != "\\" }
    let paths = try inSources(#""/(proc|sys)/[a-z][a-z_/-]+""#).map { $0.filter { $0 != "\"" } }
      .filter { !$0.hasPrefix("/proc/self") && !$0.hasPrefix("/proc/thread-self") }
    #expect(paths.contains("/proc/swaps") && paths.contains("/proc/sys/kernel/yama/ptrace_scope"))
    for path in paths { #expect(section.contains(path), "FILES lacks \(path)") }
  }
}
