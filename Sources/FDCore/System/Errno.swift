import CLinux

/// An error number of the kernel's; see `errno(3)`.
package struct Errno: Error, Hashable {
  /// The positive number, `ENOENT` being 2.
  package let code: Int32

  package init(_ code: Int32) {
    self.code = code
  }

  /// The error that a kernel answer stands for, or nil where it is a value.
  ///
  /// Errors are -4095 to -1, `MAX_ERRNO` in `include/linux/err.h`; nothing else that is negative is one.
  init?(answer: Int) {
    guard (-4095 ... -1).contains(answer) else { return nil }
    code = Int32(-answer)
  }

  package static let notPermitted = Errno(EPERM)
  package static let noSuchFile = Errno(ENOENT)
  package static let noSuchProcess = Errno(ESRCH)
  package static let badDescriptor = Errno(EBADF)
  package static let accessDenied = Errno(EACCES)
  package static let again = Errno(EAGAIN)
  package static let invalid = Errno(EINVAL)
  package static let noSuchDevice = Errno(ENODEV)
  package static let timedOut = Errno(ETIMEDOUT)
  package static let notConnected = Errno(ENOTCONN)
  package static let notSupported = Errno(EOPNOTSUPP)
  package static let notImplemented = Errno(ENOSYS)

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
  if let error = Errno(answer: answer) { throw error }
  return answer
}
