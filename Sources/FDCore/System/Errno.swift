import CLinux

/// An error number of the kernel; see `errno(3)`.
package struct Errno: Error, Hashable {
  /// The positive number: 2 for `ENOENT`.
  package let code: Int32

  /// Creates an error from its positive number.
  package init(_ code: Int32) {
    self.code = code
  }

  /// The error that a kernel's return value represents; nil if it is a plain value.
  ///
  /// The values -4095 to -1 are errors. Other negative values are not. See `MAX_ERRNO` in
  /// `include/linux/err.h`.
  package init?(answer: Int) {
    guard (-4095 ... -1).contains(answer) else { return nil }
    code = Int32(-answer)
  }

  /// `EPERM`.
  package static let notPermitted = Errno(EPERM)
  /// `ENOENT`.
  package static let noSuchFile = Errno(ENOENT)
  /// `ESRCH`.
  package static let noSuchProcess = Errno(ESRCH)
  /// `EINTR`.
  package static let interrupted = Errno(EINTR)
  /// `EBADF`.
  package static let badDescriptor = Errno(EBADF)
  /// `EACCES`.
  package static let accessDenied = Errno(EACCES)
  /// `EAGAIN`.
  package static let again = Errno(EAGAIN)
  /// `EBUSY`.
  package static let busy = Errno(EBUSY)
  /// `EFAULT`.
  package static let badAddress = Errno(EFAULT)
  /// `ENOTDIR`.
  package static let notDirectory = Errno(ENOTDIR)
  /// The path leads to a directory.
  package static let isDirectory = Errno(EISDIR)
  /// `ELOOP`.
  package static let tooManyLinks = Errno(ELOOP)
  /// `ENAMETOOLONG`.
  package static let nameTooLong = Errno(ENAMETOOLONG)
  /// `EINVAL`.
  package static let invalid = Errno(EINVAL)
  /// `ENODEV`.
  package static let noSuchDevice = Errno(ENODEV)
  /// `ETIMEDOUT`.
  package static let timedOut = Errno(ETIMEDOUT)
  /// `ENOTCONN`.
  package static let notConnected = Errno(ENOTCONN)
  /// `EOPNOTSUPP`.
  package static let notSupported = Errno(EOPNOTSUPP)
  /// `EMFILE`.
  package static let tableFull = Errno(EMFILE)
  /// `ESPIPE`.
  static let notSeekable = Errno(ESPIPE)
  /// `EOVERFLOW`.
  static let overflow = Errno(EOVERFLOW)
  /// `ENXIO`.
  package static let noSuchAddress = Errno(ENXIO)
  /// `EEXIST`.
  package static let alreadyExists = Errno(EEXIST)
  /// `ENOSYS`.
  package static let notImplemented = Errno(ENOSYS)

  /// The symbolic name, such as `EPERM`, or `errno N` for a number that has none.
  ///
  /// The corresponding library call is `strerrorname_np(3)`.
  package var name: String {
    guard let text = unsafe clinux_error_name(code) else { return "errno \(code)" }
    return unsafe String(cString: text)
  }
}

extension Errno: CustomStringConvertible {
  /// The error's description and name: `Operation not permitted (EPERM)`.
  ///
  /// The corresponding library call is `strerrordesc_np(3)`.
  package var description: String {
    guard let text = unsafe clinux_error_description(code) else { return name }
    return "\(unsafe String(cString: text)) (\(name))"
  }
}

/// Returns a kernel's return value, or throws the `Errno` that it represents.
///
/// The same function decodes the results of rangeclose's own calls, and of injected calls.
@discardableResult
package func checked(_ answer: Int) throws(Errno) -> Int {
  if let error = Errno(answer: answer) { throw error }
  return answer
}
