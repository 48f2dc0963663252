import FDCore
import FDSelectors

extension FileUse {
  /// The files that a process uses without a descriptor, and that a selector picks.
  static func all(in process: ProcessDirectory, pickedBy selector: Selector) -> [Found] {
    all(in: process).filter { selector.evaluate($0.file) == true }
  }
}
