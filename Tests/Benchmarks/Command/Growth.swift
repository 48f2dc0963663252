import Glibc
import TestSupport

/// The growth of the pause with the number of descriptors, ranges and threads.
///
/// For the number of processes it is the growth of the whole command.
struct Growth {
  struct Line {
    let name: String
    /// The numbers, and the median time of each in seconds.
    let points: [(count: Int, time: Double)]
    /// The time that grows.
    var measure = Work.Measure.pause

    /// The name in the plot and in the table.
    var title: String { "\(measure == .pause ? "pause" : "whole command") by \(name)" }

    /// The growth of the time for each more, in seconds.
    ///
    /// It is the least-squares slope. Each point has the inverse of its count as weight, because the errors
    /// grow with the figures.
    var slope: Double {
      let weights = points.map { 1 / Double($0.count) }
      let total = weights.reduce(0, +)
      let meanCount = zip(weights, points).reduce(0) { $0 + $1.0 * Double($1.1.count) } / total
      let meanTime = zip(weights, points).reduce(0) { $0 + $1.0 * $1.1.time } / total
      let both = zip(weights, points).reduce(0) {
        $0 + $1.0 * (Double($1.1.count) - meanCount) * ($1.1.time - meanTime)
      }
      let square = zip(weights, points).reduce(0) {
        $0 + $1.0 * (Double($1.1.count) - meanCount) * (Double($1.1.count) - meanCount)
      }
      return both / square
    }
  }

  let lines: [Line]

  static func measure(rounds: Int) throws -> Growth {
    let descriptors = try [10, 100, 1_000, 19_900].map { count in
      let subject = try Subject()
      return try point(count, subject, rounds) {
        try subject.open(100...99 + count)
      } command: {
        ["100-"]
      }
    }
    let fragments = try [10, 100, 1_000, 9_950].map { count in
      let subject = try Subject()
      let numbers = stride(from: 100, to: 100 + 2 * count, by: 2).map(String.init).joined(separator: ",")
      return try point(count, subject, rounds) {
        try subject.open(100...99 + 2 * count)
      } command: {
        [numbers]
      }
    }
    let threads = try [1, 10, 100, 1_000].map { count in
      let subject = try Subject(threads: count)
      return try point(count, subject, rounds) {
        try subject.open(100...109)
      } command: {
        ["100-"]
      }
    }
    return Growth(lines: [
      Line(name: "descriptors", points: descriptors), Line(name: "ranges", points: fragments),
      Line(name: "threads", points: threads),
      Line(name: "processes", points: try processes(rounds), measure: .duration),
    ])
  }

  private static func processes(_ rounds: Int) throws -> [(count: Int, time: Double)] {
    let (subject, crowd) = (try Subject(), try Subject())
    return try [100, 1_000, 10_000].map { count in
      try crowd.fork(count)
      let times = try (0..<rounds).map { _ in
        try subject.open(100...109)
        return try Run([Programs.rangeclose, subject.pid, "100-"]).duration
      }
      return (count, times.median)
    }
  }

  private static func point(
    _ count: Int, _ subject: Subject, _ rounds: Int, prepare: () throws -> Void, command: () -> [String]
  ) throws -> (count: Int, time: Double) {
    var pauses: [Double] = []
    for _ in 0..<rounds {
      try prepare()
      pauses.append(try subject.pause { _ = try Run([Programs.rangeclose, subject.pid] + command()) })
    }
    return (count, pauses.median)
  }

  // MARK: - As a picture

  private static let width = 640.0, height = 400.0, margin = 60.0
  /// The ranges of the two logarithmic axes: counts from 1, and times in seconds.
  private static let decades = 5.0, firstTime = 1e-5, timeDecades = 5.0

  /// The plot as an SVG document.
  var svg: String {
    let colours = ["#1b6ca8", "#c0392b", "#2e7d32", "#8e5a00"]
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" \
      font-family="sans-serif" font-size="12">
      <rect width="100%" height="100%" fill="white"/>

      """
    for decade in 0...Int(Self.decades) {
      let x = Self.x(pow(10, Double(decade)))
      text += Self.rule(x, Self.margin / 2, x, Self.height - Self.margin)
      text += Self.label("\(Int(pow(10, Double(decade))))", x, Self.height - Self.margin + 18, "middle")
    }
    for (decade, name) in ["10 us", "100 us", "1 ms", "10 ms", "100 ms", "1 s"].enumerated() {
      let y = Self.y(Self.firstTime * pow(10, Double(decade)))
      text += Self.rule(Self.margin, y, Self.width - Self.margin / 2, y)
      text += Self.label(name, Self.margin - 6, y + 4, "end")
    }
    text += Self.label("how many", Self.width / 2, Self.height - 12, "middle")
    for (index, line) in lines.enumerated() {
      let places = line.points.map { "\(Self.x(Double($0.count)).text(1)),\(Self.y($0.time).text(1))" }
      text +=
        "<polyline points=\"\(places.joined(separator: " "))\" fill=\"none\" stroke=\"\(colours[index])\" "
      text += "stroke-width=\"2\"/>\n"
      for point in line.points {
        text += "<circle cx=\"\(Self.x(Double(point.count)).text(1))\" cy=\"\(Self.y(point.time).text(1))\" "
        text += "r=\"3\" fill=\"\(colours[index])\"/>\n"
      }
      let y = 40 + Double(index) * 18
      text +=
        "<text x=\"\(Self.margin + 12)\" y=\"\(y)\" fill=\"\(colours[index])\">\(line.title)</text>\n"
    }
    return text + "</svg>\n"
  }

  private static func x(_ count: Double) -> Double {
    margin + log10(count) / decades * (width - 1.5 * margin)
  }

  private static func y(_ time: Double) -> Double {
    height - margin - log10(max(time, firstTime) / firstTime) / timeDecades * (height - 1.5 * margin)
  }

  private static func rule(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
    "<line x1=\"\(x1.text(1))\" y1=\"\(y1.text(1))\" x2=\"\(x2.text(1))\" y2=\"\(y2.text(1))\""
      + " stroke=\"#ddd\"/>\n"
  }

  private static func label(_ text: String, _ x: Double, _ y: Double, _ anchor: String) -> String {
    "<text x=\"\(x.text(1))\" y=\"\(y.text(1))\" text-anchor=\"\(anchor)\">\(text)</text>\n"
  }
}
