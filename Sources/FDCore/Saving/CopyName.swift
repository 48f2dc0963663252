/// The name of a copy: the process, the number, and the last component of the file's name.
struct CopyName {
  private let start: String
  private let name: ByteString

  /// - Parameters:
  ///   - target: the text of the descriptor's link.
  ///   - isUnnamed: whether the file has no name any more, so that the kernel appended a mark to the text.
  init(_ pid: Int32, _ number: UInt32, _ target: ByteString, isUnnamed: Bool) {
    start = "\(pid).\(number)."
    let path = isUnnamed ? target.removingSuffix(DescriptorReader.mark) ?? target : target
    name = ByteString(Array(path.lastComponent))
  }

  /// The name with the number of a try, of at most `limit` bytes.
  ///
  /// Control characters and bytes that are not UTF-8 are escaped, as in messages.
  func text(_ attempt: Int, limit: Int) -> String {
    let end = attempt == 0 ? "" : ".\(attempt)"
    var middle = ""
    var room = limit - start.utf8.count - end.utf8.count
    for scalar in name.description.unicodeScalars {
      room -= UTF8.width(scalar)
      if room < 0 { break }
      middle.unicodeScalars.append(scalar)
    }
    return start + middle + end
  }
}
