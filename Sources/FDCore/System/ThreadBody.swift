/// A closure as `pthread_create(3)` takes it: a C function and its context.
final class ThreadBody {
  private let body: () -> Void

  init(_ body: @escaping () -> Void) {
    self.body = body
  }

  /// Calls the closure of the `ThreadBody` that the context points to, which must exist until it returns.
  static let run: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
    guard let context = unsafe context else { return }
    unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeUnretainedValue().body()
  }
}
