import Glibc

/// The programs that tests run, and whether they are installed.
package enum Programs {
  /// The directory of the built products, which has the test runner, too.
  package static let directory: String = {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer[..<max(length, 0)].map(UInt8.init(bitPattern:)), as: UTF8.self)
    return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }()

  /// The command under test, which RANGECLOSE_TEST_COMMAND may name.
  ///
  /// By default it is the command that was built with the tests.
  package static let rangeclose =
    getenv("RANGECLOSE_TEST_COMMAND").map { String(cString: $0) } ?? directory + "/rangeclose"

  /// The path of a fixture, whose source is in `Tests/Fixtures`.
  package static func fixture(_ name: String) -> String {
    "\(directory)/fixture-\(name)"
  }

  /// Whether the tests that need these programs run.
  ///
  /// If a program is not installed, its tests are skipped, so that `swift test` passes on any machine. If
  /// RANGECLOSE_TEST_ALL is set they run, and fail.
  package static func has(_ programs: String...) -> Bool {
    getenv("RANGECLOSE_TEST_ALL") != nil || programs.allSatisfy(isInstalled)
  }

  /// Whether the tests run as root, which some targets need.
  package static var isRoot: Bool { geteuid() == 0 }

  private static func isInstalled(_ program: String) -> Bool {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    let directories = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
    return directories.contains { access("\($0)/\(program)", X_OK) == 0 }
  }
}

/// The exit status of a command, and what it printed.
package struct Outcome {
  package let status: Int32
  package let output: String
  package let errors: String

  /// The errors without the line that ends a dry run, and without hazards and notes.
  package var hints: String {
    let others = [
      " would be closed", " would be marked", " may use the descriptors", " standard stream",
      " watched by epoll ", " of type ", " listening: no client ", " open for writing, and ",
      " has record locks",
      " end of a pipe: ", " end of a pipe that could be found: ", " connected to ", " starts anew",
      " non-blocking, and epoll ", " last master of ",
    ]
    return errors.split(separator: "\n").filter { line in
      !others.contains { line.contains($0) }
    }
    .map { $0 + "\n" }.joined()
  }
}

/// Runs the command under test until it ends.
///
/// - Parameter asNobody: whether to run it as nobody, with no group and no capability. This needs root.
package func rangeclose(_ arguments: String..., asNobody: Bool = false) throws -> Outcome {
  try rangeclose(arguments, asNobody: asNobody)
}

/// Runs the command under test until it ends.
///
/// - Parameters:
///   - asNobody: whether to run it as nobody, with no group and no capability. This needs root.
///   - prefix: words in front of the command.
package func rangeclose(
  _ arguments: [String], asNobody: Bool = false, after prefix: [String] = []
) throws -> Outcome {
  let scratch = Scratch()
  // The shell separates the two streams, and calls exec: so the command has the PID of the shell.
  let script = "exec \"$@\" 2>\"$ERRORS\""
  let command =
    asNobody
    ? asNobodyPrefix + [try scratch.copy(of: Programs.rangeclose, "rangeclose")]
    : [Programs.rangeclose]
  let run = try Target(
    "sh", ["-c", script, "sh"] + prefix + command + arguments, environment: ["ERRORS=\(scratch("stderr"))"])
  run.endInput()
  let output = try run.rest()
  return Outcome(status: run.wait(), output: output, errors: scratch.read("stderr"))
}

/// The words in front of a command that make it run without any rights.
package let asNobodyPrefix = [
  "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
]
