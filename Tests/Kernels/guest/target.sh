# A target for the scripts of this directory: the fixture `holder`, which answers a line for each order.
# Tests/Fixtures/holder says what the orders are.

fault() { echo "FAULT: $*"; exit 1; }
skip() { echo "skipped: $*"; exit 77; }

# Starts a fixture with its arguments. Its first line has to be "ready", unless the last argument is `none`.
begin() {
  local name=$1
  shift
  launch "$FIXTURES/fixture-$name" "$@"
  [[ $answer == ready* || ${*: -1} == none ]] || fault "$name did not start: $answer"
}

# Starts a holder, in front of which the arguments may put a command such as setpriv(1).
start() {
  launch "$@" "$FIXTURES/fixture-holder"
  [ "$answer" = ready ] || fault "the holder did not start: $answer"
}

# Starts a target, and sets `pid`, and `answer` to its first line.
launch() {
  place=$(mktemp -d)
  chmod 755 "$place"
  mkfifo "$place/orders" "$place/answers"
  chmod 666 "$place/orders" "$place/answers"
  "$@" <"$place/orders" >"$place/answers" 2>&1 &
  pid=$!
  exec 8>"$place/orders" 9<"$place/answers"
  answer=''
  read -r answer <&9
}

# Gives an order, and prints the answer.
ask() {
  local line=''
  echo "$*" >&8
  read -r line <&9
  echo "$line"
}

# Gives an order, and expects an answer.
expect() {
  local wanted=$1 answer
  shift
  answer=$(ask "$@")
  [ "$answer" = "$wanted" ] || fault "the target answered '$answer' to '$*', and not '$wanted'"
}

# Ends the target.
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
# The setpriv(1) of busybox cannot do that.
$nobody true 2>/dev/null || nobody='start-stop-daemon -S -q -c nobody -x'
# The same for rangeclose, or nothing.
as=
