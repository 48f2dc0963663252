import FDCore
import FDSelectors
import FuzzChecks
import Testing

/// Every kept text and some thousand made-up ones, for a few seconds; `swift run fuzz` goes on for longer.
@Suite struct FuzzTests {
  private func hold(_ text: [UInt8], _ name: String) {
    do {
      try Fuzzer.check(text)
    } catch {
      let (minimal, fault) = Fuzzer.minimal(text)
      Issue.record("\(name): '\(ByteString(minimal))': \(fault)")
    }
  }

  @Test func theCorpusHolds() {
    let corpus = Corpus.texts()
    #expect(corpus.count > 100)
    for (name, text) in corpus { hold(text, name) }
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>) func textsByChanceHold(seed: UInt64) {
    let fuzzer = Fuzzer(seed: seed, corpus: Corpus.texts().map(\.text))
    for number in 0..<500 { hold(fuzzer.input(UInt64(number)), "seed \(seed), number \(number)") }
  }

  /// A file whose name begins with `term` is understood; one with `error` is refused.
  @Test func theCorpusIsWhatItsNamesSay() throws {
    for (name, text) in Corpus.texts() {
      let refusal = refusal(of: ByteString(text))
      if name.hasPrefix("term-") { #expect(refusal == nil, "\(name)") }
      if name.hasPrefix("error-") { #expect(refusal != nil, "\(name)") }
    }
  }

  private func refusal(of text: ByteString) -> SelectorError? {
    do {
      let selector = try Selector(parsing: text)
      try selector.checkSense()
      _ = try selector.resolved()
      return nil
    } catch {
      return error
    }
  }
}
