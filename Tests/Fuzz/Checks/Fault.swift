import FDSelectors

/// What did not hold of an input.
package struct Fault: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Throws a fault where a condition does not hold.
func require(_ condition: Bool, _ fault: @autoclosure () -> String) throws(Fault) {
  if !condition { throw Fault(fault()) }
}
