/// Where a system call that may block has descriptor numbers among its arguments.
package enum DescriptorArguments: Sendable {
  /// The first argument is a number.
  case first
  /// The first two arguments are numbers.
  case firstAndSecond
  /// The first and the third argument are numbers.
  case firstAndThird
  /// The first argument points to `struct pollfd`, the second is how many there are; see `poll(2)`.
  case pollSet
  /// The first argument is how many bits the three sets have that follow; see `select(2)`.
  case selectSets
  /// The second argument points to the arguments of the real call, of which the first is a number; see
  /// `socketcall(2)`.
  case inMemory

  /// The tables of both architectures are made of lists like these.
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
