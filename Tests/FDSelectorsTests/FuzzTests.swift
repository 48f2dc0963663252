import FDCore
import FDSelectors
import FuzzChecks
import Testing

/// Every kept text and some made-up ones, for a few seconds; `swift run fuzz` goes on for longer.
@Suite struct FuzzTests {
  /// Records the first faults; one that is systematic would be in nearly every text.
  private func hold(_ texts: some Sequence<(name: String, text: [UInt8])>) {
    var faults = 0
    for (name, text) in texts where faults < 3 {
      do {
        try Fuzzer.check(text)
      } catch {
        let (minimal, fault) = Fuzzer.minimal(text, error)
        Issue.record("\(name): '\(ByteString(minimal))': \(fault)")
        faults += 1
      }
    }
  }

  @Test func theCorpusHolds() {
    let corpus = Corpus.texts()
    #expect(corpus.count > 100)
    // Of the long ones the beginning: whole they take their time, and have it in the long form.
    hold(corpus.lazy.map { ($0.name, Array($0.text.prefix(1 << 12))) })
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>) func textsByChanceHold(seed: UInt64) {
    let fuzzer = Fuzzer(seed: seed, corpus: Corpus.texts().map(\.text))
    hold((0..<250).lazy.map { ("seed \(seed), number \($0)", fuzzer.input($0)) })
  }

  /// A file whose name begins with `term` is understood; one with `error` is refused.
  @Test func theCorpusIsWhatItsNamesSay() throws {
    for (name, text) in Corpus.texts() {
      if name.hasPrefix("term-") { #expect(refusal(of: ByteString(text)) == nil, "\(name)") }
      if name.hasPrefix("error-") { #expect(refusal(of: ByteString(text)) != nil, "\(name)") }
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
