import CLinux

/// Runs two pieces of work at the same time, in two threads.
package enum TwoThreads {
  /// Whether rangeclose may use more than one processor; see `sched_getaffinity(2)`.
  package static var areFaster: Bool { clinux_usable_processors() > 1 }

  /// Runs `first` in this thread and `second` in a new thread, and returns when both have ended.
  ///
  /// If no thread can be created, `second` does not run. The corresponding function is `pthread_create(3)`.
  package static func run(_ first: @escaping () -> Void, beside second: @escaping () -> Void) {
    let own = clinux_own_thread()
    let work = ThreadBody { clinux_own_thread() == own ? first() : second() }
    // The optimizer may otherwise free the closure after its last use here. The threads call it later.
    withExtendedLifetime(work) {
      unsafe clinux_run_twice(ThreadBody.run, Unmanaged.passUnretained(work).toOpaque())
    }
  }
}
