import Glibc
import TestSupport

/// Compares the command with the tools that people use today, and with the least that any tool must do.
///
///     swift run -c release benchmark [ROUNDS]     prints a table
///     swift run -c release benchmark --write      writes it to Tests/Benchmarks/RESULTS.md, with a plot
@main
struct Benchmark {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    let rounds = arguments.compactMap { Int($0) }.first ?? 15
    guard access(Programs.rangeclose, X_OK) == 0 else {
      throw Failure("\(Programs.rangeclose) is not there; swift build -c release makes it")
    }
    var measurements: [Measurement] = []
    for work in Works.list {
      let measurement = try Measurement(work(), rounds: rounds)
      print(Report.text(of: measurement))
      fflush(nil)
      measurements.append(measurement)
    }
    let growth = try Growth.measure(rounds: rounds)
    print(Report.text(of: growth))
    guard arguments.contains("--write") else { return }
    let directory = #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" }
    try write(Report(measurements, growth, rounds: rounds).text, to: directory + "/RESULTS.md")
    try write(growth.svg, to: directory + "/growth.svg")
  }

  private static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "we") else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
    fputs(text, file)
    fclose(file)
  }
}
