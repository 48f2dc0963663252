import FDCore

/// The descriptors that an operation on files leaves alone, and why.
struct Refusals {
  private var found: [UInt32: (file: FileStatus.Identity, remark: Remark)] = [:]

  var isEmpty: Bool { found.isEmpty }

  /// Adds a descriptor with its status.
  mutating func add(_ remark: Remark, _ descriptor: Descriptor) {
    guard let status = descriptor.status.value else { return }
    found[descriptor.number] = (status.identity, remark)
  }

  /// Why a descriptor is left alone; nil if it is not, or refers to another file by now.
  func remark(on descriptor: Descriptor) -> Remark? {
    guard let (file, remark) = found[descriptor.number], descriptor.status.value?.identity == file else {
      return nil
    }
    return remark
  }
}
