import Glibc
import TestSupport
import Testing

@testable import FDCore

/// Parses `/proc/PID/net/tcp` and similar tables, including very long and malformed ones.
@Suite struct SocketTableTests {
  private let scratch = Scratch()
  private let process: ProcessDirectory

  init() throws {
    mkdir(scratch("7"), 0o755)
    mkdir(scratch("7/net"), 0o755)
    process = try ProcessDirectory(7, in: scratch.path)
  }

  private static let heading =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

  private func row(_ inode: UInt64, _ local: String = "0100007F:0016", _ remote: String = "00000000:0000")
    -> String
  {
    "   1: \(local) \(remote) 0A 00000000:00000000 00:00000000 00000000     0        0 \(inode) 1 x 100 0\n"
  }

  private func find(_ inodes: Set<UInt64>) -> [UInt64: Socket] {
    SocketTables.find(inodes, of: process, "")
  }

  @Test func theTablesOfBothFamiliesAreRead() throws {
    scratch.write("7/net/tcp", Self.heading + row(11) + row(12, "0200007F:1F90", "0900000A:0050"))
    let mapped = "0000000000000000FFFF00000100007F"
    scratch.write(
      "7/net/tcp6", Self.heading + row(13, "\(mapped):0050", "00000000000000000000000001000000:0051"))
    let found = find([11, 12, 13, 14])
    #expect(found.count == 3 && found[11]?.peer == nil && found[11]?.state == .listen)
    #expect(found[11]?.local?.description == "127.0.0.1:22")
    #expect(
      found[12]?.local?.description == "127.0.0.2:8080" && found[12]?.peer?.description == "10.0.0.9:80")
    #expect(found[13]?.local?.description == "127.0.0.1:80" && found[13]?.peer?.description == "[::1]:81")
  }

  @Test func malformedRowsAreSkipped() throws {
    let odd = [
      "", "\n", "1:\n", "1: x y z\n", "1: 0100007F\n", "1: 0100007F:\n", "1: 0100007F:0016 00000000:0000\n",
      "1: 0100007F:0016 00000000:0000 0A\n", "1: 0100007F:00160016 00000000:0000 0A 0 0 0 0 0 7\n",
      "1: 0100007F0100007F:0016 00000000:0000 0A 0 0 0 0 0 7\n",
      "1: 0100007F:0016 00000000:0000 100 0 0 0 0 0 7\n", "1: 0100007F:0016 00000000:0000 0A 0 0 0 0 0 x\n",
      "1: 0100007F:0016 00000000:0000 0A 0 0 0 0 0 99999999999999999999\n",
      String(repeating: "x", count: 200_000) + "\n",
    ]
    scratch.write(
      "7/net/tcp", odd.joined(separator: row(11)) + "1: 0100007F:0016 00000000:0000 0A 0 0 0 0 0 8")
    mkdir(scratch("7/net/udp"), 0o755)
    // A table that cannot be read has no rows. The last line needs no newline.
    #expect(Set(find([7, 8, 11]).keys) == [8, 11])
    // An unknown state number becomes no state.
    scratch.write("7/net/tcp6", "1: 0100007F:0016 00000000:0000 FF 0 0 0 0 0 9\n")
    #expect(find([9])[9]?.state == nil && find([9]).count == 1)
  }

  @Test func linesThatReadsCutAreJoined() throws {
    let count: UInt64 = 3000
    let table = Self.heading + (1...count).map { row($0 * 3, "0100007F:0016", "0100007F:0017") }.joined()
    let feeder = try Feeder(scratch("7/net/tcp"), Array(table.utf8))
    let found = find(Set((1...count).map { $0 * 3 }))
    feeder.end()
    #expect(found.count == Int(count))
    #expect(found.values.allSatisfy { $0.peer?.description == "127.0.0.1:23" })
  }

  @Test func randomBytesBetweenRowsAreSkipped() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<40 {
      let garbage = (0..<2000).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let text = Array(row(11).utf8) + garbage + Array(("\n" + row(12)).utf8)
      let file = fopen(scratch("7/net/tcp"), "we")
      fwrite(text, 1, text.count, file)
      fclose(file)
      #expect(find([11, 12]).count == 2)
    }
  }

  /// Rows that were not asked for take no memory, however many there are.
  @Test func aHugeTableTakesLittleMemory() throws {
    let filler = String(row(5).dropLast()) + String(repeating: " ", count: 900) + "\n"
    let rows = 40_000
    let file = fopen(scratch("7/net/tcp"), "we")
    for _ in 0..<rows { fputs(filler, file) }
    fputs(row(11), file)
    fclose(file)
    // The peak of resident memory is reset first, see clear_refs in proc(5).
    let reset = fopen("/proc/self/clear_refs", "we")
    fputs("5", reset)
    fclose(reset)
    let before = kibibytes("VmHWM:")
    #expect(find([11]).count == 1)
    let grown = kibibytes("VmHWM:") - before
    // The bound is loose, because other tests may run at the same time.
    #expect(grown < rows * filler.utf8.count / 1024 / 2, "\(grown) KiB")
  }

  private func kibibytes(_ field: String) -> Int {
    let status =
      (try? String(decoding: ProcessDirectory(getpid()).content(of: "status"), as: UTF8.self)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(field) }
    return line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
  }
}
