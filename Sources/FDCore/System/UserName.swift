import CLinux

/// The name of a user ID, as `getpwuid_r(3)` finds it; nil where it has none.
func userName(_ id: UInt32) -> ByteString? {
  var entry = unsafe passwd()
  var found: UnsafeMutablePointer<passwd>?
  var buffer = [CChar](repeating: 0, count: 1 << 14)
  guard unsafe getpwuid_r(id, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil,
    let name = unsafe entry.pw_name
  else { return nil }
  return unsafe ByteString(String(cString: name))
}
