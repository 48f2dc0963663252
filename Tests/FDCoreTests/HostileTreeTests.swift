import Glibc
import TestSupport
import Testing

@testable import FDCore

/// A directory tree that looks like `/proc` and may contain anything.
private struct Tree {
  let scratch = Scratch()

  init() throws {
    for directory in ["7", "7/fd", "7/fdinfo", "7/net", "7/ns"] { mkdir(scratch(directory), 0o755) }
    // Its names mean what they mean to us.
    symlink("/proc/self/ns/mnt", scratch("7/ns/mnt"))
  }

  func link(_ number: Int, to text: [UInt8]) {
    let target = (text + [0]).map { CChar(bitPattern: $0) }
    #expect(symlink(target, scratch("7/fd/\(number)")) == 0)
  }

  /// Makes a file with any name, and a link to it as a descriptor; returns its path.
  func file(_ number: Int, named name: [UInt8]) -> [UInt8] {
    let path = Array(scratch.path.utf8) + [UInt8(ascii: "/")] + name
    let descriptor = open((path + [0]).map { CChar(bitPattern: $0) }, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
    #expect(descriptor >= 0)
    close(descriptor)
    link(number, to: path)
    return path
  }

  func reader() throws -> DescriptorReader {
    try DescriptorReader(ProcessDirectory(7, in: scratch.path), comparedNumbers: [])
  }
}

@Suite struct HostileTreeTests {
  private let tree: Tree

  init() throws {
    tree = try Tree()
  }

  private func paths(_ numbers: [UInt32]) throws -> [ByteString?] {
    try tree.reader().read(numbers, facts: .path).map(\.path.value)
  }

  @Test func theReaderReturnsNamesOfAnyBytes() throws {
    let names: [[UInt8]] = [
      Array("new\nline".utf8), Array("\u{1B}]0;title\u{7}\u{1B}[2J".utf8), [0xFF, 0xFE, 0x80],
      Array("blank \t at the end ".utf8), Array("\u{202E}gpj.exe".utf8), Array(#"back\slash\012"#.utf8),
      Array("x (deleted) y".utf8), Array("x (deleted)".utf8), Array(" (deleted)".utf8),
      Array("x (deleted) (deleted)".utf8), (1...255).filter { $0 != UInt8(ascii: "/") },
    ]
    let paths = names.enumerated().map { tree.file($0 + 3, named: $1) }
    #expect(try self.paths((3..<14).map { $0 }) == paths.map { ByteString($0) })
    for path in paths {
      let shown = ByteString(path).description
      #expect(!shown.unicodeScalars.contains { $0.value < 32 || $0 == "\u{202E}" || $0 == "\u{FFFD}" })
    }
  }

  @Test func theReaderReturnsTheLongestPath() throws {
    _ = tree.file(3, named: Array("long".utf8))
    let path = tree.scratch("long")
    let dots = String(repeating: "/.", count: (4095 - path.utf8.count) / 2)
    let odd = path.utf8.count % 2 == 0 ? "/" : ""
    let long = tree.scratch.path + odd + dots + "/long"
    #expect(long.utf8.count == 4095)
    tree.link(4, to: Array(long.utf8))
    let found = try tree.reader().read([4], facts: [.path, .status])
    #expect(found.first?.path.value?.bytes.count == 4095 && found.first?.status.value?.type == .regular)
  }

  @Test func filesNamedLikeKernelLinksAreRegular() throws {
    let texts = ["pipe:[7]", "socket:[7]", "anon_inode:[eventpoll]", "net:[7]", "memfd:x (deleted)"]
    let paths = texts.enumerated().map { tree.file($0 + 3, named: Array($1.utf8)) }
    let found = try tree.reader().read((3..<8).map { $0 }, facts: [.status, .target, .socketType])
    #expect(found.map(\.type.value) == [.regular, .regular, .regular, .regular, .regular], "\(paths)")
  }

  @Test func theReaderSkipsDanglingLinksAndInvalidNumbers() throws {
    _ = tree.file(3, named: Array("a".utf8))
    tree.link(4, to: Array("/nonexistent/x".utf8))
    for name in ["x", "-1", "5x", "99999999999999999999", "4294967296", "06"] {
      symlink("/", tree.scratch("7/fd/\(name)"))
    }
    let reader = try tree.reader()
    #expect(reader.read([3, 4, 5], facts: .status).map(\.number) == [3])
    // If no fact is asked for, the reader checks nothing.
    #expect(reader.read([3, 4, 5], facts: []).count == 3)
  }

  /// The name of a socket in a file system has an inode number, but not that of a socket.
  ///
  /// The row of `net/tcp` with the same number therefore belongs to another socket.
  @Test func theNameOfASocketIsNotTheSocket() throws {
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    let path = tree.scratch("name")
    withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
    let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let bound = withUnsafeBytes(of: &name) { bytes in
      bind(socket, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
    }
    #expect(bound == 0)
    close(socket)
    tree.link(3, to: Array(path.utf8))
    let status = try #require(try tree.reader().read([3], facts: .status).first?.status.value)
    tree.scratch.write(
      "7/net/tcp", "0: 0100007F:0016 0100007F:0017 01 0 0 0 0 0 \(status.identity.inode)\n")
    let found = try #require(try tree.reader().read([3], facts: [.sockets, .socketType]).first)
    #expect(status.type == .socket && found.socket.value == .some(nil) && found.type.value == .otherSocket)
  }

  /// fdinfo may have any length, and each read may return only a few bytes of it.
  @Test func theReaderJoinsInfoThatArrivesInPieces() throws {
    _ = tree.file(3, named: Array("a".utf8))
    let text = Array(
      ("pos:\t123456\n" + String(repeating: "tfd: 1 events: 19\n", count: 20_000) + "flags:\t0100002\n").utf8)
    let feeder = try Feeder(tree.scratch("7/fdinfo/3"), text)
    let info = try tree.reader().read([3], facts: .info).first?.info.value
    #expect(info?.position == 123_456 && info?.accessMode == .readWrite)
    feeder.end()
  }

  @Test func theReaderReportsInvalidInfo() throws {
    for number in 3...5 { _ = tree.file(number, named: Array("\(number)".utf8)) }
    tree.scratch.write("7/fdinfo/3", "pos:\t0\n")
    mkdir(tree.scratch("7/fdinfo/4"), 0o755)
    let found = try tree.reader().read([3, 4, 5], facts: .info)
    // If the fdinfo file is missing, the target has closed the number.
    #expect(found.map(\.number) == [3, 4])
    #expect(found.map(\.info.error) == [.invalid, Errno(EISDIR)])
  }
}
