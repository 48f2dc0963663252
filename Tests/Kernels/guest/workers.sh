# Targets that check every register and their sums while they work: sessions, or commands that SIGKILL ends.
# The arguments are `sessions` or `kills`, and how many for each kind of target.
#
# EINTR of epoll_wait(2) is counted, and is no fault here. On aarch64, rangeclose cannot restart the call of a
# thread that was running just before its stop, and these targets run most of the time. The check `waits` is the
# one that expects no EINTR.
. "$KERNEL_CHECKS/guest/target.sh"
mode=$1 count=$2 last=36 all=0 during=0 interrupted=0 harmed=''

# Asks the target a question, and expects a sound answer. Sets `open` to how many numbers were open.
examine() {
  local words
  read -ra words < <(ask "$1")
  [ "${#words[@]}" -ge 14 ] && [ "${words[4]} ${words[10]}" = 'yes 0' ] || {
    harmed="$kind, after $2: ${words[*]:-no answer}"
    return 1
  }
  open=${words[2]} seen=${words[12]}
}

# Kills a command at a random moment: of its whole run, or of the time in which the target is traced.
kill_one() {
  local run line traced=0 waits=$((RANDOM % 40))
  "$RANGECLOSE" -q "$pid" "${selectors[@]}" >/dev/null 2>&1 &
  run=$!
  if [ $(($1 % 2)) = 0 ]; then
    usleep $((RANDOM * whole / 32768))
  else
    while kill -0 $run 2>/dev/null; do
      read -rd '' line <"/proc/$pid/status"
      [[ $line != *$'TracerPid:\t0'$'\n'* ]] && break
    done
    # Less than a command of the shell takes.
    while [ $waits -gt 0 ]; do waits=$((waits - 1)); done
  fi
  read -rd '' line <"/proc/$pid/status"
  [[ $line == *$'TracerPid:\t0'$'\n'* ]] || traced=1
  kill -KILL $run 2>/dev/null
  wait $run 2>/dev/null
  [ $? = 0 ] || during=$((during + traced))
}

check() {
  local begun round
  kind=$*
  begin "$fixture" $last "$@"
  # How long a command takes, in microseconds.
  begun=${EPOCHREALTIME/./}
  "$RANGECLOSE" -q "$pid" "${selectors[@]}" || fault "$kind: rangeclose: exit status $?"
  whole=$((${EPOCHREALTIME/./} - begun))
  examine begin 'the first session' || return
  for ((round = 0; round < count; round++)); do
    all=$((all + 1))
    if [ $mode = kills ]; then
      kill_one $round
    else
      "$RANGECLOSE" -q "$pid" "${selectors[@]}" || fault "$kind: rangeclose: exit status $?"
    fi
    examine "round $round" "round $round" && examine again "round $round" || return
  done
  interrupted=$((interrupted + seen))
  grep -q $'^TracerPid:\t0$' "/proc/$pid/status" || fault "$kind: still traced"
  finish
}

fixture=arm64-registers
# Roles with more threads are words of one line.
while read -r roles; do
  for method in auto close; do
    selectors=(5- --method=$method)
    check $roles
    [ ! "$harmed" ] || fault "$harmed"
  done
done <<'END'
spin
vectors
read
nanosleep
poll
epoll_wait
futex
read spin vectors futex poll epoll_wait nanosleep
END
fixture=mutex-accounts selectors=(5-)
check
[ ! "$harmed" ] || fault "$harmed"
[ $mode = sessions ] || [ $during -gt 0 ] || fault 'no command was killed while the target was traced'
echo "$all $mode, $during of them killed while the target was traced; $interrupted EINTR of epoll_wait(2)"
