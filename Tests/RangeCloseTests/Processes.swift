import Glibc
import TestSupport
import Testing

/// Gives a target that has just answered the time to block in its next call.
func sleepUntilBlocked() {
  usleep(200_000)
}

/// Starts a holder and gives it orders; it must answer each order with `ok`.
func holder(_ orders: String...) throws -> Target {
  let target = try Target(Programs.fixture("holder"))
  guard try target.hear() == "ready" else { throw Target.Failure(description: "the holder did not start") }
  for order in orders { try target.order(order) }
  return target
}

/// Starts a holder that runs without any rights, as `rangeclose(_:asNobody:)` does.
func nobodysHolder(_ scratch: Scratch) throws -> Target {
  let holder = try scratch.copy(of: Programs.fixture("holder"), "holder")
  let target = try Target(asNobodyPrefix[0], asNobodyPrefix.dropFirst() + [holder])
  guard try target.hear() == "ready" else { throw Target.Failure(description: "the holder did not start") }
  return target
}

/// Expects that `-n` with these selectors lists the expected numbers and no others.
func expect(
  _ target: Target, _ selectors: String..., picks expected: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let run = try rangeclose(["-n", "\(target.pid)"] + selectors)
  let picked = run.status < 2 ? pickedNumbers(run.output) : run.errors
  #expect(picked == expected, "\(selectors)", sourceLocation: sourceLocation)
}

/// The descriptor numbers of a listing, separated by blanks; the listing may have messages among its rows.
func pickedNumbers(_ listing: String) -> String {
  listing.split(separator: "\n").filter { !$0.hasPrefix("rangeclose: ") }.dropFirst()
    .compactMap { $0.split(separator: " ").first }.joined(separator: " ")
}

/// Starts a holder with one descriptor of each kind that has a name or might seem to have a name.
func holderOfAllKinds(in scratch: Scratch) throws -> Target {
  mkdir(scratch("dir"), 0o755)
  mkdir(scratch("gone-dir"), 0o755)
  mkfifo(scratch("fifo"), 0o600)
  symlink("nowhere", scratch("symlink"))
  let target = try holder(
    "open 10 \(scratch("kept"))", "fill 10 4096", "open 11 \(scratch("gone"))", "fill 11 8192",
    "read 12 \(scratch("dir"))", "read 13 \(scratch("gone-dir"))", "tmpfile 14 \(scratch.path)",
    "memfd 15", "eventfd 16", "pair 17 18", "read 19 /dev/null", "flags 20 12400000 \(scratch("symlink"))",
    "open 21 \(scratch("two"))", "open 22 \(scratch("fifo"))", "pipe 23 24", "epoll 25",
    "unlink \(scratch("gone"))", "unlink \(scratch("fifo"))", "unlink \(scratch("symlink"))")
  rmdir(scratch("gone-dir"))
  link(scratch("two"), scratch("another"))
  return target
}

/// The first operand for several processes.
func list(_ targets: Target...) -> String { targets.map { "\($0.pid)" }.joined(separator: ",") }
