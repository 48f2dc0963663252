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

    \(Self.beyond)

    """
  }

  /// What these machines cannot show.
  private static let beyond = """
    ### Beyond this machine

    **A million descriptors.** The stop itself takes three round trips with the thread that makes the calls, whatever
    there is to close; what grows is close_range(2), which frees one file after the other, in the kernel and at the
    slope above: half a second for a million. Ranges alone need neither a look in the stop nor a number in memory.
    A selection by anything else takes a status, or whatever fact decides, of each descriptor, once while the
    process runs and once more, of those that were picked, in the stop: three to four microseconds each, linear, and
    the same as for the C loop. 200 bytes of memory are held for each that is picked, none for the others. There is
    no shorter way: the kernel shows the bitmap of open descriptors to nobody, and /proc makes an inode for each
    name that is looked up.

    **Very many ranges.** A range takes 56 bytes of the thread's stack and one call. As many as the mapped part of the
    stack holds, 4,600 at most, go in one chain; between two chains is one more round trip. So it is linear, too.

    **A million sockets.** A socket is looked up among all of its network namespace, which the kernel lists in binary:
    linear in those of the namespace, 72 bytes each, of which 64 KiB are in memory at a time. The process's own
    sockets are found by a set of their inode numbers. The kernel could be told to list only those of one peer, but
    walks all of them for it just the same.

    **Ten thousand threads.** Attaching, stopping and letting go are a few calls for each, and so linear. All are
    attached to before the first is asked to stop, and stop while the others are asked. The registers of each are
    read in the stop, which the floor does not do: calls that answer EINTR to a stop are put right there, so that
    nobody sees it though we were killed. That all have stopped is told by how many there are, in one call.

    ### The first millisecond of a command that closes one descriptor

    Of some 1.0 ms, half is the kernel's for any process at all, exec and exit, and what its C library asks the
    processor, each question of which a virtual one hands to its host. The rest, by the clock between the steps:
    0.05 ms for options and selector; 0.05 for who the process is, and who we are, a status of each; 0.04 for its
    descriptors; 0.12 for comparing its table with that of every other process, one kcmp(2) each, for a table that
    is shared has to be told of; 0.05 for its mappings and the instructions to make calls with; and 0.15 for the
    stop. Embedded Swift has no run time to start: with Swift's, and a thread for each session, it were 2.1 ms.
    """

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
