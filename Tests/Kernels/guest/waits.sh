# Calls that wait, while sessions come and go: all calls in one process, and each call in a process of its own.
# The argument is the number of sessions with the process that has all of them. See the fixture blocked-calls.
. "$KERNEL_CHECKS/guest/target.sh"
sessions=$1
directory=$(mktemp -d)

session() { "$RANGECLOSE" -q "$@" || fault "rangeclose $*: exit status $?"; }

# Starts a target in the background, whose orders are the fifo NAME.in and whose answers are the file NAME.out.
launch() {
  local name=$1
  mkdir "$directory/$name"
  mkfifo "$directory/$name.in"
  "$FIXTURES/fixture-blocked-calls" "$directory/$name" "${@:2}" <"$directory/$name.in" >"$directory/$name.out" &
  pids[$name]=$!
  exec {hold}>"$directory/$name.in"
  holds[$name]=$hold
  until grep -q '^ready' "$directory/$name.out"; do usleep 20000; done
}

# Expects that every call of a target was right, and that calls with a deadline met it more than once.
judge() {
  local name=$1
  until grep -q '^done' "$directory/$name.out"; do
    kill -0 "${pids[$name]}" || fault "$name did not come to its end"
    usleep 100000
  done
  awk -v name="$name" 'NF == 7 && ($3 != "right" || $2 == "kept" && $7 < 2) { print name ": " $0; bad = 1 }
    NF == 7 { calls++ } END { exit bad || !calls }' "$directory/$name.out" || wrong=yes
  kill -KILL "${pids[$name]}"
  wait "${pids[$name]}" 2>/dev/null
}

declare -A pids holds
wrong=''
launch together
calls=$(head -n1 "$directory/together.out")
kept=$(grep -oE '[^ ]+=kept' <<<"$calls" | sed 's/=kept//')
others=$(grep -oE '[^ ]+=(given|anew)' <<<"$calls" | sed 's/=.*//')
for name in $kept; do launch "$name" "$name"; done
usleep 300000
begun=$SECONDS held=0
while [ $held -lt "$sessions" ] || [ $((SECONDS - begun)) -lt 4 ]; do
  for name in together $kept; do
    session "${pids[$name]}" 900- --replace
    held=$((held + 1))
  done
done
for name in together $kept; do echo give >&"${holds[$name]}"; done
for name in together $kept; do judge "$name"; done
for name in $others; do
  launch "$name" "$name"
  usleep 50000
  for selector in 900- 800-899 900-; do
    session "${pids[$name]}" $selector --replace
    held=$((held + 1))
  done
  echo give >&"${holds[$name]}"
  judge "$name"
done
rm -r "$directory"
[ ! $wrong ] || fault 'a call did not return what it would have returned'
echo "$held sessions, $(wc -w <<<"$calls") calls together, $(wc -w <<<"$kept $others") alone"
