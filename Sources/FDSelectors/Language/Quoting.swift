import FDCore

/// The text of an expression that the parser reads back as the same bytes.
///
/// - Parameter special: more ASCII characters that need a backslash in front to lose their special meaning.
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
