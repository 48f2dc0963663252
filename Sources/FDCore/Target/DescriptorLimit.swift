import CLinux

/// The soft limit of a target for its descriptors, which a session may raise for a while.
///
/// At the end of its life, this object restores the limit. If rangeclose is killed before, the limit stays
/// raised. See RLIMIT_NOFILE in `prlimit(2)`.
final class DescriptorLimit {
  private let pid: Int32
  /// The limits before; nil if they were not read yet, or cannot be read.
  private lazy var before: (soft: UInt64, hard: UInt64)? = {
    var soft: UInt64 = 0, hard: UInt64 = 0
    return unsafe clinux_descriptor_limits(pid, &soft, &hard) == 0 ? (soft, hard) : nil
  }()
  private var isRaised = false

  /// - Parameter pid: the process or one of its threads.
  init(of pid: Int32) {
    self.pid = pid
  }

  /// Raises the soft limit to the hard limit; false if that changes nothing, or is not permitted.
  func raise() -> Bool {
    guard !isRaised, let before, before.soft < before.hard else { return false }
    isRaised = clinux_set_descriptor_limit(pid, before.hard, before.hard) == 0
    return isRaised
  }

  /// Raises the soft limit; false if a number then still lies above it.
  func raise(for number: UInt32) -> Bool { raise() && allows(number) }

  /// Whether a number lies below the hard limit; false also if the limit cannot be read.
  func reaches(_ number: UInt32) -> Bool { before.map { UInt64(number) < $0.hard } ?? false }

  /// Whether a number lies below the limit; false also if the limit cannot be read.
  func allows(_ number: UInt32) -> Bool {
    guard let before else { return false }
    return UInt64(number) < (isRaised ? before.hard : before.soft)
  }

  deinit {
    if isRaised, let before { _ = clinux_set_descriptor_limit(pid, before.soft, before.hard) }
  }
}
