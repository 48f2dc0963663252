import FDCore
import FDSelectors
import FuzzChecks
import Testing

/// Checks the corpus and some generated texts for a few seconds; `swift run fuzz` runs for longer.
@Suite struct FuzzTests {
  /// Records at most three faults, because a systematic fault shows in nearly every text.
  private func recordFaults(_ texts: some Sequence<(name: String, text: [UInt8])>) {
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

  @Test func theCorpusPasses() {
    let corpus = Corpus.texts()
    #expect(corpus.count > 100)
    // Only the beginning of a long text is checked here, because a whole one takes its time. `swift run fuzz`
    // checks the whole texts.
    recordFaults(corpus.lazy.map { ($0.name, Array($0.text.prefix(1 << 12))) })
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>) func generatedTextsPass(seed: UInt64) {
    let fuzzer = Fuzzer(seed: seed, corpus: Corpus.texts().map(\.text))
    recordFaults((0..<250).lazy.map { ("seed \(seed), number \($0)", fuzzer.input($0)) })
  }

  /// The language accepts the texts named `term-*` and refuses the texts named `error-*`.
  @Test func corpusNamesPredictTheResult() throws {
    for (name, text) in Corpus.texts() {
      if name.hasPrefix("term-") { #expect(refusal(of: ByteString(text)) == nil, "\(name)") }
      if name.hasPrefix("error-") { #expect(refusal(of: ByteString(text)) != nil, "\(name)") }
    }
  }

  private func refusal(of text: ByteString) -> SelectorError? {
    do {
      let selector = try Selector(parsing: text)
      try selector.checkSense()
      guard let namespace = try? MountNamespace.own() else { return nil }
      _ = try selector.resolved().located(in: namespace)
      return nil
    } catch {
      return error
    }
  }
}
