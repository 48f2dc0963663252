import CLinux

/// The name of a user ID, as in `/etc/passwd`; nil if the ID has no name there.
///
/// The corresponding library call is `getpwuid_r(3)`.
func userName(_ id: UInt32) -> ByteString? {
  let longest = 256
  let name = unsafe try? [UInt8](atMost: longest) { buffer, capacity in
    unsafe clinux_user_name(
      id, UnsafeMutableRawPointer(buffer)?.assumingMemoryBound(to: CChar.self), capacity)
  }
  return name.map(ByteString.init)
}
