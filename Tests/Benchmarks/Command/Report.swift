import Glibc
import TestSupport

/// The results as a Markdown document.
struct Report {
  private let measurements: [Measurement]
  private let growth: Growth
  private let rounds: Int

  init(_ measurements: [Measurement], _ growth: Growth, rounds: Int) {
    (self.measurements, self.growth, self.rounds) = (measurements, growth, rounds)
  }

  /// The table of a task, with the median and the quartiles of each contender.
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
    var text = "### Growth\n\n| | times | for each more |\n|---|---|---:|\n"
    for line in growth.lines {
      let points = line.points.map { "\($0.count): \(milliseconds($0.time)) ms" }.joined(separator: ", ")
      text += "| \(line.title) | \(points) | \((line.slope * 1e6).text(2)) us |\n"
    }
    return text
  }

  /// The whole document, with the machine and the date.
  var text: String {
    """
    # Results

    Measured \(Self.date) on \(Self.machine). In each of \(rounds) rounds (3 for slow tools) every contender
    ran once. Ratios are medians over rounds. A pause is the longest time between two readings of the clock in
    the process itself. It includes the pauses that no tool causes.

    `floor` is a small C program that does the least that any correct tool must do; see `floor/`. This command
    writes the results:

        swift build -c release && swift run -c release benchmark --write

    \(measurements.map(Self.text).joined(separator: "\n"))
    \(Self.text(of: growth))
    ![growth](growth.svg)

    \(Self.beyond)

    """
  }

  /// The text about what the machine of the measurement cannot show.
  private static let beyond = """
    ### Beyond this machine

    **A million descriptors.** The stop takes three round trips with the calling thread, for any number of
    descriptors. Only close_range(2) takes longer with more: the kernel frees one file after the other. At the
    slope above, a million descriptors take half a second. A selection by ranges alone needs neither a scan in
    the stop nor memory for each number. Any other selection reads a status of each descriptor, or another
    fact that decides. It does so once while the process runs. In the stop it does so once more, for the
    selected descriptors only. A read takes three to four microseconds, the time is linear, and the C loop
    takes the same. rangeclose keeps 200 bytes for each selected descriptor, and none for the others. There is
    no shorter way: the kernel shows the bitmap of open descriptors to no process, and /proc makes an inode
    for each name that a process looks up.

    **Very many ranges.** A range takes 56 bytes of the thread's stack and one call. A ROP chain has as many
    ranges as fit into the mapped part of the stack, and 4,600 at most. There is one more round trip between
    two chains. So the time is linear, too.

    **A million sockets.** rangeclose looks up a socket among all sockets of its network namespace, which the
    kernel lists in binary. The time is linear in the sockets of the namespace. Each takes 72 bytes, and 64
    KiB of them are in memory at a time. A set of inode numbers tells the process's own sockets from the
    others. The kernel can list the sockets of one peer only, but it walks all of them for that as well.

    **Ten thousand threads.** To attach, stop and detach takes a few calls for each thread, so the time is
    linear. rangeclose attaches to all threads before it asks the first to stop, and they stop while it asks
    the others. In the stop it reads the registers of each thread, which the floor does not. It corrects the
    calls there that answer EINTR after a stop, so that no thread sees the EINTR even if a signal kills
    rangeclose. One call returns the number of threads, which shows that all of them have stopped.

    ### The first millisecond of a command that closes one descriptor

    The command takes about 1.0 ms. Half of that is the kernel's share for any process: exec and exit, and the
    questions of its C library to the processor. A virtual processor hands each of these questions to its
    host. The clock between the steps shows the rest:

    - 0.05 ms for options and selector;
    - 0.05 ms for the identity of the process and of rangeclose, with one status file each;
    - 0.04 ms for the descriptors of the process;
    - 0.12 ms for a comparison of its table with that of every other process, with one kcmp(2) each, because
      rangeclose has to report a shared table;
    - 0.05 ms for the mappings of the process and the instructions for the calls;
    - 0.15 ms for the stop.

    Embedded Swift has no run time to start. With the run time of Swift, and with a thread for each session,
    the command would take 2.1 ms.
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
