import CLinux

/// The stored texts, one in each file: every term, every refusal, and texts that an attacker might try.
package enum Corpus {
  /// The directory of the texts, which is beside the directory of this source.
  package static let directory =
    #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" } + "/Corpus"

  /// All texts, sorted by name.
  package static func texts() -> [(name: String, text: [UInt8])] {
    guard let entries = opendir(directory) else { return [] }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted().map { ($0, content(of: "\(directory)/\($0)")) }
  }

  private static func content(of path: String) -> [UInt8] {
    guard let file = fopen(path, "re") else { return [] }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 17)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes[..<count])
  }
}
