import CLinux

/// Holds back the signals that would end rangeclose between two processes, or before its report.
package final class Interruption {
  private let signals: HeldSignals?

  /// - Parameter isHeld: whether the signals are held; if not, they end rangeclose as usual.
  package init(isHeld: Bool) {
    signals = isHeld ? try? HeldSignals() : nil
  }

  /// Whether a signal that would end rangeclose is held.
  package var isPending: Bool { isHeld && clinux_is_termination_pending() }

  /// Whether the signals are held.
  package var isHeld: Bool { signals != nil }
}
