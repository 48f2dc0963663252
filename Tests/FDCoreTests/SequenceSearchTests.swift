import CLinux
import Testing

@testable import FDCore

/// The parts of the search for a restartable sequence; the soak searches the memory of real processes.
@Suite struct SequenceSearchTests {
  private static let present: UInt64 = 1 << 63
  private static let swapped: UInt64 = 1 << 62

  /// Each case: the entries of the page map, the most pages, and the index and the number of the pages found.
  @Test(
    arguments: [
      ([0, 0, present, present, 0], 9, 2, 2), ([present, present, present], 2, 0, 2), ([0, 0], 9, 2, 0),
      ([0, swapped, present], 9, 1, 2), ([present, swapped], 9, 0, 2), ([0, present | swapped], 9, 1, 1),
    ] as [([UInt64], Int, Int, Int)])
  func usedPagesAreFound(entries: [UInt64], most: Int, index: Int, count: Int) {
    var pages = most
    #expect(clinux_find_used_pages(entries, entries.count, &pages) == index)
    #expect(pages == count)
  }

  /// A structure with the CPU numbers of the first arguments, and the address of a sequence.
  private func area(_ start: UInt32, _ current: UInt32, _ sequence: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: start)
    bytes.append(littleEndian: current)
    bytes.append(littleEndian: sequence)
    return bytes + [UInt8](repeating: 0, count: 16)
  }

  @Test func onlyStructuresWithASequenceAreFound() {
    let others = [
      area(3, 4, 0x2000), area(3, 3, 0), area(.max, .max, 0x2000), area(3, 3, 0x2010), area(3, 3, 1 << 60),
    ]
    let bytes = Array(others.joined()) + area(3, 3, 0x2000) + area(0, 0, 0x4020)
    let first = clinux_find_rseq(bytes, bytes.count, 0)
    #expect(first == others.count * clinux_rseq_size)
    let second = clinux_find_rseq(bytes, bytes.count, first + clinux_rseq_size)
    #expect(second == first + clinux_rseq_size)
    #expect(clinux_find_rseq(bytes, bytes.count, second + clinux_rseq_size) == -1)
    // A part of a structure is none.
    #expect(clinux_find_rseq(bytes, bytes.count - 1, second) == -1)
  }

  @Test func aSequenceEndsBeforeItsCommit() {
    let words: [UInt64] = [0, 0x1000, 0x40, 0x5000]
    for (programCounter, isInside) in [(0xFFF, false), (0x1000, true), (0x103F, true), (0x1040, false)] {
      let sequence = RestartableSequence(words, with: UInt64(programCounter))
      #expect(sequence?.abort == (isInside ? 0x5000 : nil))
    }
    // A version that no kernel has, and an abort handler within the sequence.
    #expect(RestartableSequence([1, 0x1000, 0x40, 0x5000], with: 0x1000) == nil)
    #expect(RestartableSequence([0, 0x1000, 0x40, 0x1020], with: 0x1000) == nil)
    // The flags do not matter: the kernel may abort any sequence.
    #expect(RestartableSequence([7 << 32, 0x1000, 0x40, 0x5000], with: 0x1000)?.abort == 0x5000)
  }
}
