import FDCore
import FuzzChecks
import CLinux

#if GUIDED
  /// libFuzzer calls this function with every input that it generates.
  ///
  ///     swift build --scratch-path .build/guided -c release --product fuzz -Xswiftc -DGUIDED \
  ///       -Xswiftc -sanitize=fuzzer --sanitize=fuzzer --sanitize=address
  ///     ASAN_OPTIONS=detect_leaks=0 .build/guided/release/fuzz -max_len=300 FOUND Tests/Fuzz/Corpus
  ///
  /// libFuzzer keeps the inputs that lead it further in the directory `FOUND`.
  @_cdecl("LLVMFuzzerTestOneInput")
  public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    do {
      try Fuzzer.check(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
      fatalError("\(error)")
    }
    return 0
  }
#else
  /// The input under test, which the signal handler prints.
  nonisolated(unsafe) private var current: (seed: UInt64, number: UInt64) = (0, 0)

  /// Checks the selector language against its manual page, for a given number of texts.
  ///
  ///     swift run fuzz 1000000
  ///     swift run fuzz 1000000 SEED         other texts
  ///     swift run fuzz 1 SEED NUMBER        one of these texts again
  @main
  struct Fuzz {
    static func main() {
      let numbers = arguments.map { UInt64($0) }
      guard (1...3).contains(numbers.count), numbers.allSatisfy({ $0 != nil }) else {
        print("Usage: fuzz COUNT [SEED [FIRST]]")
        exit(2)
      }
      let given = numbers.map { $0 ?? 0 }
      let corpus = Corpus.texts()
      let fuzzer = Fuzzer(seed: given.count > 1 ? given[1] : 1, corpus: corpus.map { $0.text })
      reportDeath()
      print("seed \(fuzzer.seed), \(given[0]) inputs and \(corpus.count) of the corpus")
      fflush(nil)
      let faults = run(fuzzer, given.count > 2 ? given[2] : 0, given[0], corpus)
      exit(faults == 0 ? 0 : 1)
    }

    private static var arguments: [String] {
      var arguments: [String] = []
      while let argument = clinux_argument(Int32(arguments.count + 1)) {
        arguments.append(String(cString: argument))
      }
      return arguments
    }

    private static var seconds: UInt64 { clinux_monotonic_nanoseconds() / 1_000_000_000 }

    private static func run(
      _ fuzzer: Fuzzer, _ first: UInt64, _ count: UInt64, _ corpus: [(name: String, text: [UInt8])]
    ) -> Int {
      let begun = seconds
      var faults = 0
      for (name, text) in corpus where !passes(text, name) { faults += 1 }
      for number in first..<first + count {
        current = (fuzzer.seed, number)
        // SIGALRM reports a text that takes longer than 60 seconds. No text should.
        alarm(60)
        if !passes(fuzzer.input(number), "seed \(fuzzer.seed), number \(number)") { faults += 1 }
        if faults >= 20 { break }
        if number % 100_000 == 99_999 {
          print("\(number - first + 1) inputs after \(seconds - begun) s")
          fflush(nil)
        }
      }
      print("\(faults == 0 ? "holds" : "does NOT hold"), after \(seconds - begun) s")
      return faults
    }

    private static func passes(_ text: [UInt8], _ name: String) -> Bool {
      do {
        try Fuzzer.check(text)
        return true
      } catch {
        let (minimal, fault) = Fuzzer.minimal(text, error)
        print("FAULT: \(name): '\(ByteString(minimal))'\n  \(fault)")
        fflush(nil)
        return false
      }
    }

    /// Reports which input makes the process trap or takes for ever, because that is also a fault.
    private static func reportDeath() {
      for death in [SIGILL, SIGTRAP, SIGSEGV, SIGABRT, SIGALRM] {
        signal(death) { number in
          var text = "FAULT: signal \(number) at seed \(current.seed), number \(current.number)\n"
          _ = text.withUTF8 { write(2, $0.baseAddress, $0.count) }
          signal(number, nil)  // SIG_DFL
          raise(number)
        }
      }
    }
  }
#endif
