import Glibc
import TestSupport

/// The results in Markdown.
struct Report {
  private let measurements: [Measurement]
  private let growth: Growth
  private let rounds: Int

  init(_ measurements: [Measurement], _ growth: Growth, rounds: Int) {
    (self.measurements, self.growth, self.rounds) = (measurements, growth, rounds)
  }

  /// A table for each work, with the median of each contender and its quartiles.
  static func text(of measurement: Measurement) -> String {
    let work = measurement.work
    var text = "### \(work.name): \(work.measure.rawValue)\n\n"
    text += "| | median | quartiles | rangeclose takes |\n|---|---:|---:|---:|\n"
    for contender in work.contenders {
      guard let times = measurement.times[contender.name] else {
        text += "| \(contender.name) | not installed | | |\n"
        continue
      }
      let quartiles = "\(milliseconds(times.quantile(0.25))) to \(milliseconds(times.quantile(0.75)))"
      let ratio = contender.name == Work.ours ? "" : measurement.ratio(to: contender.name).map(share) ?? ""
      text += "| \(contender.name) | \(milliseconds(times.median)) ms | \(quartiles) | \(ratio) |\n"
    }
    let verdicts = work.bars.compactMap(measurement.verdict).map { verdict in
      "\(verdict.bar): \(verdict.figure)\(verdict.isKept ? "" : " (not kept)")"
    }
    return text + "\n" + (verdicts + ["peak memory \(measurement.memory) KiB"]).joined(separator: "; ") + "\n"
  }

  static func text(of growth: Growth) -> String {
    var text = "### Growth of the pause\n\n| | pauses | for each more |\n|---|---|---:|\n"
    for line in growth.lines {
      let points = line.points.map { "\($0.count): \(milliseconds($0.pause)) ms" }.joined(separator: ", ")
      text += "| \(line.name) | \(points) | \((line.slope * 1e6).text(2)) us |\n"
    }
    return text
  }

  /// All of it, with what it was measured on.
  var text: String {
    """
    # Results

    Measured \(Self.date) on \(Self.machine), \(rounds) rounds (3 of what is slow), in each of which every
    contender ran once. Ratios are medians over rounds. A pause is the largest gap between two looks at the clock
    in the process itself; what it does without anybody's doing is in it.

    `floor` is a small C program that does the least that any correct tool must; see `floor/`. Made by

        swift build -c release && swift run -c release benchmark --write

    \(measurements.map(Self.text).joined(separator: "\n"))
    \(Self.text(of: growth))
    ![growth](growth.svg)

    """
  }

  private static func milliseconds(_ seconds: Double) -> String { (seconds * 1e3).text(3) }

  private static func share(_ ratio: Double) -> String {
    ratio >= 0.1 ? ratio.text(2) + " x" : "1/\((1 / ratio).text(0))"
  }

  private static var date: String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    let day = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)]
    return day.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: "-")
  }

  private static var machine: String {
    var name = utsname()
    uname(&name)
    let release = withUnsafeBytes(of: &name.release) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    let kind = withUnsafeBytes(of: &name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return "Linux \(release), \(kind), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) processors"
  }
}
