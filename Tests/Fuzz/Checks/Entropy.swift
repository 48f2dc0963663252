/// A random number generator that uses given bytes first and then a sequence that a seed decides.
package struct Entropy: RandomNumberGenerator {
  private var given: ArraySlice<UInt8>
  private var state: UInt64

  package init(seed: UInt64, given: [UInt8] = []) {
    state = seed
    self.given = given[...]
  }

  /// The next number, by SplitMix64.
  ///
  /// One given byte decides all eight bytes of the number, so that a small change stays small.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    if let byte = given.popFirst() { mixed = UInt64(byte) &+ 1 }
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  mutating func below(_ bound: Int) -> Int { Int(next() >> 1) % bound }

  /// True once in so many calls, on average.
  mutating func once(in times: Int) -> Bool { below(times) == 0 }

  mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }
}
