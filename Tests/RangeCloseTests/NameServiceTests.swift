import TestSupport
import Testing

/// Names of users, hosts and services, on machines whose nsswitch.conf(5) lists modules of another glibc.
@Suite(.enabled(if: Programs.isRoot && Programs.has("unshare", "setpriv", "strace")))
struct NameServiceTests {
  /// The lines of distributions, by the name of the distribution.
  private static let configurations = [
    "debian": "passwd: files systemd\nhosts: files dns\nservices: db files\n",
    "debian-desktop": "passwd: files systemd\nhosts: files mdns4_minimal [NOTFOUND=return] dns\n",
    "fedora":
      "passwd: files sss systemd\nhosts: files myhostname resolve [!UNAVAIL=return] dns\nservices: sss\n",
    "ubuntu": "passwd: files systemd sss\nhosts: mdns4_minimal [NOTFOUND=return] files dns mymachines\n",
    "arch": "passwd: files systemd\nhosts: mymachines resolve [!UNAVAIL=return] files myhostname dns\n",
    "samba": "passwd: winbind compat\nhosts: wins files dns\nservices: nis files\n",
  ]

  /// Runs the command as nobody under this configuration, and also returns the files that it opened.
  private func run(_ configuration: String, _ arguments: [String]) throws -> (outcome: String, files: String)
  {
    let scratch = Scratch()
    let file = scratch.write("nsswitch.conf", Self.configurations[configuration] ?? "")
    // No name server runs at this address, and the kernel reports that at once.
    let resolver = scratch.write("resolv.conf", "nameserver 127.0.0.1\noptions attempts:1 timeout:1\n")
    let script = """
      mount --bind \(file) /etc/nsswitch.conf && mount --bind \(resolver) /etc/resolv.conf || exit 99
      exec "$@"
      """
    let tracer = ["strace", "-f", "-qq", "-e", "trace=openat", "-o", scratch("trace")]
    let command = asNobodyPrefix + [try scratch.copy(of: Programs.rangeclose, "rangeclose")] + arguments
    let run = try Target("unshare", ["-m", "sh", "-c", script, "sh"] + tracer + command)
    let output = try run.rest()
    // Debug builds load shared libraries first, which may include such modules.
    let files = scratch.read("trace").split(separator: "\n").drop { !$0.contains("/proc/self/status") }
    return ("\(run.wait()) \(output)", files.joined(separator: "\n"))
  }

  /// glibc asks every source of the line for a user ID that /etc/passwd does not contain.
  @Test(arguments: configurations.keys.sorted()) func aUserWithoutAName(configuration: String) throws {
    let target = try Target("setpriv", ["--reuid=54321", "--clear-groups", "sleep", "60"])
    #expect(eventually { status(of: target, has: "Uid:\t54321") })
    let run = try run(configuration, ["-n", "\(target.pid)", "3-"])
    #expect(run.outcome.hasPrefix("3 ") && run.outcome.contains("uid 54321"), "\(run.outcome)")
    #expect(!run.files.contains("libnss_"), "\(run.files)")
  }

  @Test(arguments: configurations.keys.sorted()) func hostsAndServices(configuration: String) throws {
    let target = try holder()
    let known = try run(configuration, ["-n", "\(target.pid)", "--peer", "localhost:http"])
    #expect(known.outcome.hasPrefix("3 ") && known.outcome.contains("permission denied"), "\(known.outcome)")
    let unknown = try run(configuration, ["-n", "\(target.pid)", "--peer", "nowhere.invalid:80"])
    #expect(
      unknown.outcome.hasPrefix("2 ") && unknown.outcome.contains("nowhere.invalid"), "\(unknown.outcome)")
    #expect(!known.files.contains("libnss_") && !unknown.files.contains("libnss_"))
  }

  private func status(of target: Target, has line: String) -> Bool {
    (try? Target("grep", ["-q", line, "/proc/\(target.pid)/status"]).wait()) == 0
  }
}
