# A target for the scripts of this directory: the fixture `holder`, which answers a line for each order.
# Tests/Fixtures/holder says what the orders are. Busybox's shell can run this, too.

fault() { echo "FAULT: $*"; exit 1; }
skip() { echo "skipped: $*"; exit 77; }

# Starts a holder, in front of which the arguments may put a command such as setpriv(1), and sets `pid`.
start() {
  place=$(mktemp -d)
  chmod 755 "$place"
  mkfifo "$place/orders" "$place/answers"
  chmod 666 "$place/orders" "$place/answers"
  "$@" "$FIXTURES/fixture-holder" <"$place/orders" >"$place/answers" 2>&1 &
  pid=$!
  exec 8>"$place/orders" 9<"$place/answers"
  answer=$(head -n1 <&9)
  [ "$answer" = ready ] || fault "the holder did not start: $answer"
}

# Gives an order, and prints the answer.
ask() {
  echo "$*" >&8
  head -n1 <&9
}

# Gives an order, and expects an answer.
expect() {
  local wanted=$1 answer
  shift
  answer=$(ask "$@")
  [ "$answer" = "$wanted" ] || fault "the target answered '$answer' to '$*', and not '$wanted'"
}

# Ends the holder.
finish() {
  exec 8>&- 9<&-
  wait "$pid"
  rm -r "$place"
}

# Runs rangeclose, and expects an exit status. What it prints goes to the file `printed` of `place`.
rangeclose() {
  local wanted=$1 status=0
  shift
  $as "$RANGECLOSE" "$@" >"$place/printed" 2>&1 || status=$?
  [ "$status" = "$wanted" ] ||
    fault "rangeclose $*: exit status $status, and not $wanted: $(tail -n 5 "$place/printed")"
}

# What lets a command run without any rights.
nobody='setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all'
# The same for rangeclose, or nothing.
as=
