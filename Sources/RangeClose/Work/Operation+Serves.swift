import FDCore

extension Operation {
  /// Divides descriptors by whether an injected call of the operation may be made for them.
  ///
  /// - Parameters:
  ///   - namesOthers: whether descriptors of types to which the operation does not apply are in the second
  ///     list. If not, they are in neither list.
  ///   - open: opens the table, to read whether a socket listens. It is called only if that decides.
  func serves(
    _ descriptors: [Descriptor], _ consent: Consent, namingOthers namesOthers: Bool,
    opening open: () throws(TargetError) -> DescriptorReader
  ) throws(TargetError) -> (served: [Descriptor], unserved: [(descriptor: Descriptor, remark: Remark)]) {
    let suited = descriptors.filter { types.isSuperset(of: $0.possibleTypes) }
    if onFile == nil { return (suited, []) }
    var served: [Descriptor] = []
    var unserved: [(descriptor: Descriptor, remark: Remark)] = []
    if namesOthers {
      for descriptor in descriptors where !types.isSuperset(of: descriptor.possibleTypes) {
        unserved.append((descriptor, remark(on: descriptor)))
      }
    }
    if consent.contains(.listeners) { return (suited, unserved) }
    for descriptor in try open().complete(suited, facts: .sockets, at: .stopped) {
      switch descriptor.socket {
      case .known(let socket?) where socket.state == .listen: unserved.append((descriptor, .listens))
      case .known: served.append(descriptor)
      case .unreadable, .notRead: unserved.append((descriptor, .hasUnknownState))
      }
    }
    return (served, unserved)
  }

  /// Whether the operation may be able to serve a descriptor, as far as its facts were read.
  func mayServe(_ descriptor: Descriptor, _ consent: Consent) -> Bool {
    if onFile == nil { return true }
    let listens = descriptor.socket.value??.state == .listen
    return !types.isDisjoint(with: descriptor.possibleTypes) && (!listens || consent.contains(.listeners))
  }

  /// Why the operation does not apply to a descriptor.
  func remark(on descriptor: Descriptor) -> Remark {
    types.isDisjoint(with: descriptor.possibleTypes) ? .isNo(words.subject) : .hasUnknownType
  }
}
