import Glibc
import TestSupport
import Testing

@testable import FDCore

/// Calls of any kind in a real process: up to six arguments, the raw result, and memory that is restored.
@Suite struct RemoteSyscallTests {
  private func holder() throws -> Target {
    let target = try Target(Programs.fixture("holder"))
    _ = try target.hear()
    return target
  }

  #if arch(x86_64)
    private static let (openat, mmap, munmap, getcwd) = (257, 9, 11, 79)
  #else
    private static let (openat, mmap, munmap, getcwd) = (56, 222, 215, 17)
  #endif

  @Test func aPathIsOpenedThroughTheTracee() throws {
    let target = try holder()
    SessionTurn.begin()
    defer { SessionTurn.end() }
    let session = try Session(stopping: TargetProcess(target.pid), timeout: 5000, stalled: {})
    do {
      var remote = try session.remoteSyscall()
      let here = UInt64(bitPattern: Int64(AT_FDCWD))
      guard let path = remote.memory(Array("/dev/null\0".utf8)) else {
        throw Target.Failure(description: "no room on the stack")
      }
      #expect(try remote.call(SystemCall(Self.openat, here, path.address, UInt64(O_RDONLY))) == 3)
      guard let missing = remote.memory(Array("/nowhere\0".utf8)) else {
        throw Target.Failure(description: "no room on the stack")
      }
      let open = SystemCall(Self.openat, here, missing.address, UInt64(O_RDONLY))
      #expect(try remote.call(open) == -Int(ENOENT))
    }
    _ = session.restore()
    #expect(try target.ask("list") == "0-3")
  }

  /// mmap(2) maps memory only if it gets all six arguments, and its result is an address.
  @Test func sixArgumentsArriveAndTheResultIsRaw() throws {
    let target = try holder()
    SessionTurn.begin()
    defer { SessionTurn.end() }
    let session = try Session(stopping: TargetProcess(target.pid), timeout: 5000, stalled: {})
    do {
      var remote = try session.remoteSyscall()
      let flags = UInt64(MAP_PRIVATE | MAP_ANONYMOUS)
      let address = try remote.call(SystemCall(Self.mmap, 0, 8192, UInt64(PROT_READ), flags, .max, 0))
      #expect(address > 4096 && address % 4096 == 0)
      // The sixth argument is an offset, which must be a multiple of the page size.
      let map = SystemCall(Self.mmap, 0, 8192, UInt64(PROT_READ), flags, .max, 1)
      #expect(try remote.call(map) == -Int(EINVAL))
      #expect(try remote.call(SystemCall(Self.munmap, UInt64(address), 8192)) == 0)
    }
    _ = session.restore()
    #expect(try target.ask("list") == "0-2")
  }

  /// A call writes its result, and afterwards the memory has its old content again.
  @Test func memoryRestoresItself() throws {
    let target = try holder()
    SessionTurn.begin()
    defer { SessionTurn.end() }
    let session = try Session(stopping: TargetProcess(target.pid), timeout: 5000, stalled: {})
    let stack = try #require(session.caller.registers).stackPointer
    let before = session.gadgets.memory.read(of: target.pid, at: stack - 8192, count: 8192)
    #expect(before.count == 8192)
    do {
      var remote = try session.remoteSyscall()
      guard let buffer = remote.memory([UInt8](repeating: 0, count: 512)) else {
        throw Target.Failure(description: "no room on the stack")
      }
      let length = try remote.call(SystemCall(Self.getcwd, buffer.address, 512))
      #expect(
        length > 1 && buffer.content.starts(with: [UInt8(ascii: "/")]) && buffer.content[length - 1] == 0)
    }
    #expect(session.gadgets.memory.read(of: target.pid, at: stack - 8192, count: 8192) == before)
    _ = session.restore()
    #expect(try target.ask("list") == "0-2")
  }
}
