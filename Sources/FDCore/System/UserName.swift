import CLinux

/// The name of the user with this ID; nil if there is none.
///
/// The corresponding library call is `getpwuid_r(3)`.
func userName(_ id: UInt32) -> ByteString? {
  var entry = unsafe passwd()
  var found: UnsafeMutablePointer<passwd>?
  var buffer = [CChar](repeating: 0, count: 1 << 14)
  guard unsafe getpwuid_r(id, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil,
    let name = unsafe entry.pw_name
  else { return nil }
  return unsafe ByteString(String(cString: name))
}
