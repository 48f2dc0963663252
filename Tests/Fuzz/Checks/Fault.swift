import FDSelectors

/// A requirement that an input did not meet.
package struct Fault: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Throws a fault if a condition does not hold.
func require(_ condition: Bool, _ fault: @autoclosure () -> String) throws(Fault) {
  if !condition { throw Fault(fault()) }
}
