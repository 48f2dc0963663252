import Glibc

/// The turn of a test that makes a session in the process of the tests.
///
/// A session sets the timer of its process and the action of SIGALRM, and restores both at its end. So two
/// sessions must not overlap.
///
/// The kernel may give the last SIGALRM to another thread of the tests, which takes it after the session has
/// restored the action. The default action would end the tests. So the action is a handler that does nothing,
/// which no target inherits.
enum SessionTurn {
  nonisolated(unsafe) private static let semaphore = {
    signal(SIGALRM) { _ in }
    let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    sem_init(semaphore, 0, 1)
    return semaphore
  }()

  /// Waits until no other test has its turn.
  static func begin() {
    while sem_wait(semaphore) != 0 && errno == EINTR {}
  }

  /// Ends the turn, after the session was restored.
  static func end() {
    sem_post(semaphore)
  }
}
