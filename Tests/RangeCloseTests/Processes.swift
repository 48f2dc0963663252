import Glibc
import TestSupport

/// Gives a target that has just spoken the time to reach the call that it is to be found in.
func sleepUntilBlocked() {
  usleep(200_000)
}

/// A holder that has done what it was told, each of which it answers with `ok`.
func holder(_ orders: String...) throws -> Target {
  let target = try Target(Programs.fixture("holder"))
  guard try target.hear() == "ready" else { throw Target.Failure(description: "the holder did not start") }
  for order in orders { try target.order(order) }
  return target
}

/// A holder that runs without any rights, as `rangeclose(_:asNobody:)` does.
func nobodysHolder(_ scratch: Scratch) throws -> Target {
  let holder = try scratch.copy(of: Programs.fixture("holder"), "holder")
  let target = try Target(asNobodyPrefix[0], asNobodyPrefix.dropFirst() + [holder])
  guard try target.hear() == "ready" else { throw Target.Failure(description: "the holder did not start") }
  return target
}
