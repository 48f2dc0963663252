import Glibc
import Synchronization

/// A FIFO that stands in for a kernel file.
///
/// A thread writes the content into it, in pieces of all sizes.
final class Feeder: Sendable {
  private let thread: Mutex<pthread_t>

  init(_ path: String, _ bytes: [UInt8], longest: Int = 700) throws {
    mkfifo(path, 0o600)
    let job = Job(path: path, bytes: bytes, longest: longest)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(job).toOpaque())
    self.thread = Mutex(thread)
  }

  /// Waits until the reader has taken everything.
  func end() {
    thread.withLock { _ = pthread_join($0, nil) }
  }

  private final class Job: Sendable {
    let path: String
    let bytes: [UInt8]
    let longest: Int

    init(path: String, bytes: [UInt8], longest: Int) {
      (self.path, self.bytes, self.longest) = (path, bytes, longest)
    }

    func run() {
      let descriptor = open(path, O_WRONLY | O_CLOEXEC)
      var start = 0
      while start < bytes.count {
        let count = min(Int.random(in: 1...longest), bytes.count - start)
        let written = bytes[start..<start + count].withUnsafeBytes {
          write(descriptor, $0.baseAddress, count)
        }
        if written < 0 { break }
        start += written
      }
      close(descriptor)
    }
  }
}
