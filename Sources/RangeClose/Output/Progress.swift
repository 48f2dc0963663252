import CLinux

/// A line on the terminal that shows how far a long run is.
final class Progress {
  private let isShown = clinux_is_terminal(2)
  private let begin = clinux_monotonic_nanoseconds()
  private var last: UInt64 = 0
  private var isOnScreen = false

  /// Shows the progress once the run has taken a second, and at most four times a second.
  func show(_ count: Int, of all: Int) {
    guard isShown else { return }
    let now = clinux_monotonic_nanoseconds()
    guard now - begin > 1_000_000_000, now - last > 250_000_000 else { return }
    last = now
    isOnScreen = true
    Output.showProgress("\(count) of \(all) processes")
  }

  /// Removes the line before other output.
  func clear() {
    if isOnScreen { Output.showProgress("") }
    isOnScreen = false
  }
}
