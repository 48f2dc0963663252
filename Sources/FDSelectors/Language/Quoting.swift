import FDCore

/// Writes bytes so that an expression reads them back.
///
/// - Parameter special: more bytes that need a backslash to mean themselves.
func quoted(_ bytes: some Sequence<UInt8>, escaping special: String = "") -> String {
  let escaped = Array("\\\"'() ".utf8) + Array(special.utf8)
  var text = ""
  var run: [UInt8] = []
  for byte in bytes {
    if escaped.contains(byte) {
      text += ByteString(run).description + "\\" + String(Unicode.Scalar(byte))
      run = []
    } else {
      run.append(byte)
    }
  }
  return text + ByteString(run).description
}
