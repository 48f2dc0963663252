/// The positions of descriptor numbers among the arguments of a system call that may block.
package enum DescriptorArguments: Sendable {
  /// The first argument is a number.
  case first
  /// The first two arguments are numbers.
  case firstAndSecond
  /// The first and the third argument are numbers.
  case firstAndThird
  /// The first argument points to an array of `struct pollfd`, the second is its length; see `poll(2)`.
  case pollSet
  /// The first argument is the number of bits in each of three sets, which follow it; see `select(2)`.
  case selectSets
  /// The second argument points to the arguments of the real call, and the first of these is a number; see
  /// `socketcall(2)`.
  case inMemory

  /// Makes an architecture's table from one list of call numbers for each case.
  static func table(
    first: [Int], firstAndSecond: [Int], firstAndThird: [Int], pollSet: [Int], selectSets: [Int],
    inMemory: [Int] = []
  ) -> [Int: DescriptorArguments] {
    var table: [Int: DescriptorArguments] = [:]
    for number in first { table[number] = .first }
    for number in firstAndSecond { table[number] = .firstAndSecond }
    for number in firstAndThird { table[number] = .firstAndThird }
    for number in pollSet { table[number] = .pollSet }
    for number in selectSets { table[number] = .selectSets }
    for number in inMemory { table[number] = .inMemory }
    return table
  }
}
