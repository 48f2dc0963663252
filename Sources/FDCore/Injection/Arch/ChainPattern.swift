/// The gadgets of a `ROPChain`, and the words of one call on the stack.
///
/// A gadget is the end of a function. It takes words from the stack, and then returns to the address in the
/// word above them.
struct ChainPattern {
  /// The instructions of each gadget.
  ///
  /// The code that makes the call is a gadget, too, and not in this list.
  let gadgets: [[UInt8]]
  /// The words of one call, from the lowest address.
  ///
  /// The previous call leaves the stack pointer at the first word. At the end of the list, the stack pointer
  /// is at the first word of the next call.
  let words: [Word]

  enum Word {
    /// The address of the gadget with this index.
    case gadget(Int)
    /// The address of the code that makes the call, see `ROPChain.Addresses.call`.
    case call
    /// The first argument of the call.
    case first
    /// The second argument of the call.
    case second
    /// The third argument of the call.
    case third
    /// The fifth argument of the final wait, which the other calls ignore.
    case fifth
    /// The number of the call.
    case number
    /// A word for a register without a meaning for the call.
    case unused
  }
}
