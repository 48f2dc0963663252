import Glibc
import TestSupport

/// One run of a command, from its start to its end.
struct Run {
  /// The seconds that it took.
  let duration: Double

  /// Runs a command without its output.
  ///
  /// It throws if the command does not start, or if it ends with an unexpected status.
  init(_ command: [String], expecting statuses: Set<Int32> = [0, 1]) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for number: Int32 in 0...2 {
      posix_spawn_file_actions_addopen(&actions, number, "/dev/null", number == 0 ? O_RDONLY : O_WRONLY, 0)
    }
    let argv: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for argument in argv { free(argument) } }
    let begun = Self.now
    var child: pid_t = 0
    let error = posix_spawnp(&child, command[0], &actions, nil, argv, environ)
    guard error == 0 else { throw Failure("\(command[0]): \(String(cString: strerror(error)))") }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    duration = Self.now - begun
    guard status & 0x7F == 0, statuses.contains(status >> 8 & 0xFF) else {
      throw Failure("\(command.joined(separator: " ")): wait status \(status)")
    }
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// Builds the C program of a directory with the C compiler alone.
///
/// The package manager would link it with the libraries of Swift.
func build(_ name: String) -> String {
  let path = Programs.directory + "/" + name
  let sources = #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" } + "/" + name
  let script = "${CC:-$(command -v cc || command -v clang)} -O2 -D_GNU_SOURCE -o \"$0\" \"$1\"/*.c"
  guard let run = try? Target("sh", ["-c", script, path, sources]), run.wait() == 0 else {
    fatalError("\(name) cannot be built: is there a C compiler?")
  }
  return path
}

/// The reason why the benchmark cannot go on.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// The path of a program, or nil if it is not installed.
func find(_ program: String) -> String? {
  let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
  return (path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"])
    .map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
}

extension [Double] {
  var median: Double { quantile(0.5) }

  /// The value that this share of the numbers is below.
  func quantile(_ share: Double) -> Double {
    guard !isEmpty else { return .nan }
    let sorted = self.sorted()
    let place = share * Double(count - 1)
    let low = sorted[Int(place)], high = sorted[Swift.min(Int(place) + 1, count - 1)]
    return low + (high - low) * (place - place.rounded(.down))
  }
}
