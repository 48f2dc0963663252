import CLinux
import Synchronization

/// A line on the terminal that shows how far a long run is.
enum Progress {
  private static let isPossible = clinux_is_terminal(2)
  private static let isBesideRows = clinux_is_terminal(1)
  private static let begin = clinux_monotonic_nanoseconds()
  private static let last = Atomic<UInt64>(0)
  private static let isOnScreen = Atomic<Bool>(false)

  /// Shows the progress once the run has taken a second, and at most four times a second.
  static func show(_ count: Int, of all: Int) { show { "\(count) of \(all) processes" } }

  /// The same for the descriptors of one process.
  static func show(read count: Int, of all: Int) { show { "\(count) of \(all) descriptors" } }

  /// The same for copies, whose sizes are in bytes.
  static func show(copied: UInt64, of all: UInt64) {
    show { "saved \(ByteSize(copied).short) of \(ByteSize(max(copied, all)).short)" }
  }

  private static func show(_ text: () -> String) {
    let (begin, now) = (begin, clinux_monotonic_nanoseconds())
    guard now - begin > 1_000_000_000, isPossible else { return }
    guard now - last.load(ordering: .relaxed) > 250_000_000 else { return }
    last.store(now, ordering: .relaxed)
    isOnScreen.store(true, ordering: .relaxed)
    Output.showProgress(text())
  }

  /// Removes the line before other output on the terminal.
  static func clear() {
    if isOnScreen.exchange(false, ordering: .relaxed) { Output.showProgress("") }
  }

  /// Removes the line before rows, if standard output is a terminal, too.
  static func clearForRows() {
    if isBesideRows { clear() }
  }
}
