import FDCore
import Glibc
import TestSupport
import Testing

/// The processes that keep a file alive.
@Suite struct FileUsesTests {
  /// A new file may get the inode number of a deleted file at once.
  ///
  /// The new file has a name, so it does not keep the deleted file alive.
  @Test func aFileWithANameIsNoDeletedFile() throws {
    let scratch = Scratch()
    let target = try Target("sh", ["-c", "exec 9>\"$0\"; echo ready; read line", scratch("file")])
    try target.expect("ready")
    let reader = try DescriptorReader(ProcessDirectory(target.pid), comparedNumbers: [])
    let file = try #require(reader.read([9], facts: .status).first?.status.value?.identity)
    let open = { (uses: FileUses) in uses.descriptors.filter { $0.process == target.pid }.map { $0.number } }
    #expect(open(FileUses(of: [file: nil], includingOthers: false)) == [9])
    #expect(open(FileUses(of: [file: nil], unnamed: [file], includingOthers: false)).isEmpty)
    unlink(scratch("file"))
    #expect(open(FileUses(of: [file: nil], unnamed: [file], includingOthers: false)) == [9])
  }
}
