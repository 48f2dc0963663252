import CLinux
import Glibc

/// An error number of the kernel's; see `errno(3)`.
package struct Errno: Error, Hashable {
  /// The positive number, `ENOENT` being 2.
  package let code: Int32

  package init(_ code: Int32) {
    self.code = code
  }

  package static let notPermitted = Errno(EPERM)
  package static let noSuchFile = Errno(ENOENT)
  package static let noSuchProcess = Errno(ESRCH)
  package static let interrupted = Errno(EINTR)
  package static let badDescriptor = Errno(EBADF)
  package static let noChild = Errno(ECHILD)
  package static let accessDenied = Errno(EACCES)
  package static let invalid = Errno(EINVAL)
  package static let notImplemented = Errno(ENOSYS)
  package static let notConnected = Errno(ENOTCONN)

  /// The symbolic name, such as `EPERM`; the number itself where it has none.
  ///
  /// The corresponding library call is `strerrorname_np(3)`.
  package var name: String {
    guard let text = unsafe clinux_error_name(code) else { return "errno \(code)" }
    return unsafe String(cString: text)
  }
}

extension Errno: CustomStringConvertible {
  /// The error in words and by name: `Operation not permitted (EPERM)`.
  package var description: String {
    guard let text = unsafe clinux_error_description(code) else { return name }
    return "\(unsafe String(cString: text)) (\(name))"
  }
}

/// Turns a kernel answer, a value or a negated error number, into a value or a thrown `Errno`.
///
/// The same decoder serves our own calls and those that a target ran for us.
@discardableResult
package func checked(_ answer: Int) throws(Errno) -> Int {
  guard answer < 0 else { return answer }
  throw Errno(Int32(truncatingIfNeeded: -answer))
}
