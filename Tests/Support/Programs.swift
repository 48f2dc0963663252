import Glibc

/// Where the programs that tests run are found, and what to do where one is not.
package enum Programs {
  /// The directory of the built products, in which the test runner lies too.
  package static let directory: String = {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer[..<max(length, 0)].map(UInt8.init(bitPattern:)), as: UTF8.self)
    return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }()

  /// The command under test: what RANGECLOSE_TEST_COMMAND names, and else the one that was built with the
  /// tests.
  package static let rangeclose =
    getenv("RANGECLOSE_TEST_COMMAND").map { String(cString: $0) } ?? directory + "/rangeclose"

  /// A fixture of `Tests/Fixtures`.
  package static func fixture(_ name: String) -> String {
    "\(directory)/fixture-\(name)"
  }

  /// Whether the tests that need this program are to run.
  ///
  /// Without it they are left out, so that `swift test` passes anywhere; where RANGECLOSE_TEST_ALL is set
  /// they run, and fail.
  package static func has(_ programs: String...) -> Bool {
    getenv("RANGECLOSE_TEST_ALL") != nil || programs.allSatisfy(isInstalled)
  }

  /// Whether the tests run with root's rights, which some targets can only be made with.
  package static var isRoot: Bool { geteuid() == 0 }

  private static func isInstalled(_ program: String) -> Bool {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    let directories = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
    return directories.contains { access("\($0)/\(program)", X_OK) == 0 }
  }
}

/// What a command that ended had to say.
package struct Outcome {
  package let status: Int32
  package let output: String
  package let errors: String
}

/// Runs the built command to its end.
///
/// - Parameter user: whether to run it as nobody, with no group and no capability. Needs root.
package func rangeclose(_ arguments: String..., asNobody: Bool = false) throws -> Outcome {
  try rangeclose(arguments, asNobody: asNobody)
}

/// Runs the built command to its end.
package func rangeclose(_ arguments: [String], asNobody: Bool = false) throws -> Outcome {
  let scratch = Scratch()
  // The shell keeps the two streams apart, and execs: the command is the process that was started.
  let script = "exec \"$@\" 2>\"$ERRORS\""
  let command =
    asNobody
    ? asNobodyPrefix + [try scratch.copy(of: Programs.rangeclose, "rangeclose")]
    : [Programs.rangeclose]
  let run = try Target(
    "sh", ["-c", script, "sh"] + command + arguments, environment: ["ERRORS=\(scratch("stderr"))"])
  run.endInput()
  let output = try run.rest()
  return Outcome(status: run.wait(), output: output, errors: scratch.read("stderr"))
}

/// What to put before a command for it to run without any rights.
package let asNobodyPrefix = [
  "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
]
