import CLinux

/// Looks up the names of hosts and services through the C library.
package enum NameService {
  /// The reason why a host was not found.
  package struct Failure: Error, CustomStringConvertible {
    private let code: Int

    fileprivate init(code: Int) {
      self.code = code
    }

    /// The resolver's message; see `gai_strerror(3)`.
    package var description: String {
      guard let text = unsafe clinux_resolver_message(code) else { return "error \(code)" }
      return unsafe String(cString: text)
    }
  }

  /// Every IPv4 and IPv6 address of a host.
  ///
  /// The corresponding library call is `getaddrinfo(3)`, which may query a name server. Throws its error.
  package static func addresses(of host: String) throws(Failure) -> [IPAddress] {
    let size = 16
    var capacity = 64
    while true {
      var bytes = [UInt8](repeating: 0, count: capacity * size)
      let count = unsafe bytes.withUnsafeMutableBytes {
        unsafe clinux_resolve_host(host, $0.baseAddress, capacity)
      }
      if count < 0 { throw Failure(code: count) }
      if count > capacity {
        capacity = count
        continue
      }
      return (0..<count).map { IPAddress(networkOrder: bytes[$0 * size..<($0 + 1) * size]) }
    }
  }

  /// The TCP and UDP ports of a service; empty if the service is unknown.
  ///
  /// The corresponding library call is `getservbyname(3)`.
  package static func ports(of service: String) -> Set<UInt16> {
    Set(
      ["tcp", "udp"].compactMap { protocolName in
        let port = unsafe clinux_service_port(service, protocolName)
        return port < 0 ? nil : UInt16(truncatingIfNeeded: port)
      })
  }
}
