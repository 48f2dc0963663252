import FDCore
import Glibc
import Synchronization
import Testing

/// Work that a second thread does ahead.
@Suite struct WorkAheadTests {
  /// Counts of the work that both threads have done.
  private final class Log: Sendable {
    private let pieces = Mutex<[Int]>([])

    func add(_ piece: Int) { pieces.withLock { $0.append(piece) } }

    var all: [Int] { pieces.withLock { $0 } }
  }

  @Test(arguments: [1, 2, 7, 64]) func eachPieceIsDoneOnce(most: Int) {
    let (log, count) = (Log(), 5000)
    let work = WorkAhead(count, atMost: most) { piece in
      log.add(piece)
      return piece * 3
    }
    for index in 0..<count { #expect(work.take(index) == index * 3) }
    #expect(log.all.sorted() == Array(0..<count))
  }

  /// The second thread stops at the limit, so memory does not grow with the pieces.
  @Test func onlyAFewPiecesAreDoneAhead() {
    let (log, most) = (Log(), 8)
    let work = WorkAhead(1000, atMost: most) { piece in
      log.add(piece)
      return piece
    }
    for index in [0, 1, 2, 50, 51] {
      #expect(work.take(index) == index)
      usleep(20_000)
      #expect(log.all.allSatisfy { $0 <= index + most }, "\(index): \(log.all)")
    }
  }

  @Test func piecesMayBeLeftOut() {
    let count = 3000
    let work = WorkAhead(count, atMost: 16) { $0 }
    for index in stride(from: 0, to: count, by: 7) { #expect(work.take(index) == index) }
    #expect(work.take(count - 1) == count - 1)
  }

  /// A slow piece in one thread does not keep the other thread from the pieces after it.
  @Test func aSlowPieceKeepsNoOtherWaiting() {
    let log = Log()
    let work = WorkAhead(40, atMost: 40) { piece in
      if piece == 3 { while log.all.count < 30 { usleep(1000) } }
      log.add(piece)
      return piece
    }
    for index in 0..<40 { #expect(work.take(index) == index) }
  }
}
